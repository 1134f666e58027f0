/** What each column is: its name, an example, a choice. */
import { Select } from "antd";
import { useT } from "../../i18n";
import { FIELDS, type Field } from "../../logic/layoutDraft";

interface Props {
  columns: string[];
  samples: string[];
  chosen: Record<string, Field>;
  onChange: (chosen: Record<string, Field>) => void;
}

export function WizardColumns({ columns, samples, chosen, onChange }: Props) {
  const t = useT();
  const choose = (column: string, field: Field | undefined) => {
    const next = { ...chosen };
    if (field) next[column] = field;
    else delete next[column];
    onChange(next);
  };
  return (
    <section>
      <h3>{t("wizard.step.columns")}</h3>
      <div className="fh-columns">
        {columns.map((column, at) => (
          <div key={column} className={chosen[column] ? "chosen" : ""}>
            <b className="fh-clip" title={column}>
              {column}
            </b>
            <span className="fh-clip fh-soft" title={samples[at] ?? ""}>
              {samples[at] ? `${t("wizard.sample")} ${samples[at]}` : ""}
            </span>
            <Select<Field>
              size="small"
              allowClear
              showSearch={{ optionFilterProp: "label" }}
              placeholder={t("wizard.skip")}
              {...(chosen[column] ? { value: chosen[column] } : {})}
              onChange={(field) => choose(column, field)}
              options={FIELDS.map((value) => ({ value, label: t(`field.${value}`) }))}
              data-testid={`wizard-column-${at}`}
              style={{ width: 200 }}
            />
          </div>
        ))}
      </div>
    </section>
  );
}
