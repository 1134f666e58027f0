/** One carrier's thresholds: what the numbers mean in a sentence, a dry run on real history, publishing, rolling back. */
import { ExperimentOutlined } from "@ant-design/icons";
import { Alert, Button, InputNumber, Popconfirm, Skeleton } from "antd";
import { useState } from "react";
import { useParams } from "react-router";
import { useGet } from "../../api/queries";
import type { FuseDetail } from "../../api/types";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { formatMinute } from "../../logic/time";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { PageHead } from "../../parts/PageHead";
import { Panel } from "../../parts/Panel";
import { Flag } from "../../parts/Tags";
import { DryRunPanel } from "../mapping/DryRunPanel";
import { PublishButton } from "../mapping/PublishButton";
import { PublishDialog } from "../mapping/PublishDialog";
import { FuseHistory } from "./FuseHistory";
import { type FuseDraftControl, KEYS, useFuseDraft } from "./useFuseDraft";

const MOST = { distance: 9, age_hours: 720, settle_seconds: 86_400, reuse_hours: 26_280, life_days: 3_650 };

export function FusePage() {
  const { carrier = "" } = useParams();
  const path = `/api/policies/fuse/${encodeURIComponent(carrier)}`;
  const answer = useGet<FuseDetail>("policies", path);
  if (answer.isError && !answer.data) {
    return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} page />;
  }
  if (!answer.data) return <Skeleton active paragraph={{ rows: 10 }} />;
  return <FuseEditor key={carrier} detail={answer.data} path={path} />;
}

interface PartProps {
  detail: FuseDetail;
  draft: FuseDraftControl;
}

function FuseEditor({ detail, path }: { detail: FuseDetail; path: string }) {
  const t = useT();
  const draft = useFuseDraft(detail, path);
  const [publishing, setPublishing] = useState(false);
  const note =
    draft.changes > 0 ? <Flag mood="warn">{t("policy.draft")}</Flag> : <Flag mood="ok">{t("policy.inForce")}</Flag>;
  return (
    <>
      <PageHead
        back={{ to: "/policies", label: t("menu.policies") }}
        title={detail.title ?? detail.carrier}
        note={note}
        actions={<Actions detail={detail} draft={draft} onPublish={() => setPublishing(true)} />}
      />
      <div className="fh-policy">
        <Panel title={t("policy.thresholds")}>
          <Thresholds detail={detail} draft={draft} />
        </Panel>
        <Panel title={t("dry.title")}>
          <DryRunPanel result={draft.result} stale={draft.result !== null && !draft.fresh} />
        </Panel>
        <Panel title={t("history.title")}>
          <FuseHistory detail={detail} path={path} />
        </Panel>
      </div>
      {publishing && draft.result && (
        <PublishDialog
          path={path}
          revision={draft.revision}
          changes={draft.changes}
          result={draft.result}
          onClose={() => setPublishing(false)}
          onPublished={draft.forget}
        />
      )}
    </>
  );
}

function Actions({ detail, draft, onPublish }: PartProps & { onPublish: () => void }) {
  const t = useT();
  const { can } = useSession();
  return (
    <>
      {can("policy.edit") && detail.draft && (
        <Popconfirm title={t("mapping.discardAsk")} onConfirm={draft.discard}>
          <Button data-testid="discard">{t("mapping.discard")}</Button>
        </Popconfirm>
      )}
      <Button
        icon={<ExperimentOutlined />}
        loading={draft.busy}
        disabled={!can("policy.edit") || draft.changes === 0}
        onClick={() => void draft.dryRun()}
        data-testid="dry-run"
      >
        {t("dry.run")}
      </Button>
      <PublishButton
        allowed={can("policy.publish")}
        needs={t("policy.publishRight")}
        changes={draft.changes}
        fresh={draft.fresh}
        onClick={onPublish}
      />
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
          data-testid="draft-author"
          title={t("policy.draftBy", { who: detail.draft.author ?? "", at: formatMinute(detail.draft.updated_at) })}
          description={t("policy.secondPerson")}
        />
      )}
      {detail.draft?.problems?.map((each) => (
        <Alert key={each} type="warning" showIcon title={each} className="fh-gap" />
      ))}
      <p className="fh-explanation">{t("policy.sentence", { distance: values.distance, hours: values.age_hours })}</p>
      {KEYS.filter((key) => typeof values[key] === "number").map((key) => (
        <Threshold
          key={key}
          name={key}
          value={values[key] ?? 0}
          was={inForce[key] ?? 0}
          editable={can("policy.edit")}
          onChange={(next) => draft.setValues({ ...values, [key]: next })}
        />
      ))}
    </>
  );
}

interface ThresholdProps {
  name: (typeof KEYS)[number];
  value: number;
  was: number;
  editable: boolean;
  onChange: (value: number) => void;
}

function Threshold({ name, value, was, editable, onChange }: ThresholdProps) {
  const t = useT();
  return (
    <div className="fh-threshold">
      <label htmlFor={`fuse-${name}`}>{t(`policy.${name}`)}</label>
      <InputNumber
        id={`fuse-${name}`}
        min={name === "distance" ? 1 : 0}
        max={MOST[name]}
        precision={0}
        value={value}
        disabled={!editable}
        onChange={(next) => next !== null && onChange(next)}
        suffix={t(`policy.${name}.unit`)}
        data-testid={`fuse-${name}`}
      />
      {value !== was && <span className="fh-soft">{t("policy.was", { n: was })}</span>}
      <p className="fh-hint">{t(`policy.${name}.hint`)}</p>
    </div>
  );
}
