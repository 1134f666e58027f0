/** Which corner of the workbench a kind of case belongs to (工作台分区). Pure. */
import type { CaseCount } from "../api/types";

export const AREAS = ["parcels", "promises", "money"] as const;
export type Area = (typeof AREAS)[number];

const MONEY = ["payment", "refund"];
const LINES = ["contract", "carrier", "source"];

export interface AreaCases {
  area: Area;
  cases: CaseCount[];
  /** Causes of breaks that stand open: their queue is a list of its own. */
  breaks: CaseCount[];
  open: number;
}

function areaOf(kind: string): Area {
  const [about = "", what = ""] = kind.split(".");
  if (about === "money" || MONEY.includes(about)) return "money";
  return what.startsWith("promise") || LINES.includes(about) ? "promises" : "parcels";
}

/** The areas that have something open, each with its kinds in the order the hub ranks them. */
export function byArea(counts: CaseCount[]): AreaCases[] {
  const open = counts.filter((each) => each.open > 0);
  return AREAS.map((area) => {
    const all = open.filter((each) => areaOf(each.kind) === area);
    const breaks = all.filter((each) => each.kind.startsWith("money."));
    const cases = all.filter((each) => !each.kind.startsWith("money."));
    return { area, cases, breaks, open: all.reduce((sum, each) => sum + each.open, 0) };
  }).filter((each) => each.open > 0);
}
