/** One source: its week's rhythm, and what is expected of it, declared or learnt. */
import { ExperimentOutlined } from "@ant-design/icons";
import { Alert, Button, Drawer, InputNumber, Popconfirm, Segmented, Skeleton } from "antd";
import { useState } from "react";
import { useGet } from "../../api/queries";
import type { Cadence, CadenceTrial, Declared, SourceFreshness } from "../../api/types";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { durationWords, formatMinute } from "../../logic/time";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { Facts } from "../../parts/Facts";
import { StandingTag } from "../../parts/Freshness";
import { Panel } from "../../parts/Panel";
import { AgoText, TimeText, useUnits } from "../../parts/Values";
import { NoteDialog } from "../../parts/declaration/NoteDialog";
import { PublishButton } from "../../parts/declaration/PublishButton";
import { DeclaredHistory } from "../promises/DeclaredHistory";
import { useDeclared } from "../promises/useDeclared";
import { byWords } from "./Freshness";

const DAYS = 14;
const NEW: Cadence = { late_minutes: 60, silent_minutes: 240 };
const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

export function SourceDrawer({ source, enough, onClose }: { source: SourceFreshness; enough: number; onClose: () => void }) {
  const t = useT();
  const path = `/api/freshness/${encodeURIComponent(source.id)}/cadence`;
  const answer = useGet<Declared<Cadence | Record<string, never>>>("freshness", path);
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
        {answer.data && <Expectation detail={answer.data} path={path} />}
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

type Told = Cadence | Record<string, never> | null;
const isDeclared = (told: Told): told is Cadence => told !== null && "late_minutes" in told;

function Expectation({ detail, path }: { detail: Declared<Cadence | Record<string, never>>; path: string }) {
  const t = useT();
  const { can } = useSession();
  const draft = useDeclared<Told, CadenceTrial>(detail as Declared<Told>, {
    path,
    days: DAYS,
    published: (n) => t("fresh.published", { n }),
  });
  const [publishing, setPublishing] = useState(false);
  const editable = can("policy.edit");
  const declared = isDeclared(draft.values) ? draft.values : null;
  const number = (name: keyof Cadence, word: "fresh.lateMinutes" | "fresh.silentMinutes") => (
    <div className="fh-threshold">
      <label htmlFor={name}>{t(word)}</label>
      <InputNumber
        id={name}
        min={1}
        precision={0}
        value={declared?.[name] ?? null}
        disabled={!editable}
        onChange={(next) => declared && next !== null && draft.setValues({ ...declared, [name]: next })}
        data-testid={`cadence-${name}`}
      />
    </div>
  );
  return (
    <>
      <Panel title={t("fresh.cadence")} extra={t("fresh.cadenceHint")}>
        {detail.draft && (
          <Alert
            type="info"
            showIcon
            className="fh-gap"
            title={t("policy.draftBy", { who: detail.draft.author, at: formatMinute(detail.draft.updated_at) })}
            description={t("policy.secondPerson")}
          />
        )}
        <Segmented
          disabled={!editable}
          value={declared ? "declare" : "learn"}
          options={[
            { value: "learn", label: t("fresh.learn") },
            { value: "declare", label: <span data-testid="cadence-declare">{t("fresh.declare")}</span> },
          ]}
          onChange={(way) => draft.setValues(way === "declare" ? NEW : {})}
        />
        {declared && number("late_minutes", "fresh.lateMinutes")}
        {declared && number("silent_minutes", "fresh.silentMinutes")}
        {draft.result && <Tried result={draft.result} stale={!draft.fresh} />}
        <div className="fh-actions">
          {editable && detail.draft && (
            <Popconfirm title={t("mapping.discardAsk")} onConfirm={draft.discard}>
              <Button>{t("mapping.discard")}</Button>
            </Popconfirm>
          )}
          <Button
            icon={<ExperimentOutlined />}
            loading={draft.busy}
            disabled={!editable || !draft.changes}
            onClick={() => void draft.dryRun()}
            data-testid="cadence-try"
          >
            {t("promise.try")}
          </Button>
          <PublishButton
            allowed={can("policy.publish")}
            needs={t("policy.publishRight")}
            changes={draft.changes}
            fresh={draft.fresh}
            onClick={() => setPublishing(true)}
          />
        </div>
      </Panel>
      <Panel title={t("history.title")}>
        <DeclaredHistory detail={detail} hint={t("fresh.learn")} onRollBack={draft.rollBack} />
      </Panel>
      {publishing && (
        <NoteDialog
          title={t("publish.title")}
          hint={t("fresh.publishHint")}
          okText={t("mapping.publish")}
          onOk={async (words) => {
            const worked = await draft.publish(words);
            if (worked) setPublishing(false);
            return worked;
          }}
          onClose={() => setPublishing(false)}
        />
      )}
    </>
  );
}

function Tried({ result, stale }: { result: CadenceTrial; stale: boolean }) {
  const t = useT();
  const units = useUnits();
  return (
    <div className={stale ? "fh-stale" : ""} data-testid="cadence-result">
      <p>{t("fresh.tried", { days: result.days, late: result.late, silent: result.silent })}</p>
      <ul className="fh-trial-samples">
        {result.pauses.slice(0, 20).map((pause) => (
          <li key={pause.began_at}>
            <StandingTag standing={pause.standing} />
            <TimeText at={pause.began_at} />
            <span className="fh-soft">{durationWords(pause.minutes * 60, units)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
