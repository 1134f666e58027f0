/** The query bar (查询条): the common fields always, the rest unfolded; many numbers may be pasted at once. */
import { DownOutlined, SearchOutlined, UpOutlined } from "@ant-design/icons";
import { Badge, Button } from "antd";
import { type FormEvent, useEffect, useState } from "react";
import { useT } from "../i18n";
import { joinNumbers, MOST_NUMBERS, splitNumbers } from "../logic/numbers";
import { FilterInput } from "./FilterInput";
import type { FilterField } from "./types";

interface Props {
  fields: FilterField[];
  filters: Record<string, string>;
  unfolded: boolean;
  onUnfold: (unfolded: boolean) => void;
  onApply: (filters: Record<string, string>) => void;
}

function namesOf(field: FilterField): string[] {
  return field.kind === "days" ? [field.from, field.to] : [field.name];
}

/** Numbers go into the address one blank apart, whatever they were pasted with. */
function tidied(fields: readonly FilterField[], values: Record<string, string>): Record<string, string> {
  const numbers = fields.filter((field) => field.kind === "numbers").map((field) => field.name);
  const changed = numbers.map((name) => [name, joinNumbers(splitNumbers(values[name] ?? "").slice(0, MOST_NUMBERS))]);
  return { ...values, ...Object.fromEntries(changed) };
}

export function FilterBar({ fields, filters, unfolded, onUnfold, onApply }: Props) {
  const t = useT();
  const [draft, setDraft] = useState(filters);
  useEffect(() => setDraft(filters), [filters]);
  const folded = fields.filter((field) => !field.primary);
  const hiddenActive = folded.filter((field) => namesOf(field).some((name) => filters[name])).length;
  const shown = unfolded ? fields : fields.filter((field) => field.primary);
  const apply = (values: Record<string, string>) => onApply(tidied(fields, values));
  const change = (part: Record<string, string>, now: boolean) => {
    const next = { ...draft, ...part };
    setDraft(next);
    if (now) apply(next);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    apply(draft);
  };
  const reset = () => {
    const own = new Set(fields.flatMap(namesOf));
    onApply(Object.fromEntries(Object.entries(filters).filter(([name]) => !own.has(name))));
  };
  return (
    <form className="fh-filters" onSubmit={submit} data-testid="filter-bar">
      {shown.map((field) => (
        <div key={field.name} className={`fh-filter fh-filter-${field.kind}`}>
          <span className="fh-filter-label">{field.label}</span>
          <FilterInput field={field} values={draft} onChange={change} onSubmit={() => apply(draft)} />
        </div>
      ))}
      <div className="fh-filter-buttons">
        <Button type="primary" htmlType="submit" icon={<SearchOutlined />} data-testid="filter-apply">
          {t("list.search")}
        </Button>
        <Button onClick={reset} data-testid="filter-reset">
          {t("list.reset")}
        </Button>
        {folded.length > 0 && (
          <Badge count={unfolded ? 0 : hiddenActive} size="small">
            <Button
              type="link"
              icon={unfolded ? <UpOutlined /> : <DownOutlined />}
              iconPlacement="end"
              onClick={() => onUnfold(!unfolded)}
              data-testid="filter-fold"
            >
              {t(unfolded ? "list.fold" : "list.unfold")}
            </Button>
          </Badge>
        )}
      </div>
    </form>
  );
}
