/** How many things a change would take from one state to another, the most frequent first. */
import type { Move } from "../../api/types-declarations";
import { useT, useTitle } from "../../i18n";
import { CountText } from "../Values";

export function Moves({ moves }: { moves: Move[] }) {
  const t = useT();
  const title = useTitle();
  if (moves.length === 0) return null;
  const most = Math.max(...moves.map((each) => each.count));
  return (
    <table className="fh-dry-changes">
      <caption>{t("dry.byChange")}</caption>
      <tbody>
        {moves.map((each) => (
          <tr key={`${each.before}-${each.after}`}>
            <td>
              {title(each.of, each.before, each.before_title)} → <b>{title(each.of, each.after, each.after_title)}</b>
            </td>
            <td className="fh-dry-bar">
              <i style={{ width: `${(each.count / most) * 100}%` }} />
            </td>
            <td className="fh-number">
              <CountText count={each.count} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
