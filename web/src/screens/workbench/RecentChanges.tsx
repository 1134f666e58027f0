/** The last rows of the audit table, as they come in. */
import { ArrowRightOutlined } from "@ant-design/icons";
import { Link } from "react-router";
import type { RecentChange } from "../../api/types";
import { useT } from "../../i18n";
import { subjectPath } from "../../logic/subjects";
import { formatClock } from "../../logic/time";
import { EmptyState } from "../../parts/EmptyState";
import { StateTag } from "../../parts/Tags";
import { AgoText } from "../../parts/Values";

export function RecentChanges({ rows }: { rows: RecentChange[] }) {
  const t = useT();
  if (rows.length === 0) return <EmptyState title={t("bench.noRecent")} />;
  return (
    <ul className="fh-recent">
      {rows.map((row, at) => (
        <li key={`${row.at}-${row.subject_id}-${at}`} data-testid="recent-change">
          <time className="fh-number fh-soft" title={row.at}>
            {formatClock(row.at)}
          </time>
          <Link to={subjectPath(row.subject_kind, row.subject_id)}>{row.label}</Link>
          <span className="fh-move">
            {row.from && (
              <>
                <StateTag state={row.from} kind={row.subject_kind === "order" ? "order" : "shipment"} />
                <ArrowRightOutlined />
              </>
            )}
            <StateTag state={row.to} kind={row.subject_kind === "order" ? "order" : "shipment"} />
          </span>
          <span className="fh-soft fh-recent-source">{row.source}</span>
          <span className="fh-soft">
            <AgoText at={row.at} />
          </span>
        </li>
      ))}
    </ul>
  );
}
