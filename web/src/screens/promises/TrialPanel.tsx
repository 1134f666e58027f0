/** What a changed promise table would have meant: breaches and cents, before and after, and for whom. */
import { ArrowRightOutlined } from "@ant-design/icons";
import { Alert } from "antd";
import { Link } from "react-router";
import type { PromiseTrial } from "../../api/types";
import { useT } from "../../i18n";
import { formatMoney } from "../../logic/money";
import { EmptyState } from "../../parts/EmptyState";
import { CountText } from "../../parts/Values";

export function TrialPanel({ result, stale }: { result: PromiseTrial | null; stale: boolean }) {
  const t = useT();
  if (!result) return <EmptyState title={t("promise.tryFirst")} />;
  const { before, after } = result;
  const cost = (side: typeof before) => side.cost.map(formatMoney).join(" + ") || "¥0.00";
  return (
    <div className={stale ? "fh-stale" : ""} data-testid="dry-result">
      <p className="fh-soft fh-tight">
        {t("promise.tried", { days: result.days, n: result.clocks_read.toLocaleString("en-US") })}
      </p>
      {result.truncated && <Alert type="warning" showIcon title={t("promise.truncated")} className="fh-gap" />}
      <table className="fh-trial">
        <thead>
          <tr>
            <th />
            <th>{t("promise.now")}</th>
            <th>{t("promise.then")}</th>
          </tr>
        </thead>
        <tbody>
          <Line label={t("promise.promised")} before={before.promised} after={after.promised} />
          <Line label={t("promise.breaches")} before={before.breaches} after={after.breaches} />
          <tr>
            <td>{t("promise.cost")}</td>
            <td className="fh-money">{cost(before)}</td>
            <td className="fh-money" data-testid="cost-after">
              {cost(after)}
            </td>
          </tr>
          {before.unpriced + after.unpriced > 0 && (
            <Line label={t("promise.unpriced")} before={before.unpriced} after={after.unpriced} />
          )}
        </tbody>
      </table>
      <p className="fh-tight">{t("promise.changed", { n: result.changed.toLocaleString("en-US") })}</p>
      <ul className="fh-trial-samples">
        {result.samples.map((each) => (
          <li key={`${each.subject_id}-${each.stage_title}`}>
            <Link to={`/${each.subject_kind === "order" ? "orders" : "shipments"}/${each.subject_id}`}>
              {each.label}
            </Link>
            <span className="fh-soft">{each.stage_title}</span>
            <span className="fh-move">
              {each.before} <ArrowRightOutlined /> {each.after}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Line({ label, before, after }: { label: string; before: number; after: number }) {
  return (
    <tr>
      <td>{label}</td>
      <td>
        <CountText count={before} />
      </td>
      <td>
        <CountText count={after} />
      </td>
    </tr>
  );
}
