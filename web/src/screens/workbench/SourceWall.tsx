/** Sources with when each was last heard: a silent one is never green. */
import { Link } from "react-router";
import type { SourceHealth } from "../../api/types";
import { useT, useTitle } from "../../i18n";
import { EmptyState } from "../../parts/EmptyState";
import { StandingTag } from "../../parts/Freshness";
import { AgoText, CountText } from "../../parts/Values";

export function SourceWall({ sources }: { sources: SourceHealth[] }) {
  const t = useT();
  const title = useTitle();
  if (sources.length === 0) return <EmptyState title={t("bench.noSources")} hint={t("bench.noSourcesHint")} />;
  return (
    <ul className="fh-sources">
      {sources.map((source) => (
        <li key={source.id} data-testid={`source-${source.id}`}>
          <div>
            <Link to={`/inbox?source=${encodeURIComponent(source.id)}`}>{source.title}</Link>
            <span className="fh-soft">{title("sourceKind", source.kind)}</span>
          </div>
          <div>
            <StandingTag standing={source.standing} title={source.standing_title} />
            <span className="fh-soft">
              <AgoText at={source.last_good_at} />
            </span>
          </div>
          <div className="fh-sources-counts">
            <span>
              24h <CountText count={source.received_24h} />
            </span>
            <span className={source.refused_24h ? "fh-bad" : ""}>
              {t("source.refusedShort")} <CountText count={source.refused_24h} />
            </span>
            <span>
              {t("source.repeatsShort")} <CountText count={source.repeats_24h} />
            </span>
          </div>
        </li>
      ))}
    </ul>
  );
}
