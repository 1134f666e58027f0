/** One carrier's thresholds: what the numbers mean in a sentence, a dry run on real history, publishing, rolling back. */
import { useParams } from "react-router";
import type { FuseValues } from "../../api/types";
import { useT } from "../../i18n";
import { DeclarationScreen } from "../../parts/declaration/DeclarationScreen";
import { Thresholds, type ThresholdField } from "../../parts/declaration/Thresholds";

const DAYS = 3;
const MOST = { distance: 9, age_hours: 720, settle_seconds: 86_400, reuse_hours: 26_280, life_days: 3_650 };
const FIELDS = (Object.keys(MOST) as (keyof FuseValues)[]).map<ThresholdField<keyof FuseValues>>((name) => ({
  name,
  label: `policy.${name}`,
  unit: `policy.${name}.unit`,
  hint: `policy.${name}.hint`,
  min: name === "distance" ? 1 : 0,
  max: MOST[name],
}));

export function FusePage() {
  const t = useT();
  const { carrier = "" } = useParams();
  return (
    <DeclarationScreen<FuseValues>
      kind="fuse"
      name={carrier}
      days={DAYS}
      back={{ to: "/policies", label: t("menu.policies") }}
      brief={(body) => t("policy.brief", { distance: body.distance, hours: body.age_hours })}
      editor={(control, editable) => (
        <Thresholds
          prefix="fuse"
          sentence={t("policy.sentence", { distance: control.body.distance, hours: control.body.age_hours })}
          fields={FIELDS}
          control={control}
          editable={editable}
        />
      )}
    />
  );
}
