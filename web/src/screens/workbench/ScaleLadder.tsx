/** Shipments on the scale of ten nodes (物流状态标尺 0–9), and those beside it. */
import { Link } from "react-router";
import type { StateCount } from "../../api/types";
import { useTitle } from "../../i18n";
import { MAIN_LINE, rankOf } from "../../logic/scale";
import { CountText } from "../../parts/Values";

const TALLEST = 96;
const SHORTEST = 3;

export function ScaleLadder({ counts }: { counts: StateCount[] }) {
  const title = useTitle();
  const byState = new Map(counts.map((each) => [each.state, each]));
  const most = Math.max(1, ...counts.map((each) => each.count));
  const beside = counts.filter((each) => !(MAIN_LINE as readonly string[]).includes(each.state) && each.count > 0);
  const height = (count: number) => (count ? Math.max(SHORTEST, Math.round((count / most) * TALLEST)) : 0);
  return (
    <div data-testid="scale-ladder">
      <div className="fh-ladder">
        {MAIN_LINE.map((state, rank) => {
          const found = byState.get(state);
          const count = found?.count ?? 0;
          return (
            <Link
              key={state}
              to={`/shipments?state=${state}`}
              className={count ? "fh-rung" : "fh-rung fh-rung-none"}
              data-testid={`scale-${state}`}
            >
              <b>
                <CountText count={count} />
              </b>
              <i style={{ height: height(count) }} />
              <em>{rank}</em>
              <span>{title("state", state, found?.title)}</span>
            </Link>
          );
        })}
      </div>
      {beside.length > 0 && (
        <div className="fh-beside">
          {beside.map((each) => (
            <Link key={each.state} to={`/shipments?state=${each.state}`} data-testid={`scale-${each.state}`}>
              {title("state", each.state, each.title)}
              {rankOf(each.state) !== null && <small> @{rankOf(each.state)}</small>}
              <b>
                <CountText count={each.count} />
              </b>
            </Link>
          ))}
        </div>
      )}
    </div>
  );
}
