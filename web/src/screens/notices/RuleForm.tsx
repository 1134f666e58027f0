/** A rule's form: what happens, whom it is told, in which words, at which pace, and who is next when nobody moves. */
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Checkbox, Input, InputNumber, Select, Switch } from "antd";
import { type ReactNode, useId, useRef } from "react";
import type { NamedChoice, RuleChoices, RuleValues, Targets } from "../../api/types-notices";
import { useT } from "../../i18n";
import { Panel } from "../../parts/Panel";
import { inserted, NOBODY } from "./rules";

interface Props {
  values: RuleValues;
  choices: RuleChoices;
  onChange: (values: RuleValues) => void;
}

type Change = (part: Partial<RuleValues>) => void;

const LEVELS = [3, 2, 1] as const;

export function RuleForm({ values, choices, onChange }: Props) {
  const change: Change = (part) => onChange({ ...values, ...part });
  return (
    <div className="fh-rule-form">
      <What values={values} choices={choices} change={change} />
      <Whom values={values} choices={choices} change={change} />
      <Words values={values} choices={choices} change={change} />
      <Pace values={values} change={change} />
      <Escalation values={values} choices={choices} change={change} />
    </div>
  );
}

interface PartProps {
  values: RuleValues;
  choices: RuleChoices;
  change: Change;
}

function Line({ label, children }: { label: string; children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <div className="fh-rule-line">
      <label htmlFor={id}>{label}</label>
      {children(id)}
    </div>
  );
}

const options = (choices: NamedChoice[]) => choices.map((each) => ({ value: each.value, label: each.title }));

function What({ values, choices, change }: PartProps) {
  const t = useT();
  const levels = LEVELS.map((value) => ({ value, label: t(`notice.level.${value}`) }));
  return (
    <Panel title={t("noticeRule.when")}>
      <Line label={t("noticeRule.title")}>
        {(id) => (
          <Input
            id={id}
            value={values.title}
            maxLength={60}
            onChange={(event) => change({ title: event.target.value })}
            data-testid="rule-title"
          />
        )}
      </Line>
      <Line label={t("noticeRule.enabled")}>
        {(id) => <Switch id={id} checked={values.enabled} onChange={(enabled) => change({ enabled })} />}
      </Line>
      <Line label={t("noticeRule.events")}>
        {() => (
          <Checkbox.Group
            value={values.events}
            options={options(choices.events)}
            onChange={(events) => change({ events: events as string[] })}
          />
        )}
      </Line>
      <Line label={t("noticeRule.kinds")}>
        {(id) => (
          <Select
            id={id}
            mode="tags"
            value={values.kinds}
            placeholder={t("noticeRule.anyKind")}
            options={options(choices.kinds)}
            optionFilterProp="label"
            onChange={(kinds) => change({ kinds })}
          />
        )}
      </Line>
      <Line label={t("noticeRule.severities")}>
        {() => (
          <Checkbox.Group
            value={values.severities}
            options={levels}
            onChange={(severities) => change({ severities: severities as number[] })}
          />
        )}
      </Line>
      <Line label={t("noticeRule.shops")}>
        {(id) => (
          <Select
            id={id}
            mode="multiple"
            value={values.shops}
            placeholder={t("noticeRule.any")}
            options={options(choices.shops)}
            onChange={(shops) => change({ shops })}
          />
        )}
      </Line>
    </Panel>
  );
}

function Whom({ values, choices, change }: PartProps) {
  const t = useT();
  return (
    <Panel title={t("noticeRule.whom")} extra={t("noticeRule.personal")}>
      <TargetLines targets={values.targets} choices={choices} onChange={(targets) => change({ targets })} owner />
    </Panel>
  );
}

interface TargetProps {
  targets: Targets;
  choices: RuleChoices;
  onChange: (targets: Targets) => void;
  owner?: boolean;
}

function TargetLines({ targets, choices, onChange, owner = false }: TargetProps) {
  const t = useT();
  const many = (name: "robots" | "roles" | "people", label: string) => (
    <Line label={label}>
      {(id) => (
        <Select
          id={id}
          mode="multiple"
          value={targets[name]}
          options={options(choices[name])}
          optionFilterProp="label"
          onChange={(chosen) => onChange({ ...targets, [name]: chosen })}
          data-testid={owner ? `rule-${name}` : undefined}
        />
      )}
    </Line>
  );
  return (
    <>
      {many("robots", t("noticeRule.toRobots"))}
      {many("roles", t("noticeRule.toRoles"))}
      {many("people", t("noticeRule.toPeople"))}
      {owner && (
        <Line label={t("noticeRule.toOwner")}>
          {(id) => (
            <Switch id={id} checked={targets.owner} onChange={(checked) => onChange({ ...targets, owner: checked })} />
          )}
        </Line>
      )}
    </>
  );
}

function Words({ values, choices, change }: PartProps) {
  const t = useT();
  const cursor = useRef<number | null>(null);
  const put = (name: string) => {
    const at = cursor.current ?? values.message_body.length;
    change({ message_body: inserted(values.message_body, name, at) });
    cursor.current = at + name.length + 2;
  };
  return (
    <Panel title={t("noticeRule.how")}>
      <Line label={t("noticeRule.messageTitle")}>
        {(id) => (
          <Input
            id={id}
            value={values.message_title}
            maxLength={200}
            onChange={(event) => change({ message_title: event.target.value })}
          />
        )}
      </Line>
      <Line label={t("noticeRule.messageBody")}>
        {(id) => (
          <Input.TextArea
            id={id}
            className="fh-code"
            autoSize={{ minRows: 8, maxRows: 18 }}
            value={values.message_body}
            onChange={(event) => change({ message_body: event.target.value })}
            onSelect={(event) => {
              cursor.current = event.currentTarget.selectionStart;
            }}
            data-testid="rule-body"
          />
        )}
      </Line>
      <Line label={t("noticeRule.placeholders")}>
        {() => (
          <div className="fh-usual">
            {choices.placeholders.map((each) => (
              <Button key={each.value} size="small" onClick={() => put(each.value)} title={`{${each.value}}`}>
                {each.title}
              </Button>
            ))}
          </div>
        )}
      </Line>
    </Panel>
  );
}

function Pace({ values, change }: { values: RuleValues; change: Change }) {
  const t = useT();
  const { digest, quiet } = values;
  const number = (label: string, value: number, set: (value: number) => void, min: number) => (
    <Line label={label}>
      {(id) => <InputNumber id={id} min={min} precision={0} value={value} onChange={(next) => set(next ?? min)} />}
    </Line>
  );
  return (
    <Panel title={t("noticeRule.pace")}>
      {number(t("noticeRule.digestMinutes"), digest.minutes, (minutes) => change({ digest: { ...digest, minutes } }), 0)}
      {number(t("noticeRule.digestMore"), digest.more_than, (more_than) => change({ digest: { ...digest, more_than } }), 1)}
      {number(t("noticeRule.digestTop"), digest.top, (top) => change({ digest: { ...digest, top } }), 1)}
      <Line label={t("noticeRule.severeAtOnce")}>
        {(id) => (
          <Switch
            id={id}
            checked={digest.severe_at_once}
            onChange={(severe_at_once) => change({ digest: { ...digest, severe_at_once } })}
          />
        )}
      </Line>
      {number(t("noticeRule.dedupe"), values.dedupe_minutes, (dedupe_minutes) => change({ dedupe_minutes }), 0)}
      <Line label={t("noticeRule.quiet")}>
        {(id) => (
          <div className="fh-hours">
            <Switch
              id={id}
              checked={quiet !== null}
              onChange={(on) => change({ quiet: on ? { start: "22:00", end: "08:00", severe_passes: true } : null })}
            />
            {quiet && <QuietHours quiet={quiet} onChange={(next) => change({ quiet: next })} />}
          </div>
        )}
      </Line>
    </Panel>
  );
}

type Quiet = NonNullable<RuleValues["quiet"]>;

function QuietHours({ quiet, onChange }: { quiet: Quiet; onChange: (quiet: Quiet) => void }) {
  const t = useT();
  return (
    <>
      {t("noticeRule.quietFrom")}
      <Input type="time" value={quiet.start} onChange={(event) => onChange({ ...quiet, start: event.target.value })} />
      {t("noticeRule.quietTo")}
      <Input type="time" value={quiet.end} onChange={(event) => onChange({ ...quiet, end: event.target.value })} />
      <Checkbox
        checked={quiet.severe_passes}
        onChange={(event) => onChange({ ...quiet, severe_passes: event.target.checked })}
      >
        {t("noticeRule.quietPasses")}
      </Checkbox>
    </>
  );
}

function Escalation({ values, choices, change }: PartProps) {
  const t = useT();
  const steps = values.escalation;
  const set = (at: number, step: RuleValues["escalation"][number]) =>
    change({ escalation: steps.map((each, place) => (place === at ? step : each)) });
  return (
    <Panel title={t("noticeRule.escalation")} extra={steps.length > 0 ? t("noticeRule.lastStep") : undefined}>
      {steps.map((step, at) => (
        <div key={at} className="fh-step">
          <Line label={t("noticeRule.after", { n: at + 1 })}>
            {(id) => (
              <span className="fh-hours">
                <InputNumber
                  id={id}
                  min={1}
                  precision={0}
                  value={step.after_minutes}
                  onChange={(next) => set(at, { ...step, after_minutes: next ?? 1 })}
                />
                <Button
                  type="text"
                  icon={<DeleteOutlined />}
                  aria-label="delete"
                  onClick={() => change({ escalation: steps.filter((_, place) => place !== at) })}
                />
              </span>
            )}
          </Line>
          <TargetLines targets={step.targets} choices={choices} onChange={(targets) => set(at, { ...step, targets })} />
        </div>
      ))}
      {steps.length < 5 && (
        <Button
          icon={<PlusOutlined />}
          onClick={() => change({ escalation: [...steps, { after_minutes: 30, targets: NOBODY }] })}
          data-testid="rule-add-step"
        >
          {t("noticeRule.addStep")}
        </Button>
      )}
    </Panel>
  );
}
