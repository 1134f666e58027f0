/** Undo and redo as snapshots of the whole document. Pure. */

export interface Timeline<Doc> {
  past: readonly Doc[];
  present: Doc;
  future: readonly Doc[];
}

export const MOST_STEPS = 100;

export function begin<Doc>(present: Doc): Timeline<Doc> {
  return { past: [], present, future: [] };
}

/** A new present; what had been undone is forgotten. The same document again is no step. */
export function advance<Doc>(line: Timeline<Doc>, next: Doc): Timeline<Doc> {
  if (next === line.present) return line;
  return { past: [...line.past, line.present].slice(-MOST_STEPS), present: next, future: [] };
}

export function undo<Doc>(line: Timeline<Doc>): Timeline<Doc> {
  const previous = line.past.at(-1);
  if (previous === undefined) return line;
  return { past: line.past.slice(0, -1), present: previous, future: [line.present, ...line.future] };
}

export function redo<Doc>(line: Timeline<Doc>): Timeline<Doc> {
  const [next, ...rest] = line.future;
  if (next === undefined) return line;
  return { past: [...line.past, line.present], present: next, future: rest };
}
