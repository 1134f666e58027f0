/** One card a kind of problem, with how many there are; a card is the filter. */
import type { CallbackFindings } from "../../api/types-callbacks";
import { CountText } from "../../parts/Values";

interface Props {
  kinds: CallbackFindings["kinds"];
  chosen: string;
  onChoose: (kind: string) => void;
}

export function KindCards({ kinds, chosen, onChoose }: Props) {
  const picked = new Set(chosen.split(",").filter(Boolean));
  return (
    <div className="fh-kinds" data-testid="kind-cards">
      {kinds.map((each) => (
        <button
          key={each.kind}
          type="button"
          className={each.found === 0 ? "fh-kind none" : "fh-kind"}
          aria-pressed={picked.has(each.kind)}
          onClick={() => onChoose(picked.has(each.kind) ? "" : each.kind)}
          data-testid={`kind-${each.kind}`}
        >
          <small>{each.title}</small>
          <b>
            <CountText count={each.found} />
          </b>
        </button>
      ))}
    </div>
  );
}
