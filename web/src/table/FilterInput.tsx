/** One field of the query bar. Choices apply at once; typed text waits for Enter or 查询. */
import { Checkbox, DatePicker, Input, Select, Tooltip } from "antd";
import dayjs from "dayjs";
import type { KeyboardEvent } from "react";
import { useT } from "../i18n";
import { joinNumbers, MOST_NUMBERS, splitNumbers } from "../logic/numbers";
import { endOfShanghaiDay, formatDay, fromShanghai } from "../logic/time";
import type { FilterField } from "./types";

interface Props {
  field: FilterField;
  values: Record<string, string>;
  onChange: (part: Record<string, string>, applyNow: boolean) => void;
  onSubmit: () => void;
}

export function FilterInput({ field, values, onChange, onSubmit }: Props) {
  const t = useT();
  const value = values[field.name] ?? "";
  switch (field.kind) {
    case "numbers":
      return <NumbersInput name={field.name} value={value} onChange={onChange} onSubmit={onSubmit} />;
    case "text":
      return (
        <Input
          allowClear
          value={value}
          onChange={(event) => onChange({ [field.name]: event.target.value }, event.type === "click")}
          data-testid={`filter-${field.name}`}
        />
      );
    case "choice":
      return (
        <Select
          allowClear
          showSearch={{ optionFilterProp: "label" }}
          popupMatchSelectWidth={false}
          value={value || undefined}
          placeholder={t("list.any")}
          options={field.choices.map((each) => ({ value: each.value, label: each.title }))}
          onChange={(next?: string) => onChange({ [field.name]: next ?? "" }, true)}
          data-testid={`filter-${field.name}`}
        />
      );
    case "days":
      return <DaysInput from={field.from} to={field.to} values={values} onChange={onChange} />;
    case "yes":
      return (
        <Checkbox
          checked={value === "true"}
          onChange={(event) => onChange({ [field.name]: event.target.checked ? "true" : "" }, true)}
          data-testid={`filter-${field.name}`}
        />
      );
  }
}

type NumbersProps = Pick<Props, "onChange" | "onSubmit"> & { name: string; value: string };

function NumbersInput({ name, value, onChange, onSubmit }: NumbersProps) {
  const t = useT();
  const count = splitNumbers(value).length;
  const press = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    onSubmit();
  };
  const tidy = () => count > 1 && onChange({ [name]: joinNumbers(splitNumbers(value).slice(0, MOST_NUMBERS)) }, false);
  return (
    <Tooltip title={count > MOST_NUMBERS ? t("list.tooMany", { n: MOST_NUMBERS }) : undefined}>
      <span className="fh-numbers">
        <Input.TextArea
          value={value}
          autoSize={{ minRows: 1, maxRows: 4 }}
          placeholder={t("list.pasteNumbers")}
          onChange={(event) => onChange({ [name]: event.target.value }, false)}
          onKeyDown={press}
          onBlur={tidy}
          allowClear
          data-testid={`filter-${name}`}
        />
        {count > 1 && <em>{t("list.numbersCount", { n: Math.min(count, MOST_NUMBERS) })}</em>}
      </span>
    </Tooltip>
  );
}

type DaysProps = Pick<Props, "values" | "onChange"> & { from: string; to: string };

/** Days of Shanghai: the end day is meant whole. */
function DaysInput({ from, to, values, onChange }: DaysProps) {
  const day = (name: string) => (values[name] ? dayjs(formatDay(values[name])) : null);
  return (
    <DatePicker.RangePicker
      value={[day(from), day(to)]}
      allowEmpty={[true, true]}
      onChange={(range) => {
        const [start, end] = [range?.[0]?.format("YYYY-MM-DD"), range?.[1]?.format("YYYY-MM-DD")];
        onChange({ [from]: start ? fromShanghai(start) : "", [to]: end ? endOfShanghaiDay(end) : "" }, true);
      }}
    />
  );
}
