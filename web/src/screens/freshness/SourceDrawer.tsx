/** One source: its week's rhythm, and what is expected of it, declared or learnt. */
import { Drawer, InputNumber, Segmented, Skeleton } from "antd";
import { useGet } from "../../api/queries";
import type { Cadence, SourceFreshness } from "../../api/types";
import type { Declaration } from "../../api/types-declarations";
import { useT } from "../../i18n";
import { DeclarationActions, DeclarationNotes } from "../../parts/declaration/DeclarationParts";
import { TrialPanel } from "../../parts/declaration/TrialPanel";
import { declarationPath, useDeclaration } from "../../parts/declaration/useDeclaration";
import { VersionList } from "../../parts/declaration/VersionList";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { Facts } from "../../parts/Facts";
import { StandingTag } from "../../parts/Freshness";
import { Panel } from "../../parts/Panel";
import { AgoText, TimeText } from "../../parts/Values";
import { byWords } from "./Freshness";

const DAYS = 14;
const NEW: Cadence = { late_minutes: 60, silent_minutes: 240 };
const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

export function SourceDrawer({ source, enough, onClose }: { source: SourceFreshness; enough: number; onClose: () => void }) {
  const t = useT();
  const answer = useGet<Declaration<Told>>("declarations", declarationPath("cadence", source.id));
  return (
    <Drawer open onClose={onClose} size={720} title={source.title}>
      <div className="fh-detail" data-testid="source-drawer">
        <Panel>
          <Facts
            items={[
              {
                key: "standing",
                label: t("fresh.standing"),
                children: <StandingTag standing={source.standing} title={source.standing_title} />,
              },
              {
                key: "good",
                label: t("fresh.lastGood"),
                wide: true,
                children: (
                  <span>
                    <TimeText at={source.last_good_at} /> <AgoText at={source.last_good_at} /> {source.last_way}
                  </span>
                ),
              },
              { key: "by", label: t("fresh.by"), children: byWords(source, enough, t) },
              { key: "late", label: t("fresh.lateAt"), children: <TimeText at={source.late_at} /> },
              { key: "silent", label: t("fresh.silentAt"), children: <TimeText at={source.silent_at} /> },
            ]}
          />
        </Panel>
        <Panel title={t("fresh.week")}>
          <Week counts={source.week} />
        </Panel>
        {answer.isError && !answer.data && <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />}
        {answer.isPending && <Skeleton active />}
        {answer.data && <Expectation detail={answer.data} />}
      </div>
    </Drawer>
  );
}

function Week({ counts }: { counts: number[] }) {
  const t = useT();
  const most = Math.max(1, ...counts);
  if (counts.length === 0) return <p className="fh-soft fh-tight">—</p>;
  return (
    <div className="fh-week" data-testid="week">
      <span />
      {Array.from({ length: 24 }, (_, hour) => (
        <span key={hour}>{hour % 3 === 0 ? hour : ""}</span>
      ))}
      {WEEKDAYS.map((day, row) => [
        <span key={day}>{t(`fresh.${day}`)}</span>,
        ...counts.slice(row * 24, row * 24 + 24).map((count, hour) => (
          <i
            key={`${day}-${hour}`}
            title={`${t(`fresh.${day}`)} ${hour}:00 · ${count}`}
            style={count ? { background: "var(--primary)", opacity: 0.18 + (0.82 * count) / most } : undefined}
          />
        )),
      ])}
    </div>
  );
}

type Told = Cadence | Record<string, never>;
const isDeclared = (told: Told): told is Cadence => "late_minutes" in told;

function Expectation({ detail }: { detail: Declaration<Told> }) {
  const t = useT();
  const control = useDeclaration(detail, "/freshness");
  const editable = detail.may_edit;
  const declared = isDeclared(control.body) ? control.body : null;
  const number = (name: keyof Cadence, word: "fresh.lateMinutes" | "fresh.silentMinutes") => (
    <div className="fh-threshold">
      <label htmlFor={name}>{t(word)}</label>
      <InputNumber
        id={name}
        min={1}
        precision={0}
        value={declared?.[name] ?? null}
        disabled={!editable}
        onChange={(next) => declared && next !== null && control.setBody({ ...declared, [name]: next })}
        data-testid={`cadence-${name}`}
      />
    </div>
  );
  return (
    <>
      <Panel title={t("fresh.cadence")} extra={t("fresh.cadenceHint")}>
        <DeclarationNotes control={control} />
        <Segmented
          disabled={!editable}
          value={declared ? "declare" : "learn"}
          options={[
            { value: "learn", label: t("fresh.learn") },
            { value: "declare", label: <span data-testid="cadence-declare">{t("fresh.declare")}</span> },
          ]}
          onChange={(way) => control.setBody(way === "declare" ? NEW : {})}
        />
        {declared && number("late_minutes", "fresh.lateMinutes")}
        {declared && number("silent_minutes", "fresh.silentMinutes")}
        {control.trial && <TrialPanel trial={control.trial} stale={!control.fresh} />}
        <div className="fh-actions">
          <DeclarationActions control={control} days={DAYS} hint={t("fresh.publishHint")} />
        </div>
      </Panel>
      <Panel title={t("history.title")}>
        <VersionList control={control} />
      </Panel>
    </>
  );
}
