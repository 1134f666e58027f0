/** One channel's promises: the rows, their trial on real history, publishing by a second person, going back. */
import { ExperimentOutlined, PlusOutlined } from "@ant-design/icons";
import { Alert, Button, Popconfirm, Skeleton } from "antd";
import { useState } from "react";
import { useParams } from "react-router";
import { useFacets, useGet } from "../../api/queries";
import type { PromiseDetail, PromiseRule, PromiseTrial, PromiseValues } from "../../api/types";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { formatMinute } from "../../logic/time";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { PageHead } from "../../parts/PageHead";
import { Panel } from "../../parts/Panel";
import { Flag } from "../../parts/Tags";
import { NoteDialog } from "../../parts/declaration/NoteDialog";
import { PublishButton } from "../../parts/declaration/PublishButton";
import { DeclaredHistory } from "./DeclaredHistory";
import { PromiseRuleRow } from "./PromiseRuleRow";
import { TrialPanel } from "./TrialPanel";
import { useDeclared } from "./useDeclared";

const DAYS = 30;
const NEW_RULE: PromiseRule = {
  stage: "ship",
  hours: 48,
  order_type: "",
  regions: [],
  carrier: "",
  warn_hours: 4,
  penalty: { fixed_minor: 0, share_bp: 0, least_minor: 0, most_minor: null },
  since: "",
  until: "",
  note: "",
};

export function PromisePage() {
  const { name = "" } = useParams();
  const path = `/api/promises/${encodeURIComponent(name)}`;
  const answer = useGet<PromiseDetail>("promises", path);
  if (answer.isError && !answer.data) {
    return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} page />;
  }
  if (!answer.data) return <Skeleton active paragraph={{ rows: 10 }} />;
  return <PromiseEditor key={name} detail={answer.data} path={path} />;
}

function PromiseEditor({ detail, path }: { detail: PromiseDetail; path: string }) {
  const t = useT();
  const { can } = useSession();
  const { table } = detail;
  const draft = useDeclared<PromiseValues, PromiseTrial>(table, {
    path,
    days: DAYS,
    published: (n, m) => t("promise.published", { n, m }),
  });
  const [publishing, setPublishing] = useState(false);
  const editable = can("policy.edit");
  const note = draft.changes ? <Flag mood="warn">{t("policy.draft")}</Flag> : <InForce version={table.version} />;
  return (
    <>
      <PageHead
        back={{ to: "/promises", label: t("menu.promises") }}
        title={table.title}
        note={note}
        actions={
          <>
            {editable && table.draft && (
              <Popconfirm title={t("mapping.discardAsk")} onConfirm={draft.discard}>
                <Button data-testid="discard">{t("mapping.discard")}</Button>
              </Popconfirm>
            )}
            <Button
              icon={<ExperimentOutlined />}
              loading={draft.busy}
              disabled={!editable || !draft.changes}
              onClick={() => void draft.dryRun()}
              data-testid="dry-run"
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
          </>
        }
      />
      <div className="fh-promise-page">
        <Panel title={t("promise.table")} className="fh-promise-table" extra={t("promise.wins")}>
          <Told detail={detail} />
          <Rules detail={detail} values={draft.values} editable={editable} onChange={draft.setValues} />
        </Panel>
        <Panel title={t("dry.title")}>
          <TrialPanel result={draft.result} stale={draft.result !== null && !draft.fresh} />
        </Panel>
        <Panel title={t("history.title")}>
          <DeclaredHistory detail={table} hint={t("promise.shipped")} onRollBack={draft.rollBack} />
        </Panel>
      </div>
      {publishing && (
        <NoteDialog
          title={t("publish.title")}
          hint={t("promise.publishHint")}
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

function InForce({ version }: { version: number }) {
  const t = useT();
  return version ? <Flag mood="ok">v{version}</Flag> : <Flag mood="mute">{t("promise.shipped")}</Flag>;
}

function Told({ detail }: { detail: PromiseDetail }) {
  const t = useT();
  const { draft, version } = detail.table;
  return (
    <>
      {version === 0 && detail.shipped.rules.length > 0 && (
        <Alert type="info" showIcon className="fh-gap" title={t("promise.defaultMark")} data-testid="default-mark" />
      )}
      {draft && (
        <Alert
          type="info"
          showIcon
          className="fh-gap"
          data-testid="draft-author"
          title={t("policy.draftBy", { who: draft.author, at: formatMinute(draft.updated_at) })}
          description={t("policy.secondPerson")}
        />
      )}
      {draft?.problems.map((each) => (
        <Alert key={each} type="warning" showIcon title={each} className="fh-gap" />
      ))}
    </>
  );
}

interface RulesProps {
  detail: PromiseDetail;
  values: PromiseValues;
  editable: boolean;
  onChange: (values: PromiseValues) => void;
}

function Rules({ detail, values, editable, onChange }: RulesProps) {
  const t = useT();
  const facets = useFacets();
  const put = (at: number, rule: PromiseRule) =>
    onChange({ rules: values.rules.map((each, n) => (n === at ? rule : each)) });
  return (
    <div className="fh-promise-rows" data-testid="promise-rows">
      {values.rules.length === 0 && <EmptyState title={t("promise.noRows")} />}
      {values.rules.map((rule, at) => (
        <PromiseRuleRow
          key={at}
          at={at}
          rule={rule}
          stages={detail.stages}
          carriers={facets.carriers}
          editable={editable}
          onChange={(next) => put(at, next)}
          onRemove={() => onChange({ rules: values.rules.filter((_, n) => n !== at) })}
        />
      ))}
      {editable && (
        <Button
          icon={<PlusOutlined />}
          onClick={() => onChange({ rules: [...values.rules, NEW_RULE] })}
          data-testid="add-rule"
        >
          {t("promise.add")}
        </Button>
      )}
    </div>
  );
}
