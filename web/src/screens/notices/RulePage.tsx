/** One rule of notification: draft, trial on the last days, publish, history. */
import { useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Input, Select, Skeleton } from "antd";
import { useEffect, useState } from "react";
import { useNavigate, useParams, useSearchParams } from "react-router";
import { api } from "../../api/client";
import { useGet } from "../../api/queries";
import type { RuleChoices, RuleDetail, RulePreview, RuleValues, RuleVersion } from "../../api/types-notices";
import { useT } from "../../i18n";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { NeedsAny } from "../../parts/NeedsAny";
import { PageHead } from "../../parts/PageHead";
import { Panel } from "../../parts/Panel";
import { Flag } from "../../parts/Tags";
import { useAct } from "../../parts/useAct";
import { TimeText } from "../../parts/Values";
import { PreviewPanel } from "./PreviewPanel";
import { RuleForm } from "./RuleForm";
import { NEW_RULE, sameRule } from "./rules";

const DAYS = [1, 7, 30, 90];

export function RulePage() {
  const { name = "" } = useParams();
  const [params] = useSearchParams();
  return (
    <NeedsAny anyOf={["notices.manage"]}>
      {params.get("new") ? <NewRule key={name} name={name} /> : <KnownRule key={name} name={name} />}
    </NeedsAny>
  );
}

function NewRule({ name }: { name: string }) {
  const { data } = useGet<RuleChoices>("notices", "/api/notice-choices");
  if (!data) return <Skeleton active paragraph={{ rows: 12 }} />;
  const values = { ...NEW_RULE, title: name };
  return (
    <RuleScreen
      detail={{ name, version: null, shipped: false, values, draft: null, history: [], choices: data }}
      fresh
    />
  );
}

function KnownRule({ name }: { name: string }) {
  const answer = useGet<RuleDetail>("notices", `/api/notice-rules/${name}`);
  if (answer.isError && !answer.data) {
    return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} page />;
  }
  if (!answer.data) return <Skeleton active paragraph={{ rows: 12 }} />;
  return <RuleScreen detail={answer.data} />;
}

/** The rule being edited, its draft's revision, and what one may do with it. */
function useRuleDraft(detail: RuleDetail, fresh: boolean) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const navigate = useNavigate();
  const path = `/api/notice-rules/${detail.name}`;
  const start = detail.draft?.values ?? detail.values;
  const startKey = JSON.stringify([start, detail.draft?.revision ?? null]);
  const [values, setValues] = useState<RuleValues>(start);
  const [preview, setPreview] = useState<{ result: RulePreview; days: number } | null>(null);
  useEffect(() => setValues((JSON.parse(startKey) as [RuleValues])[0]), [startKey]);
  const refresh = () => client.invalidateQueries({ queryKey: ["notices"] });
  const revision = detail.draft?.revision ?? null;
  return {
    values,
    setValues,
    preview,
    changed: fresh || !sameRule(values, start),
    drafted: detail.draft !== null,
    save: () =>
      act(
        async () => {
          await api.put(`${path}/draft`, { values, revision });
          await refresh();
          if (fresh) navigate(`/notices/rules/${detail.name}`, { replace: true });
        },
        { done: t("noticeRule.saved") },
      ),
    discard: () =>
      act(async () => {
        await api.delete(`${path}/draft`);
        if (detail.version === null) navigate("/notices?view=rules");
        await refresh();
      }),
    tryIt: (days: number) =>
      act(async () => {
        setPreview({ result: await api.post<RulePreview>(`${path}/preview`, { days, values }), days });
      }),
    publish: (note: string) =>
      act(async () => {
        await api.post(`${path}/publish`, { note, revision });
        await refresh();
      }),
    rollBack: (version: number, note: string) =>
      act(async () => {
        await api.post(`${path}/rollback`, { version, note });
        await refresh();
      }),
  };
}

type Draft = ReturnType<typeof useRuleDraft>;

function RuleScreen({ detail, fresh = false }: { detail: RuleDetail; fresh?: boolean }) {
  const t = useT();
  const draft = useRuleDraft(detail, fresh);
  const problems = detail.draft && !draft.changed ? detail.draft.problems : [];
  return (
    <div data-testid="rule-page">
      <PageHead
        back={{ to: "/notices?view=rules", label: t("notice.rules") }}
        title={detail.values.title || detail.name}
        note={<Standing detail={detail} />}
        actions={<Acts draft={draft} problems={problems.length} />}
      />
      {problems.length > 0 && (
        <Alert
          type="error"
          showIcon
          className="fh-gap"
          title={problems.map((one) => one.replace(/^\w+ /, "")).join(";")}
          data-testid="rule-problems"
        />
      )}
      <div className="fh-rule">
        <RuleForm values={draft.values} choices={detail.choices} onChange={draft.setValues} />
        <aside>
          <PreviewPanel preview={draft.preview} choices={detail.choices} />
          <History detail={detail} draft={draft} />
        </aside>
      </div>
    </div>
  );
}

function Standing({ detail }: { detail: RuleDetail }) {
  const t = useT();
  return (
    <>
      <code>{detail.name}</code>{" "}
      {detail.version === null ? t("noticeRule.unpublished") : detail.version === 0 ? t("noticeRule.shipped") : `v${detail.version}`}{" "}
      {detail.draft && <Flag mood="info">{t("noticeRule.draft")}</Flag>}
    </>
  );
}

function Acts({ draft, problems }: { draft: Draft; problems: number }) {
  const t = useT();
  const { modal } = App.useApp();
  const [days, setDays] = useState(7);
  const publish = () => {
    let note = "";
    modal.confirm({
      title: t("noticeRule.publish"),
      content: (
        <Input.TextArea
          autoFocus
          placeholder={t("noticeRule.publishNote")}
          onChange={(event) => {
            note = event.target.value;
          }}
          data-testid="publish-note"
        />
      ),
      okText: t("noticeRule.publish"),
      okButtonProps: { "data-testid": "publish-confirm" },
      onOk: () => draft.publish(note).then((done) => (done ? undefined : Promise.reject(new Error("not published")))),
    });
  };
  return (
    <>
      <Select
        value={days}
        onChange={setDays}
        options={DAYS.map((value) => ({ value, label: t("noticeRule.days", { n: value }) }))}
      />
      <Button onClick={() => void draft.tryIt(days)} data-testid="rule-preview">
        {t("noticeRule.preview")}
      </Button>
      {draft.drafted && (
        <Button onClick={() => void draft.discard()} data-testid="rule-discard">
          {t("noticeRule.discard")}
        </Button>
      )}
      <Button disabled={!draft.changed} onClick={() => void draft.save()} data-testid="rule-save">
        {t("noticeRule.save")}
      </Button>
      <Button
        type="primary"
        disabled={draft.changed || !draft.drafted || problems > 0}
        title={draft.changed ? t("noticeRule.unsaved") : undefined}
        onClick={publish}
        data-testid="rule-publish"
      >
        {t("noticeRule.publish")}
      </Button>
    </>
  );
}

function History({ detail, draft }: { detail: RuleDetail; draft: Draft }) {
  const t = useT();
  const back = (version: number) => void draft.rollBack(version, t("noticeRule.rollback"));
  if (detail.history.length === 0) return null;
  return (
    <Panel title={t("noticeRule.history")} testId="rule-history">
      {detail.history.map((one: RuleVersion) => (
        <div key={one.version} className="fh-version">
          <b>v{one.version}</b> <TimeText at={one.at} /> {one.author}
          <p>{one.note}</p>
          {one.version !== detail.version && (
            <Button size="small" type="link" onClick={() => back(one.version)} data-testid={`rollback-${one.version}`}>
              {t("noticeRule.rollback")}
            </Button>
          )}
        </div>
      ))}
      {detail.shipped && (
        <Button size="small" type="link" onClick={() => back(0)} data-testid="rollback-0">
          {t("noticeRule.rollback")}({t("noticeRule.shipped")})
        </Button>
      )}
    </Panel>
  );
}
