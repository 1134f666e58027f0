/** A declaration that is a handful of whole numbers: each with its unit, what it means, and what is in force. */
import { InputNumber } from "antd";
import { useT } from "../../i18n";
import type { Word } from "../../i18n/words";
import type { DeclarationControl } from "./useDeclaration";

export interface ThresholdField<Name extends string> {
  name: Name;
  label: Word;
  unit: Word;
  hint: Word;
  min?: number;
  max: number;
}

interface Props<Name extends string> {
  /** Leads the names of the inputs: `fuse-distance`. */
  prefix: string;
  sentence: string;
  fields: readonly ThresholdField<Name>[];
  control: DeclarationControl<Record<Name, number>>;
  editable: boolean;
}

export function Thresholds<Name extends string>({ prefix, sentence, fields, control, editable }: Props<Name>) {
  const t = useT();
  const { body, setBody, detail } = control;
  return (
    <>
      <p className="fh-explanation">{sentence}</p>
      {fields.map(({ name, label, unit, hint, min = 0, max }) => (
        <div key={name} className="fh-threshold">
          <label htmlFor={`${prefix}-${name}`}>{t(label)}</label>
          <InputNumber
            id={`${prefix}-${name}`}
            min={min}
            max={max}
            precision={0}
            value={body[name]}
            disabled={!editable}
            onChange={(next) => next !== null && setBody({ ...body, [name]: next })}
            suffix={t(unit)}
            data-testid={`${prefix}-${name}`}
          />
          {body[name] !== detail.body[name] && (
            <span className="fh-soft">{t("policy.was", { n: detail.body[name] })}</span>
          )}
          <p className="fh-hint">{t(hint)}</p>
        </div>
      ))}
    </>
  );
}
