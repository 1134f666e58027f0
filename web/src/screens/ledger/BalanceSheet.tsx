/** The trial balance (试算平衡表) of a month; every account leads to its vouchers. */
import { Select, Skeleton } from "antd";
import { Link } from "react-router";
import { useGet } from "../../api/queries";
import type { BalanceRow, Period, TrialBalance } from "../../api/types-ledger";
import { useT, useTitle } from "../../i18n";
import { EmptyState } from "../../parts/EmptyState";
import { useAddress } from "../../parts/useAddress";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { Panel } from "../../parts/Panel";
import { Flag } from "../../parts/Tags";
import { MoneyText } from "../../parts/Values";
import { ExportMenu } from "./ExportMenu";

export function BalanceSheet() {
  const t = useT();
  const { params: search, put } = useAddress();
  const periods = useGet<Period[]>("money", "/api/ledger/periods");
  const names = (periods.data ?? []).map((each) => each.name);
  const period = search.get("month") ?? names[0] ?? "";
  const balance = useGet<TrialBalance>(
    "money",
    `/api/ledger/balances/${period}`,
    {},
    { enabled: period !== "", keep: true },
  );
  if (periods.data && !period) return <EmptyState title={t("ledger.noPeriod")} hint={t("ledger.emptyHint")} />;
  if (balance.isError && !balance.data) {
    return <ErrorPanel error={balance.error} onRetry={() => void balance.refetch()} />;
  }
  if (!balance.data) return <Skeleton active paragraph={{ rows: 8 }} />;
  const { data } = balance;
  return (
    <Panel
      title={
        <Select
          value={period}
          options={names.map((name) => ({ value: name, label: name }))}
          onChange={(name) => put({ view: "balance", month: name })}
          aria-label={t("ledger.period")}
          data-testid="balance-period"
        />
      }
      extra={
        <>
          <Flag mood={data.status === "closed" ? "mute" : "info"}>{t(`period.status.${data.status}`)}</Flag>
          <Flag mood={data.balanced ? "ok" : "bad"}>{t(data.balanced ? "ledger.balanced" : "ledger.unbalanced")}</Flag>
          <ExportMenu period={period} />
        </>
      }
    >
      <table className="fh-balance" data-testid="balance">
        <thead>
          <tr>
            <th>{t("ledger.accountCode")}</th>
            <th>{t("ledger.account")}</th>
            <th>{t("chart.kind")}</th>
            <th className="right">{t("ledger.opening")}</th>
            <th className="right">{t("ledger.debit")}</th>
            <th className="right">{t("ledger.credit")}</th>
            <th className="right">{t("ledger.closing")}</th>
          </tr>
        </thead>
        <tbody>
          {data.rows.map((row) => (
            <Line key={`${row.account}-${row.currency}`} row={row} period={period} />
          ))}
        </tbody>
        <tfoot>
          {[...new Set(data.rows.map((row) => row.currency))].map((currency) => (
            <Total key={currency} rows={data.rows.filter((row) => row.currency === currency)} currency={currency} />
          ))}
        </tfoot>
      </table>
    </Panel>
  );
}

function Line({ row, period }: { row: BalanceRow; period: string }) {
  const title = useTitle();
  const money = (amount: number) => <MoneyText money={{ currency: row.currency, amount_minor: amount }} />;
  return (
    <tr>
      <td className="fh-number">
        <Link to={`/ledger?period=${period}&account=${row.account}`}>{row.account}</Link>
      </td>
      <td>{row.title}</td>
      <td className="fh-soft">{title("chart.kind", row.kind)}</td>
      <td className="right">{money(row.opening_minor)}</td>
      <td className="right">{money(row.debit_minor)}</td>
      <td className="right">{money(row.credit_minor)}</td>
      <td className="right">
        <b>{money(row.closing_minor)}</b>
      </td>
    </tr>
  );
}

function Total({ rows, currency }: { rows: BalanceRow[]; currency: string }) {
  const t = useT();
  const sum = (of: (row: BalanceRow) => number) => rows.reduce((all, row) => all + of(row), 0);
  const money = (amount: number) => <MoneyText money={{ currency, amount_minor: amount }} />;
  return (
    <tr>
      <td colSpan={3}>
        {t("ledger.total")} {currency}
      </td>
      <td className="right">{money(sum((row) => row.opening_minor))}</td>
      <td className="right">{money(sum((row) => row.debit_minor))}</td>
      <td className="right">{money(sum((row) => row.credit_minor))}</td>
      <td className="right">{money(sum((row) => row.closing_minor))}</td>
    </tr>
  );
}
