/** One card a cause, with how many there are and what they come to; a card is the filter. */
import type { CauseSum } from "../../api/types-recon";
import { CountText } from "../../parts/Values";
import { Amount, useCause } from "./parts";

interface Props {
  sums: CauseSum[];
  chosen: string;
  onChoose: (cause: string) => void;
}

interface Card {
  cause: string;
  title: string;
  count: number;
  sums: CauseSum[];
}

function cardsOf(sums: CauseSum[]): Card[] {
  const cards = new Map<string, Card>();
  for (const sum of sums) {
    const known = cards.get(sum.cause) ?? { cause: sum.cause, title: sum.title, count: 0, sums: [] };
    cards.set(sum.cause, { ...known, count: known.count + sum.count, sums: [...known.sums, sum] });
  }
  return [...cards.values()].sort((a, b) => b.count - a.count);
}

export function CauseCards({ sums, chosen, onChoose }: Props) {
  const cause = useCause();
  const picked = new Set(chosen.split(",").filter(Boolean));
  return (
    <div className="fh-kinds fh-cause-cards" data-testid="cause-cards">
      {cardsOf(sums).map((card) => (
        <button
          key={card.cause}
          type="button"
          className="fh-kind"
          aria-pressed={picked.has(card.cause)}
          onClick={() => onChoose(picked.has(card.cause) ? "" : card.cause)}
          data-testid={`cause-${card.cause}`}
        >
          <small>{cause(card.cause, card.title)}</small>
          <span className="fh-cause-card">
            <b>
              <CountText count={card.count} />
            </b>
            <span>
              {card.sums.map((sum) => (
                <Amount key={sum.currency} currency={sum.currency} minor={sum.amount_minor} plus />
              ))}
            </span>
          </span>
        </button>
      ))}
    </div>
  );
}
