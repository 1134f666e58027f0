/** One cause's rule of compensation, edited. */
import { InputNumber, Radio } from "antd";
import { useParams } from "react-router";
import type { CauseRule } from "../../api/types-compensation";
import { useT } from "../../i18n";
import { DeclarationScreen } from "../../parts/declaration/DeclarationScreen";
import type { DeclarationControl } from "../../parts/declaration/useDeclaration";
import { NeedsAny } from "../../parts/NeedsAny";

const MODES = ["automatic", "propose", "off"] as const;
const ALONE = new Set(["pay_without_order"]);

export function RulePage() {
  const t = useT();
  const { name = "" } = useParams();
  return (
    <NeedsAny anyOf={["money.view"]}>
      <DeclarationScreen<CauseRule>
        kind="compensation_policy"
        name={name}
        back={{ to: "/money/compensation?view=rules", label: t("menu.compensation") }}
        editor={(control, editable) => <RuleEditor control={control} editable={editable} name={name} />}
      />
    </NeedsAny>
  );
}

interface Props {
  control: DeclarationControl<CauseRule>;
  editable: boolean;
  name: string;
}

function RuleEditor({ control, editable, name }: Props) {
  const t = useT();
  const { body, setBody } = control;
  const modes = MODES.filter((mode) => mode !== "automatic" || ALONE.has(name));
  return (
    <div className="fh-posting" data-testid="compensation-rule">
      <label className="fh-field">
        {t("comp.mode")}
        <Radio.Group
          value={body.mode}
          disabled={!editable}
          onChange={(event) => setBody({ ...body, mode: event.target.value as CauseRule["mode"] })}
          options={modes.map((value) => ({ value, label: t(`comp.mode.${value}`) }))}
          optionType="button"
        />
      </label>
      {!ALONE.has(name) && <p className="fh-soft">{t("comp.mode.hint")}</p>}
      <label className="fh-field">
        {t("comp.mostPerDay")}
        <InputNumber
          min={0}
          precision={0}
          value={body.most_per_day}
          disabled={!editable}
          onChange={(value) => setBody({ ...body, most_per_day: value ?? 0 })}
        />
      </label>
      <label className="fh-field">
        {t("comp.mostMinor")}
        <InputNumber
          min={0}
          precision={2}
          value={body.most_minor_per_day / 100}
          disabled={!editable}
          onChange={(value) => setBody({ ...body, most_minor_per_day: Math.round((value ?? 0) * 100) })}
        />
      </label>
    </div>
  );
}
