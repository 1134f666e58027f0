/** The batch bar (批量条): how many rows are meant, said in full, before anything is done to them. */
import { Button } from "antd";
import type { ReactNode } from "react";
import { useT } from "../i18n";
import { countOf, NOTHING, type Selection } from "../logic/selection";

interface Props {
  selection: Selection;
  total: number;
  filters: Record<string, string>;
  onSelect: (selection: Selection) => void;
  children?: ReactNode;
}

export function BulkBar({ selection, total, filters, onSelect, children }: Props) {
  const t = useT();
  const count = countOf(selection);
  if (count === 0) return null;
  const all = selection.mode === "filter";
  return (
    <div className="fh-bulk" data-testid="bulk-bar" role="status">
      <span>{t(all ? "bulk.all" : "bulk.some", { n: count.toLocaleString("en-US") })}</span>
      {!all && total > count && (
        <Button
          type="link"
          size="small"
          onClick={() => onSelect({ mode: "filter", filter: filters, expected: total })}
          data-testid="bulk-select-all"
        >
          {t("bulk.selectAll", { n: total.toLocaleString("en-US") })}
        </Button>
      )}
      <Button type="link" size="small" onClick={() => onSelect(NOTHING)} data-testid="bulk-clear">
        {t("bulk.clear")}
      </Button>
      <span className="fh-grow" />
      {children}
    </div>
  );
}
