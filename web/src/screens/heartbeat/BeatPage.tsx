/** One carrier's heartbeat: thresholds in a sentence, what they mean for the parcels there are, publishing, rolling back. */
import { RollbackOutlined, SaveOutlined } from "@ant-design/icons";
import { Alert, Button, InputNumber, Popconfirm, Skeleton } from "antd";
import { useState } from "react";
import { useParams } from "react-router";
import { useGet } from "../../api/queries";
import type { BeatDetail, BeatValues, Forecast } from "../../api/types-heartbeat";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import type { Word } from "../../i18n/words";
import { formatMinute } from "../../logic/time";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { PageHead } from "../../parts/PageHead";
import { Panel } from "../../parts/Panel";
import { Flag } from "../../parts/Tags";
import { TimeText } from "../../parts/Values";
import { NoteDialog } from "../mapping/NoteDialog";
import { BEAT_KEYS, type BeatDraftControl, useBeatDraft } from "./useBeatDraft";

export function BeatPage() {
  const { carrier = "" } = useParams();
  const path = `/api/policies/heartbeat/${encodeURIComponent(carrier)}`;
  const answer = useGet<BeatDetail>("policies", path);
  if (answer.isError && !answer.data) {
    return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} page />;
  }
  if (!answer.data) return <Skeleton active paragraph={{ rows: 10 }} />;
  return <BeatEditor key={carrier} detail={answer.data} path={path} />;
}

interface PartProps {
  detail: BeatDetail;
  draft: BeatDraftControl;
}

function BeatEditor({ detail, path }: { detail: BeatDetail; path: string }) {
  const t = useT();
  const draft = useBeatDraft(detail, path);
  const [asking, setAsking] = useState<"publish" | number | null>(null);
  const note =
    draft.changes > 0 ? <Flag mood="warn">{t("policy.draft")}</Flag> : <Flag mood="ok">{t("policy.inForce")}</Flag>;
  return (
    <>
      <PageHead
        back={{ to: "/heartbeat/policies", label: t("menu.beats") }}
        title={detail.title}
        note={note}
        actions={<Actions detail={detail} draft={draft} onPublish={() => setAsking("publish")} />}
      />
      <div className="fh-policy fh-beat-policy">
        <Panel title={t("policy.thresholds")}>
          <Thresholds detail={detail} draft={draft} />
        </Panel>
        <Panel title={t("beat.forecast")}>
          <ForecastLine label={t("beat.forecastNow")} forecast={detail.published.forecast} />
          {draft.saved && detail.draft?.forecast && draft.changes > 0 && (
            <ForecastLine label={t("beat.forecastDraft")} forecast={detail.draft.forecast} testId="forecast-draft" />
          )}
        </Panel>
        <Panel title={t("history.title")}>
          <History detail={detail} onRollBack={setAsking} />
        </Panel>
      </div>
      {asking !== null && (
        <NoteDialog
          title={asking === "publish" ? t("beat.publish") : t("history.rollBackTo", { n: asking })}
          hint={t("beat.publishHint")}
          okText={asking === "publish" ? t("beat.publish") : t("history.rollBack")}
          onOk={async (text) => {
            const done = asking === "publish" ? await draft.publish(text) : await draft.rollBack(asking, text);
            if (done) setAsking(null);
            return done;
          }}
          onClose={() => setAsking(null)}
        />
      )}
    </>
  );
}

function Actions({ detail, draft, onPublish }: PartProps & { onPublish: () => void }) {
  const t = useT();
  const { can } = useSession();
  const ready = draft.saved && draft.changes > 0 && detail.draft?.problems.length === 0;
  return (
    <>
      {can("policy.edit") && detail.draft && (
        <Popconfirm title={t("mapping.discardAsk")} onConfirm={draft.discard}>
          <Button data-testid="discard">{t("mapping.discard")}</Button>
        </Popconfirm>
      )}
      <Button
        icon={<SaveOutlined />}
        loading={draft.busy}
        disabled={!can("policy.edit") || draft.saved || draft.changes === 0}
        onClick={() => void draft.save()}
        data-testid="beat-save"
      >
        {t("beat.saveDraft")}
      </Button>
      <Button
        type="primary"
        disabled={!can("policy.publish") || !ready}
        title={can("policy.publish") ? undefined : t("policy.publishRight")}
        onClick={onPublish}
        data-testid="beat-publish"
      >
        {t("beat.publish")}
      </Button>
    </>
  );
}

function Thresholds({ detail, draft }: PartProps) {
  const t = useT();
  const { can } = useSession();
  const { values, inForce } = draft;
  return (
    <>
      {detail.draft && (
        <Alert
          type="info"
          showIcon
          className="fh-gap"
          title={t("policy.draftBy", { who: detail.draft.author, at: formatMinute(detail.draft.updated_at) })}
        />
      )}
      {detail.draft?.problems.map((each) => (
        <Alert key={each} type="warning" showIcon title={each} className="fh-gap" />
      ))}
      <p className="fh-explanation">
        {t("beat.sentence", {
          minutes: values.interval_minutes,
          empties: values.empties,
          hours: values.due_hours,
        })}
      </p>
      {BEAT_KEYS.map((key) => (
        <Threshold
          key={key}
          name={key}
          value={values[key]}
          was={inForce[key]}
          editable={can("policy.edit")}
          onChange={(next) => draft.setValues({ ...values, [key]: next })}
        />
      ))}
    </>
  );
}

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

interface ThresholdProps {
  name: keyof BeatValues;
  value: number;
  was: number;
  editable: boolean;
  onChange: (value: number) => void;
}

function Threshold({ name, value, was, editable, onChange }: ThresholdProps) {
  const t = useT();
  return (
    <div className="fh-threshold">
      <label htmlFor={`beat-${name}`}>{t(LABELS[name])}</label>
      <InputNumber
        id={`beat-${name}`}
        min={0}
        max={60_000}
        precision={0}
        value={value}
        disabled={!editable}
        onChange={(next) => next !== null && onChange(next)}
        suffix={t(`beat.${name}.unit`)}
        data-testid={`beat-${name}`}
      />
      {value !== was && <span className="fh-soft">{t("policy.was", { n: was })}</span>}
      <p className="fh-hint">{t(`beat.${name}.hint`)}</p>
    </div>
  );
}

function ForecastLine({ label, forecast, testId }: { label: string; forecast: Forecast; testId?: string }) {
  return (
    <Alert
      type={forecast.enough ? "info" : "warning"}
      showIcon
      className="fh-forecast"
      data-testid={testId ?? "forecast-now"}
      title={label}
      description={forecast.words}
    />
  );
}

function History({ detail, onRollBack }: { detail: BeatDetail; onRollBack: (version: number) => void }) {
  const t = useT();
  const { can } = useSession();
  if (detail.history.length === 0) return <EmptyState title={t("history.none")} hint={t("policy.historyNone")} />;
  return (
    <ol className="fh-history" data-testid="history">
      {detail.history.map((each) => (
        <li key={each.version} data-testid={`version-${each.version}`}>
          <div>
            <b>v{each.version}</b>
            {each.version === detail.published.version && <Flag mood="ok">{t("history.inForce")}</Flag>}
            {each.rolled_back_to !== null && (
              <Flag mood="info">{t("history.rolledBack", { n: each.rolled_back_to })}</Flag>
            )}
            <span className="fh-grow" />
            {each.version !== detail.published.version && can("policy.publish") && (
              <Button
                size="small"
                icon={<RollbackOutlined />}
                onClick={() => onRollBack(each.version)}
                data-testid={`rollback-${each.version}`}
              >
                {t("history.rollBack")}
              </Button>
            )}
          </div>
          <p>{each.note}</p>
          <small className="fh-soft">
            {each.author} · <TimeText at={each.at} /> ·{" "}
            {t("beat.brief", {
              minutes: each.values.interval_minutes,
              empties: each.values.empties,
              rate: each.values.calls_per_minute,
            })}
          </small>
        </li>
      ))}
    </ol>
  );
}
