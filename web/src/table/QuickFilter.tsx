/** A list with one thing to look for: the field stands in its head, and applies as one types. */
import { SearchOutlined } from "@ant-design/icons";
import { Input } from "antd";
import { useEffect, useState } from "react";
import { useDebounced } from "../parts/useDebounced";
import type { FilterField } from "./types";
import type { ListControl } from "./useListState";

const SETTLE_MS = 250;

export function QuickFilter({ field, control }: { field: FilterField; control: ListControl }) {
  const applied = control.state.filters[field.name] ?? "";
  const [text, setText] = useState(applied);
  const settled = useDebounced(text, SETTLE_MS);
  useEffect(() => setText(applied), [applied]);
  useEffect(() => {
    if (settled === text && settled !== applied) control.setFilter(field.name, settled);
  }, [settled]);
  return (
    <Input
      allowClear
      className="fh-quick"
      prefix={<SearchOutlined />}
      placeholder={field.label}
      value={text}
      onChange={(event) => setText(event.target.value)}
      data-testid={`filter-${field.name}`}
    />
  );
}
