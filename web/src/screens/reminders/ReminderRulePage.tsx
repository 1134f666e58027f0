/** One channel's rule of reminders, edited, tried on the orders that await payment now, published. */
import { Alert, Input, InputNumber, Radio, Select } from "antd";
import type { ReactNode } from "react";
import { useParams } from "react-router";
import type { ReminderRule } from "../../api/types-reminders";
import { useT } from "../../i18n";
import { DeclarationScreen } from "../../parts/declaration/DeclarationScreen";
import type { DeclarationControl } from "../../parts/declaration/useDeclaration";
import { NeedsAny } from "../../parts/NeedsAny";
import { minutesOf } from "./minutes";

const MODES = ["automatic", "by_hand", "off"] as const;
const NUMBERS = [
  ["pay_within_minutes", "remind.within"],
  ["gap_minutes", "remind.gap"],
  ["most", "remind.most"],
  ["most_per_day", "remind.mostPerDay"],
] as const;
const OWN = "own";

export function ReminderRulePage() {
  const t = useT();
  const { name = "" } = useParams();
  return (
    <NeedsAny anyOf={["money.view"]}>
      <DeclarationScreen<ReminderRule>
        kind="payment_reminder"
        name={name}
        back={{ to: "/money/compensation?view=rules", label: t("menu.compensation") }}
        editor={(control, editable) => <Editor control={control} editable={editable} name={name} />}
      />
    </NeedsAny>
  );
}

interface Props {
  control: DeclarationControl<ReminderRule>;
  editable: boolean;
  name: string;
}

function Field({ label, children }: { label: string; children: ReactNode }) {
  return (
    <label className="fh-field">
      {label}
      {children}
    </label>
  );
}

function Editor({ control, editable, name }: Props) {
  const t = useT();
  const { body, setBody } = control;
  const set = (part: Partial<ReminderRule>) => setBody({ ...body, ...part });
  return (
    <div className="fh-posting fh-remind-rule" data-testid="reminder-rule">
      {name !== OWN && <Alert type="warning" showIcon title={t("remind.platform")} />}
      <Field label={t("remind.mode")}>
        <Radio.Group
          value={body.mode}
          disabled={!editable}
          onChange={(event) => set({ mode: event.target.value as ReminderRule["mode"] })}
          options={MODES.map((value) => ({ value, label: t(`remind.mode.${value}`) }))}
          optionType="button"
        />
      </Field>
      {name === OWN && (
        <Field label={t("remind.channels")}>
          <Select mode="tags" disabled={!editable} value={body.channels} onChange={(channels: string[]) => set({ channels })} />
        </Field>
      )}
      <Field label={t("remind.after")}>
        <Select
          mode="tags"
          disabled={!editable}
          value={body.after_minutes}
          onChange={(typed: (string | number)[]) => set({ after_minutes: minutesOf(typed) })}
        />
      </Field>
      <div className="fh-remind-numbers">
        {NUMBERS.map(([field, word]) => (
          <Field key={field} label={t(word)}>
            <InputNumber
              min={0}
              precision={0}
              disabled={!editable}
              value={body[field]}
              onChange={(value) => set({ [field]: value ?? 0 })}
              data-testid={`reminder-${field}`}
            />
          </Field>
        ))}
        <Field label={t("remind.quiet")}>
          <span className="fh-comp-buttons">
            <Input
              value={body.quiet_start}
              disabled={!editable}
              onChange={(event) => set({ quiet_start: event.target.value })}
            />
            –
            <Input value={body.quiet_end} disabled={!editable} onChange={(event) => set({ quiet_end: event.target.value })} />
          </span>
        </Field>
        <Field label={t("remind.robot")}>
          <Input value={body.robot} disabled={!editable} onChange={(event) => set({ robot: event.target.value.trim() })} />
        </Field>
      </div>
      <Field label={t("remind.words")}>
        <Input.TextArea
          rows={2}
          value={body.text}
          disabled={!editable}
          onChange={(event) => set({ text: event.target.value })}
          data-testid="reminder-words"
        />
        <span className="fh-soft">{t("remind.wordsHint", { order_no: "{order_no}", amount: "{amount}", link: "{link}" })}</span>
      </Field>
    </div>
  );
}
