/** Editors of the three match rules: what is changed here is a draft until another person publishes it. */
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Checkbox, Input, InputNumber, Select } from "antd";
import type { ReactNode } from "react";
import type { FxBody, FxRow, MatchingBody, RateRow, RatesBody } from "../../api/types-recon";
import { useT } from "../../i18n";
import type { DeclarationControl } from "../../parts/declaration/useDeclaration";

interface Props<Body> {
  control: DeclarationControl<Body>;
  may: boolean;
}

const PASSES = [
  "exact_key",
  "cleaned_key",
  "split_parts",
  "refunds",
  "escrow",
  "split_accounts",
  "statement",
  "fees",
  "payouts",
  "fx",
  "timing",
  "cents",
] as const;
const NUMBERS = [
  ["cent_tolerance_minor", "rule.centTolerance"],
  ["cent_daily_cap_minor", "rule.centDailyCap"],
  ["payout_grace_days", "rule.payoutGrace"],
  ["statement_grace_days", "rule.statementGrace"],
  ["voucher_grace_days", "rule.voucherGrace"],
  ["most_parts", "rule.mostParts"],
] as const;

function Field({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="fh-rule-field">
      <span>{label}</span>
      {children}
    </div>
  );
}

export function MatchingEditor({ control, may }: Props<MatchingBody>) {
  const t = useT();
  const { body, setBody } = control;
  return (
    <div data-testid="matching-editor">
      {NUMBERS.map(([name, label]) => (
        <Field key={name} label={t(label)}>
          <InputNumber
            min={0}
            precision={0}
            disabled={!may}
            value={body[name]}
            onChange={(value) => setBody({ ...body, [name]: value ?? 0 })}
            data-testid={`rule-${name}`}
          />
        </Field>
      ))}
      <Field label={t("rule.escrow")}>
        <Select
          mode="tags"
          disabled={!may}
          style={{ width: "100%" }}
          value={body.escrow_providers}
          onChange={(escrow_providers: string[]) => setBody({ ...body, escrow_providers })}
        />
      </Field>
      <Field label={t("rule.passes")}>
        <Checkbox.Group
          disabled={!may}
          value={body.passes}
          options={PASSES.map((value) => ({ value, label: t(`pass.${value}`) }))}
          onChange={(chosen) => setBody({ ...body, passes: PASSES.filter((each) => chosen.includes(each)) })}
        />
      </Field>
    </div>
  );
}

interface RowsProps<Row> {
  heads: string[];
  rows: Row[];
  may: boolean;
  cells: (row: Row, change: (part: Partial<Row>) => void) => ReactNode[];
  empty: Row;
  onChange: (rows: Row[]) => void;
}

function Rows<Row>({ heads, rows, may, cells, empty, onChange }: RowsProps<Row>) {
  const t = useT();
  return (
    <>
      <table className="fh-rule-rows">
        <thead>
          <tr>
            {heads.map((each) => (
              <th key={each}>{each}</th>
            ))}
            <th />
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => {
            const change = (part: Partial<Row>) =>
              onChange(rows.map((each, place) => (place === at ? { ...each, ...part } : each)));
            return (
              <tr key={at}>
                {cells(row, change).map((cell, place) => (
                  <td key={heads[place]}>{cell}</td>
                ))}
                <td>
                  <Button
                    size="small"
                    type="text"
                    disabled={!may}
                    icon={<DeleteOutlined />}
                    title={t("rule.remove")}
                    onClick={() => onChange(rows.filter((_, place) => place !== at))}
                  />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <Button size="small" icon={<PlusOutlined />} disabled={!may} onClick={() => onChange([...rows, empty])}>
        {t("rule.addRow")}
      </Button>
    </>
  );
}

const NEW_RATE: RateRow = {
  what: "fee",
  provider: "*",
  category: "*",
  day_from: null,
  day_to: null,
  ppm: 6000,
  rounding: "half_up",
  least_minor: 0,
};

export function RatesEditor({ control, may }: Props<RatesBody>) {
  const t = useT();
  const { body, setBody } = control;
  const heads = ["what", "provider", "category", "from", "to", "ppm", "rounding", "least"] as const;
  return (
    <div data-testid="rates-editor">
      <Rows<RateRow>
        heads={heads.map((each) => (each === "provider" ? t("break.provider") : t(`rule.${each}`)))}
        rows={body.rules}
        may={may}
        empty={NEW_RATE}
        onChange={(rules) => setBody({ ...body, rules })}
        cells={(row, change) => [
          <Select
            key="what"
            size="small"
            disabled={!may}
            value={row.what}
            options={(["fee", "commission"] as const).map((value) => ({ value, label: t(`rule.what.${value}`) }))}
            onChange={(what) => change({ what })}
          />,
          <Text key="provider" may={may} value={row.provider} onChange={(provider) => change({ provider })} />,
          <Text key="category" may={may} value={row.category} onChange={(category) => change({ category })} />,
          <Text key="from" may={may} value={row.day_from ?? ""} onChange={(day) => change({ day_from: day || null })} />,
          <Text key="to" may={may} value={row.day_to ?? ""} onChange={(day) => change({ day_to: day || null })} />,
          <Whole key="ppm" may={may} value={row.ppm} onChange={(ppm) => change({ ppm })} />,
          <Select
            key="rounding"
            size="small"
            disabled={!may}
            value={row.rounding}
            options={(["half_up", "half_even", "down", "up"] as const).map((value) => ({
              value,
              label: t(`rule.rounding.${value}`),
            }))}
            onChange={(rounding) => change({ rounding })}
          />,
          <Whole key="least" may={may} value={row.least_minor} onChange={(least_minor) => change({ least_minor })} />,
        ]}
      />
      <div className="fh-rule-learn">
        <Checkbox disabled={!may} checked={body.learn} onChange={(event) => setBody({ ...body, learn: event.target.checked })}>
          {t("rule.learn")}
        </Checkbox>
      </div>
      <Field label={t("rule.agreeing")}>
        <Whole may={may} value={body.agreeing_percent} onChange={(agreeing_percent) => setBody({ ...body, agreeing_percent })} />
      </Field>
      <Field label={t("rule.leastRows")}>
        <Whole may={may} value={body.least_rows} onChange={(least_rows) => setBody({ ...body, least_rows })} />
      </Field>
    </div>
  );
}

const NEW_FX: FxRow = { source_currency: "USD", target_currency: "CNY", day: null, rate: "1", told_by: "" };

export function FxEditor({ control, may }: Props<FxBody>) {
  const t = useT();
  const { body, setBody } = control;
  return (
    <div data-testid="fx-editor">
      <Rows<FxRow>
        heads={[t("rule.source"), t("rule.target"), t("rule.day"), t("rule.rate"), t("rule.toldBy")]}
        rows={body.rates}
        may={may}
        empty={NEW_FX}
        onChange={(rates) => setBody({ ...body, rates })}
        cells={(row, change) => [
          <Text key="from" may={may} value={row.source_currency} onChange={(text) => change({ source_currency: text })} />,
          <Text key="to" may={may} value={row.target_currency} onChange={(text) => change({ target_currency: text })} />,
          <Text key="day" may={may} value={row.day ?? ""} onChange={(day) => change({ day: day || null })} />,
          <Text key="rate" may={may} value={String(row.rate)} onChange={(rate) => change({ rate })} />,
          <Text key="by" may={may} value={row.told_by} onChange={(told_by) => change({ told_by })} />,
        ]}
      />
      <Field label={t("rule.tolerance")}>
        <Whole may={may} value={body.tolerance_ppm} onChange={(tolerance_ppm) => setBody({ ...body, tolerance_ppm })} />
      </Field>
    </div>
  );
}

function Text({ may, value, onChange }: { may: boolean; value: string; onChange: (text: string) => void }) {
  return <Input size="small" disabled={!may} value={value} onChange={(event) => onChange(event.target.value.trim())} />;
}

function Whole({ may, value, onChange }: { may: boolean; value: number; onChange: (value: number) => void }) {
  return (
    <InputNumber
      size="small"
      min={0}
      precision={0}
      disabled={!may}
      value={value}
      onChange={(next) => onChange(next ?? 0)}
    />
  );
}
