/** A few contracts beside what they are about. */
import type { ContractRow } from "../../api/types-heartbeat";
import { useT } from "../../i18n";
import { EmptyState } from "../../parts/EmptyState";
import { AgoText, TimeText } from "../../parts/Values";
import { ContractState, Finding, WithdrawButton } from "./ContractParts";

export function ContractTable({ rows }: { rows: ContractRow[] }) {
  const t = useT();
  if (rows.length === 0) return <EmptyState title={t("contract.noneShort")} />;
  return (
    <table className="fh-beat-table" data-testid="contract-table">
      <thead>
        <tr>
          <th>{t("contract.act")}</th>
          <th>{t("contract.asked")}</th>
          <th>{t("contract.answered")}</th>
          <th>{t("contract.pushed")}</th>
          <th>{t("contract.heard")}</th>
          <th>{t("contract.finding")}</th>
          <th />
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.id}>
            <td>
              {row.act_title}
              <small className="fh-soft">{row.source_title}</small>
            </td>
            <td>
              <TimeText at={row.asked_at} />
            </td>
            <td>
              <ContractState row={row} />
              {row.waybill_no && <small>{row.waybill_no}</small>}
            </td>
            <td>
              <AgoText at={row.pushed_at} />
            </td>
            <td>
              <AgoText at={row.heard_at} />
            </td>
            <td>
              <Finding row={row} />
            </td>
            <td>
              <WithdrawButton row={row} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
