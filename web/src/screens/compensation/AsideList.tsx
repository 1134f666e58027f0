/** Open breaks that cannot be repaired by us, each with the reason. */
import { Skeleton } from "antd";
import { useGet } from "../../api/queries";
import type { SetAsideBreak } from "../../api/types-compensation";
import { useT } from "../../i18n";
import { Copyable } from "../../parts/Copyable";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { Panel } from "../../parts/Panel";
import { MoneyText } from "../../parts/Values";

export function AsideList() {
  const t = useT();
  const answer = useGet<SetAsideBreak[]>("money", "/api/compensations/set-aside");
  if (answer.isError && !answer.data) return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />;
  if (!answer.data) return <Skeleton active />;
  if (answer.data.length === 0) return <EmptyState title={t("comp.asideEmpty")} hint={t("comp.asideHint")} />;
  return (
    <Panel title={t("comp.aside")} extra={<span className="fh-soft">{t("comp.asideHint")}</span>} testId="compensation-aside">
      <table className="fh-balance">
        <thead>
          <tr>
            <th>{t("comp.cause")}</th>
            <th>{t("comp.order")}</th>
            <th className="right">{t("comp.amount")}</th>
            <th>{t("comp.why")}</th>
          </tr>
        </thead>
        <tbody>
          {answer.data.map((one) => (
            <tr key={one.break_id}>
              <td>{one.cause_title}</td>
              <td>
                <Copyable text={one.order_no || one.payment_no} />
              </td>
              <td className="right">
                <MoneyText money={{ currency: one.currency, amount_minor: one.amount_minor }} />
              </td>
              <td>{one.words}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
