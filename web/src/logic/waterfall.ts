/** The waterfall (对账瀑布) as bars: where each begins and ends, and what every step leaves over. Pure. */
import type { WaterfallLine } from "../api/types-recon";

export interface Bar {
  line: WaterfallLine;
  from: number;
  to: number;
  kind: "level" | "fault" | "normal";
}

export interface Step {
  place: number;
  title: string;
  left: number;
}

export function currenciesOf(lines: readonly WaterfallLine[]): string[] {
  const size = new Map<string, number>();
  for (const line of lines) size.set(line.currency, (size.get(line.currency) ?? 0) + line.count);
  return [...size.keys()].sort((a, b) => (size.get(b) ?? 0) - (size.get(a) ?? 0) || a.localeCompare(b));
}

/** Levels stand on nothing; what lies between two levels goes on where the one before ended. */
export function barsOf(lines: readonly WaterfallLine[]): Bar[] {
  let at = 0;
  return [...lines]
    .sort((a, b) => a.place - b.place)
    .map((line) => {
      if (!line.cause) {
        at = line.amount_minor;
        return { line, from: 0, to: at, kind: "level" };
      }
      const from = at;
      at += line.amount_minor;
      return { line, from, to: at, kind: line.fault ? "fault" : "normal" };
    });
}

/** What no cause explains, by step: nothing, if all is right. */
export function stepsOf(lines: readonly WaterfallLine[]): Step[] {
  const levels = new Map(lines.filter((line) => !line.cause).map((line) => [line.place, line]));
  const sum = (place: number) =>
    lines.filter((line) => line.cause && line.place === place).reduce((all, line) => all + line.amount_minor, 0);
  return [...levels.keys()]
    .filter((place) => place > 0)
    .sort((a, b) => a - b)
    .map((place) => {
      const [upper, lower] = [levels.get(place - 2)?.amount_minor ?? 0, levels.get(place)?.amount_minor ?? 0];
      return { place: place - 1, title: levels.get(place)?.step ?? "", left: lower - upper - sum(place - 1) };
    });
}

/** Where the axis begins: near the lowest end of what is between the levels, so that small causes are seen at all. */
export function axisOf(bars: readonly Bar[]): { min: number; max: number; cut: boolean } {
  if (bars.length === 0) return { min: 0, max: 1, cut: false };
  const ends = bars.flatMap((bar) => (bar.kind === "level" ? [bar.to] : [bar.from, bar.to]));
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const room = Math.max((high - low) * 0.18, 1);
  const min = low - room;
  if (min <= 0 || high - low > high * 0.7) return { min: Math.min(0, low - (low < 0 ? room : 0)), max: Math.max(0, high + room), cut: false };
  return { min, max: high + room, cut: true };
}
