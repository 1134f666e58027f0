/** One carrier's heartbeat: thresholds in a sentence, what they mean for the parcels there are, publishing, rolling back. */
import { useParams } from "react-router";
import type { BeatValues } from "../../api/types-heartbeat";
import { useT } from "../../i18n";
import type { Word } from "../../i18n/words";
import { DeclarationScreen } from "../../parts/declaration/DeclarationScreen";
import { Thresholds, type ThresholdField } from "../../parts/declaration/Thresholds";

const LABELS: Record<keyof BeatValues, Word> = {
  interval_minutes: "beat.interval_minutes",
  empties: "beat.emptiesRule",
  due_hours: "beat.due_hours",
  give_up_days: "beat.give_up_days",
  push_hours: "beat.push_hours",
  jitter_percent: "beat.jitter_percent",
  calls_per_minute: "beat.calls_per_minute",
  batch: "beat.batch.rule",
};
const FIELDS = (Object.keys(LABELS) as (keyof BeatValues)[]).map<ThresholdField<keyof BeatValues>>((name) => ({
  name,
  label: LABELS[name],
  unit: `beat.${name}.unit`,
  hint: `beat.${name}.hint`,
  max: 60_000,
}));

export function BeatPage() {
  const t = useT();
  const { carrier = "" } = useParams();
  return (
    <DeclarationScreen<BeatValues>
      kind="heartbeat"
      name={carrier}
      back={{ to: "/heartbeat/policies", label: t("menu.beats") }}
      hint={t("beat.publishHint")}
      brief={(body) =>
        t("beat.brief", {
          minutes: body.interval_minutes,
          empties: body.empties,
          rate: body.calls_per_minute,
        })
      }
      editor={(control, editable) => (
        <Thresholds
          prefix="beat"
          sentence={t("beat.sentence", {
            minutes: control.body.interval_minutes,
            empties: control.body.empties,
            hours: control.body.due_hours,
          })}
          fields={FIELDS}
          control={control}
          editable={editable}
        />
      )}
    />
  );
}
