/** Heartbeat thresholds (心跳阈值) of every carrier and tracker. */
import type { BeatValues } from "../../api/types-heartbeat";
import { useT } from "../../i18n";
import { DeclarationTable } from "../../parts/declaration/DeclarationTable";
import { PageHead } from "../../parts/PageHead";

export function BeatList() {
  const t = useT();
  return (
    <>
      <PageHead
        back={{ to: "/heartbeat", label: t("menu.heartbeat") }}
        title={t("menu.beats")}
        note={t("beat.policyIntro")}
      />
      <DeclarationTable<BeatValues>
        kind="heartbeat"
        screen="beats"
        to="/heartbeat/policies"
        title={t("beat.of")}
        numbers={[
          { name: "interval_minutes", title: "beat.interval_minutes", unit: "beat.interval_minutes.unit" },
          { name: "empties", title: "beat.emptiesRule", unit: "beat.empties.unit" },
          { name: "calls_per_minute", title: "beat.calls_per_minute", unit: "beat.calls_per_minute.unit" },
          { name: "give_up_days", title: "beat.give_up_days", unit: "beat.give_up_days.unit" },
          { name: "due_hours", title: "beat.due_hours", unit: "beat.due_hours.unit" },
        ]}
      />
    </>
  );
}
