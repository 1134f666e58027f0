/** Both sides on the one scale, and the gap between them against the threshold (熔断距离). */

import type { CaseDetail } from "../../api/types";
import { useT, useTitle } from "../../i18n";
import { LAST_RANK, MAIN_LINE, rankOf } from "../../logic/scale";

export function GapScale({ detail }: { detail: CaseDetail }) {
  const t = useT();
  const title = useTitle();
  const ours = rankOf(detail.ours);
  const theirs = rankOf(detail.theirs);
  if (ours === null || theirs === null) return null;
  const [low, high] = [Math.min(ours, theirs), Math.max(ours, theirs)];
  const at = (rank: number) => `${((rank + 0.5) / (LAST_RANK + 1)) * 100}%`;
  return (
    <div className="fh-gap-scale" data-testid="gap-scale">
      <div className="fh-gap-track">
        <span className="fh-gap-mark fh-gap-ours" style={{ left: at(ours) }}>
          {t("side.ours")}
        </span>
        {high > low && (
          <span className="fh-gap-span" style={{ left: at(low), width: `${((high - low) / (LAST_RANK + 1)) * 100}%` }}>
            <b>{t("case.gap", { n: high - low })}</b>
          </span>
        )}
        <span className="fh-gap-mark fh-gap-theirs" style={{ left: at(theirs) }}>
          {t("side.theirs")}
        </span>
      </div>
      <ol>
        {MAIN_LINE.map((state, rank) => (
          <li
            key={state}
            className={rank === ours ? "ours" : rank === theirs ? "theirs" : rank > low && rank < high ? "between" : ""}
          >
            <i>{rank}</i>
            <span>{title("state", state)}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}
