/** One row of a promise table: for which orders, how long, and what a breach costs. */
import { DeleteOutlined, DownOutlined, UpOutlined } from "@ant-design/icons";
import { Button, DatePicker, Input, InputNumber, Select } from "antd";
import dayjs from "dayjs";
import { type ReactNode, useState } from "react";
import type { Choice, PromiseRule, Stage } from "../../api/types";
import { useT } from "../../i18n";

const STAGES: readonly Stage[] = ["ship", "pickup", "first_transit", "stall", "delivery", "sign"];

interface Props {
  at: number;
  rule: PromiseRule;
  carriers: Choice[];
  editable: boolean;
  onChange: (rule: PromiseRule) => void;
  onRemove: () => void;
}

export function PromiseRuleRow({ at, rule, carriers, editable, onChange, onRemove }: Props) {
  const t = useT();
  const { penalty } = rule;
  const [open, setOpen] = useState(penalty.fixed_minor + penalty.share_bp > 0 || Boolean(rule.since || rule.until));
  const set = (part: Partial<PromiseRule>) => onChange({ ...rule, ...part });
  return (
    <>
      <div className="fh-promise-row" data-testid={`rule-${at}`}>
        <em>{at + 1}</em>
        <Field label={t("clock.stage")}>
          <Select
            value={rule.stage}
            disabled={!editable}
            options={STAGES.map((value) => ({ value, label: t(`clock.stage.${value}`) }))}
            onChange={(stage) => set({ stage })}
          />
        </Field>
        <Field label={t("promise.hours")}>
          <InputNumber
            min={1}
            max={2880}
            precision={0}
            value={rule.hours}
            disabled={!editable}
            onChange={(hours) => hours !== null && set({ hours })}
            data-testid={`rule-${at}-hours`}
          />
        </Field>
        <Field label={t("promise.warn")}>
          <InputNumber
            min={0}
            max={2880}
            precision={0}
            value={rule.warn_hours}
            disabled={!editable}
            onChange={(warn_hours) => warn_hours !== null && set({ warn_hours })}
          />
        </Field>
        <Field label={t("promise.orderType")}>
          <Select
            value={rule.order_type}
            disabled={!editable}
            options={[
              { value: "", label: t("promise.anyType") },
              { value: "normal", label: "normal" },
              { value: "presale", label: t("promise.presale") },
            ]}
            onChange={(order_type) => set({ order_type })}
          />
        </Field>
        <Field label={t("promise.regions")}>
          <Select
            mode="tags"
            value={rule.regions}
            disabled={!editable}
            placeholder={t("promise.anyRegion")}
            maxTagCount={2}
            tokenSeparators={[",", "，", "、", " "]}
            onChange={(regions: string[]) => set({ regions })}
          />
        </Field>
        <Field label={t("promise.carrier")}>
          <Select
            allowClear
            showSearch={{ optionFilterProp: "label" }}
            value={rule.carrier || undefined}
            disabled={!editable}
            placeholder={t("promise.anyType")}
            options={carriers.map((each) => ({ value: each.value, label: each.title }))}
            onChange={(carrier?: string) => set({ carrier: carrier ?? "" })}
          />
        </Field>
        <Button
          type="text"
          icon={open ? <UpOutlined /> : <DownOutlined />}
          aria-label={t("promise.cost")}
          onClick={() => setOpen(!open)}
        />
      </div>
      {open && <More at={at} rule={rule} editable={editable} onChange={onChange} onRemove={onRemove} />}
    </>
  );
}

function Field({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint: the control stands inside its label
    <label>
      {label}
      {children}
    </label>
  );
}

type MoreProps = Pick<Props, "at" | "rule" | "editable" | "onChange" | "onRemove">;

/** Yuan on the screen, minor units in the table: only whole cents pass between. */
const toMinor = (yuan: number | null) => Math.round((yuan ?? 0) * 100);

function More({ at, rule, editable, onChange, onRemove }: MoreProps) {
  const t = useT();
  const { penalty } = rule;
  const price = (part: Partial<typeof penalty>) => onChange({ ...rule, penalty: { ...penalty, ...part } });
  const day = (text: string) => (text ? dayjs(text) : null);
  const amount = (name: "fixed_minor" | "least_minor", word: "promise.fixed" | "promise.least") => (
    <Field label={t(word)}>
      <InputNumber
        min={0}
        precision={2}
        value={penalty[name] / 100}
        disabled={!editable}
        onChange={(yuan) => price({ [name]: toMinor(yuan) })}
        data-testid={`rule-${at}-${name}`}
      />
    </Field>
  );
  return (
    <div className="fh-promise-row more">
      <em />
      {amount("fixed_minor", "promise.fixed")}
      <Field label={t("promise.share")}>
        <InputNumber
          min={0}
          max={100}
          precision={2}
          value={penalty.share_bp / 100}
          disabled={!editable}
          onChange={(share) => price({ share_bp: toMinor(share) })}
        />
      </Field>
      {amount("least_minor", "promise.least")}
      <Field label={t("promise.most")}>
        <InputNumber
          min={0}
          precision={2}
          value={penalty.most_minor === null ? null : penalty.most_minor / 100}
          disabled={!editable}
          onChange={(yuan) => price({ most_minor: yuan === null ? null : toMinor(yuan) })}
        />
      </Field>
      <Field label={t("promise.since")}>
        <DatePicker
          value={day(rule.since)}
          disabled={!editable}
          onChange={(value) => onChange({ ...rule, since: value ? value.format("YYYY-MM-DD") : "" })}
        />
      </Field>
      <Field label={t("promise.until")}>
        <DatePicker
          value={day(rule.until)}
          disabled={!editable}
          onChange={(value) => onChange({ ...rule, until: value ? value.format("YYYY-MM-DD") : "" })}
        />
      </Field>
      <span className="fh-clock-cell">
        <Input
          value={rule.note}
          disabled={!editable}
          maxLength={200}
          placeholder={t("promise.note")}
          onChange={(event) => onChange({ ...rule, note: event.target.value })}
        />
        {editable && (
          <Button type="text" danger icon={<DeleteOutlined />} aria-label={t("promise.remove")} onClick={onRemove} />
        )}
      </span>
    </div>
  );
}
