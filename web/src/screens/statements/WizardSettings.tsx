/** What the columns alone do not tell: whose it is, units, signs, words for in and out. */
import { Checkbox, Input, Select } from "antd";
import type { ReactNode } from "react";
import { useT } from "../../i18n";
import type { LayoutDraft } from "../../logic/layoutDraft";

interface Props {
  draft: LayoutDraft;
  source: string;
  note: string;
  onDraft: (draft: LayoutDraft) => void;
  onSource: (source: string) => void;
  onNote: (note: string) => void;
}

const LEDGERS = ["bank", "funds", "trade", "settlement"] as const;

export function WizardSettings({ draft, source, note, onDraft, onSource, onNote }: Props) {
  const t = useT();
  const change = (part: Partial<LayoutDraft>) => onDraft({ ...draft, ...part });
  const hasDirection = Object.values(draft.columns).includes("direction");
  const hasExpense = Object.values(draft.columns).includes("expense");
  return (
    <section>
      <h3>{t("wizard.step.settings")}</h3>
      <div className="fh-settings">
        <Row label={t("wizard.name")}>
          <Input
            value={draft.name}
            placeholder={t("wizard.nameHint")}
            onChange={(event) => change({ name: event.target.value })}
            data-testid="wizard-name"
          />
        </Row>
        <Row label={t("wizard.titleField")}>
          <Input value={draft.title} onChange={(event) => change({ title: event.target.value })} data-testid="wizard-title" />
        </Row>
        <Row label={t("stmt.source")}>
          <Input
            value={source}
            placeholder={t("stmt.sourceHint")}
            onChange={(event) => onSource(event.target.value)}
            data-testid="wizard-source"
          />
        </Row>
        <Row label={t("wizard.provider")}>
          <Input value={draft.provider} onChange={(event) => change({ provider: event.target.value })} />
        </Row>
        <Row label={t("wizard.ledger")}>
          <Select
            value={draft.ledger}
            onChange={(ledger) => change({ ledger })}
            options={LEDGERS.map((value) => ({ value, label: t(`ledger.${value}`) }))}
          />
        </Row>
        <Row label={t("wizard.currency")}>
          <Input value={draft.currency} maxLength={3} onChange={(event) => change({ currency: event.target.value })} />
        </Row>
        <Row label={t("wizard.unit")}>
          <Select
            value={draft.unit}
            onChange={(unit) => change({ unit })}
            data-testid="wizard-unit"
            options={[
              { value: "", label: t("wizard.unit.auto") },
              { value: "major", label: t("wizard.unit.major") },
              { value: "minor", label: t("wizard.unit.minor") },
            ]}
          />
        </Row>
        {hasExpense && (
          <Row label={t("wizard.sign")}>
            <Select
              value={draft.expenseIs}
              onChange={(expenseIs) => change({ expenseIs })}
              options={[
                { value: "positive", label: t("wizard.sign.positive") },
                { value: "negative", label: t("wizard.sign.negative") },
              ]}
            />
          </Row>
        )}
        {hasDirection && (
          <>
            <Row label={t("wizard.inWords")}>
              <Input value={draft.inWords} onChange={(event) => change({ inWords: event.target.value })} />
            </Row>
            <Row label={t("wizard.outWords")}>
              <Input value={draft.outWords} onChange={(event) => change({ outWords: event.target.value })} />
            </Row>
          </>
        )}
        <Row label={t("wizard.skipLines")}>
          <Input value={draft.skip} placeholder="合计 #" onChange={(event) => change({ skip: event.target.value })} />
        </Row>
        <Row label={t("wizard.note")}>
          <Input value={note} maxLength={500} onChange={(event) => onNote(event.target.value)} />
        </Row>
        <Checkbox checked={draft.numbered} onChange={(event) => change({ numbered: event.target.checked })}>
          {t("wizard.numbered")}
        </Checkbox>
      </div>
    </section>
  );
}

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <label className="fh-setting">
      <span>{label}</span>
      {children}
    </label>
  );
}
