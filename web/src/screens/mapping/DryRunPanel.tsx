/** What would change (试运行): the shipments, not the rules; every sample opens. */
import { AlertOutlined, ExperimentOutlined } from "@ant-design/icons";
import { Alert } from "antd";
import { Link } from "react-router";
import type { DryRun } from "../../api/types";
import { useT } from "../../i18n";
import { Moves } from "../../parts/declaration/Moves";
import { EmptyState } from "../../parts/EmptyState";
import { Flag } from "../../parts/Tags";

export function DryRunPanel({ result, stale }: { result: DryRun | null; stale: boolean }) {
  const t = useT();
  if (!result) {
    return <EmptyState title={t("dry.none")} hint={t("dry.noneHint")} />;
  }
  return (
    <div className="fh-dry" data-testid="dry-run-result">
      {stale && <Alert type="warning" showIcon title={t("dry.stale")} data-testid="dry-run-stale" />}
      <p className="fh-dry-headline" data-testid="dry-run-headline">
        <ExperimentOutlined />
        {result.shipments_changed === 0 ? t("dry.noChange") : t("dry.changed", { n: result.shipments_changed })}
      </p>
      <p className="fh-soft">
        {t("dry.read", {
          events: result.events_read.toLocaleString("en-US"),
          shipments: result.shipments_read.toLocaleString("en-US"),
        })}
      </p>
      {result.events_reread !== undefined && result.events_reread > 0 && (
        <p className="fh-soft">{t("dry.reread", { n: result.events_reread.toLocaleString("en-US") })}</p>
      )}
      {result.truncated && <Alert type="info" showIcon title={t("dry.truncated")} />}
      {(result.cases_would_open > 0 || result.cases_would_close > 0) && (
        <Alert
          type={result.cases_would_open > 0 ? "warning" : "info"}
          showIcon
          title={t("dry.cases", { open: result.cases_would_open, close: result.cases_would_close })}
        />
      )}
      <Moves
        moves={result.changes.map((each) => ({
          of: "state",
          before: each.from,
          before_title: each.from_title,
          after: each.to,
          after_title: each.to_title,
          count: each.count,
        }))}
      />
      <Samples result={result} />
    </div>
  );
}

function Samples({ result }: { result: DryRun }) {
  const t = useT();
  if (result.samples.length === 0) return null;
  return (
    <>
      <h4>{t("dry.samples")}</h4>
      <ul className="fh-dry-samples">
        {result.samples.map((each) => (
          <li key={each.shipment_id}>
            <Link to={`/shipments/${each.shipment_id}`} target="_blank">
              {each.tracking_no}
            </Link>
            <span>
              {each.from_title} → {each.to_title}
            </span>
            {each.opens_case && (
              <Flag mood="warn" icon={<AlertOutlined />}>
                {t("dry.opensCase")}
              </Flag>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
