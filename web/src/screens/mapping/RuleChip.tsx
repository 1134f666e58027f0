/** A code on its state: drag it elsewhere, or click for a select box, a note and removal. */
import { CloseOutlined, FilterOutlined, FontSizeOutlined, LockOutlined } from "@ant-design/icons";
import { Button, Input, Popover, Select } from "antd";
import { useState } from "react";
import type { MappingDetail, Rule } from "../../api/types";
import { useT, useTitle } from "../../i18n";
import type { RuleName } from "../../logic/rules";
import { DragChip } from "./MappingBoard";

interface Props {
  rule: Rule;
  events: number;
  changed: boolean;
  states: MappingDetail["states"];
  editable: boolean;
  onAssign: (name: RuleName, state: string | null) => void;
  onNote: (rule: Rule, note: string) => void;
}

export function RuleChip({ rule, events, changed, states, editable, onAssign, onNote }: Props) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const hint = [
    rule.note,
    rule.when ? t("rule.when", { text: rule.when }) : "",
    events ? `72h ${events}` : "",
    changed ? t("mapping.changedHint") : "",
  ]
    .filter(Boolean)
    .join(" · ");
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      trigger={[]}
      title={<code>{rule.value}</code>}
      content={
        <RuleEditor
          rule={rule}
          states={states}
          editable={editable}
          onAssign={(state) => {
            setOpen(false);
            onAssign(rule, state);
          }}
          onNote={(note) => onNote(rule, note)}
          onClose={() => setOpen(false)}
        />
      }
    >
      <span className="fh-chip-holder">
        <DragChip
          name={rule}
          from="rule"
          disabled={!editable}
          title={hint}
          className={`${rule.shipped ? "fh-chip-shipped" : "fh-chip-own"} ${changed ? "fh-chip-changed" : ""}`}
          testId={`rule-chip-${rule.value}${rule.when ? `?${rule.when}` : ""}`}
          onClick={() => setOpen(!open)}
        >
          {rule.match === "text" && <FontSizeOutlined />} {rule.value}
          {rule.when && <FilterOutlined title={t("rule.when", { text: rule.when })} />}
          {rule.shipped && <LockOutlined />}
          {changed && <sup>*</sup>}
        </DragChip>
      </span>
    </Popover>
  );
}

interface EditorProps {
  rule: Rule;
  states: MappingDetail["states"];
  editable: boolean;
  onAssign: (state: string | null) => void;
  onNote: (note: string) => void;
  onClose: () => void;
}

function RuleEditor({ rule, states, editable, onAssign, onNote, onClose }: EditorProps) {
  const t = useT();
  const title = useTitle();
  const [note, setNote] = useState(rule.note);
  return (
    <div className="fh-rule-editor">
      {rule.when && <p className="fh-hint">{t("rule.when", { text: rule.when })}</p>}
      <Select
        disabled={!editable}
        value={rule.state}
        onChange={onAssign}
        showSearch={{ optionFilterProp: "label" }}
        options={states.map((each) => ({ value: each.state, label: title("state", each.state, each.title) }))}
      />
      <Input
        value={note}
        disabled={!editable || Boolean(rule.shipped)}
        maxLength={200}
        placeholder={t("mapping.note")}
        onChange={(event) => setNote(event.target.value)}
        onPressEnter={onClose}
        onBlur={() => note !== rule.note && onNote(note)}
      />
      {rule.shipped ? (
        <p className="fh-hint">{t("mapping.shippedHint")}</p>
      ) : (
        <Button size="small" danger icon={<CloseOutlined />} disabled={!editable} onClick={() => onAssign(null)}>
          {t("mapping.remove")}
        </Button>
      )}
    </div>
  );
}
