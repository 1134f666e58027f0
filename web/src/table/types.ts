/** What a screen says about its list; QueryTable does the rest. */
import type { ReactNode } from "react";
import type { Topic } from "../api/queries";
import type { Choice } from "../api/types";

export type FilterField =
  | { kind: "numbers"; name: string; label: string; primary?: boolean }
  | { kind: "text"; name: string; label: string; primary?: boolean }
  | { kind: "choice"; name: string; label: string; choices: Choice[]; primary?: boolean }
  | { kind: "days"; name: string; from: string; to: string; label: string; primary?: boolean }
  | { kind: "yes"; name: string; label: string; primary?: boolean };

export interface QueryColumn<Row> {
  key: string;
  title: string;
  width: number;
  render: (row: Row) => ReactNode;
  /** The hub's word to sort by; for local lists any value sorts by `text`. */
  sort?: string;
  align?: "right" | "center";
  fixed?: "left" | "right";
  /** Not shown until chosen in 列设置. */
  optional?: boolean;
  /** What is exported and sorted by when the list is local. */
  text?: (row: Row) => string | number | boolean | null | undefined;
}

export interface TabSpec {
  key: string;
  label: string;
  alarming?: boolean;
}

export interface ListSource<Row> {
  topic: Topic;
  path: string;
  /** The hub answers with all rows at once: filtered, sorted, paged and exported here. */
  local?: {
    match: (row: Row, filters: Record<string, string>) => boolean;
    /** Where the rows are in the answer, if they are not the answer. */
    rows?: (answer: unknown) => Row[];
  };
  /** Always sent, never shown in the query bar. */
  fixed?: Record<string, string>;
  /** The address's words as the hub's; a local list sends nothing else. */
  toQuery?: (filters: Record<string, string>) => Record<string, string>;
}
