/** What happened to a break, the oldest first: runs and people. */
import { Link } from "react-router";
import type { BreakEvent } from "../../api/types-recon";
import { useT, useTitle } from "../../i18n";
import { TimeText } from "../../parts/Values";
import { Amount } from "./parts";

export function BreakHistory({ events, currency }: { events: BreakEvent[]; currency: string }) {
  const t = useT();
  const words = useTitle();
  const value = (event: BreakEvent, text: string | undefined) =>
    text ? (event.event === "decision" ? words("decision", text) : text) : "—";
  return (
    <ol className="fh-history" data-testid="break-history">
      {events.map((each) => (
        <li key={`${each.at}/${each.event}`}>
          <div>
            <b>{words("breakEvent", each.event)}</b>
            {each.body.after !== undefined && (
              <span>
                {value(each, each.body.before)} → {value(each, each.body.after)}
              </span>
            )}
            {each.body.amount_minor !== undefined && (
              <Amount currency={currency} minor={each.body.amount_minor} plus />
            )}
          </div>
          <small className="fh-soft">
            {each.author} · <TimeText at={each.at} />{" "}
            {each.run_id && <Link to={`/recon/runs/${each.run_id}`}>{t("recon.run", { n: each.run_id })}</Link>}
          </small>
        </li>
      ))}
    </ol>
  );
}
