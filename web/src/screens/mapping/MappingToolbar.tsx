/** Above the board: how much is covered, the draft's life, dry run and publishing. */
import { ExperimentOutlined, RedoOutlined, UndoOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Button, Popconfirm, Progress, Select, Tooltip } from "antd";
import { useEffect, useState } from "react";
import { Link } from "react-router";
import { api } from "../../api/client";
import { invalidate } from "../../api/queries";
import type { DryRun, MappingDetail } from "../../api/types";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { type Coverage, percent, type RuleChange } from "../../logic/rules";
import { useAct } from "../../parts/useAct";
import { DraftState } from "./DraftState";
import type { Tried } from "./MappingPage";
import { PublishButton } from "../../parts/declaration/PublishButton";
import { PublishDialog } from "./PublishDialog";
import type { DraftControl } from "./useMappingDraft";

const DAYS = [1, 3, 7, 30];
const DEFAULT_DAYS = 3;

interface Props {
  detail: MappingDetail;
  draft: DraftControl;
  editable: boolean;
  changes: RuleChange[];
  now: Coverage;
  published: Coverage;
  tried: Tried | null;
  onTried: (tried: Tried | null) => void;
}

export function MappingToolbar(props: Props) {
  const t = useT();
  const { detail, draft, editable, changes, now, published } = props;
  useUndoKeys(draft);
  return (
    <div className="fh-mapbar">
      <div className="fh-mapbar-title">
        <nav className="fh-crumb">
          <Link to="/mapping">{t("menu.mapping")}</Link>
          <span>/</span>
        </nav>
        <h1>{detail.title}</h1>
        <DraftState detail={detail} draft={draft} changes={changes.length} />
      </div>
      <CoverageMeter now={now} published={published} />
      <div className="fh-mapbar-acts">
        <UndoButtons draft={draft} />
        {editable && detail.draft && <Discard {...props} />}
        <DryRunButton {...props} />
        <Publishing {...props} />
      </div>
    </div>
  );
}

function pathOf(detail: MappingDetail): string {
  return `/api/status-mappings/${encodeURIComponent(detail.codes)}`;
}

function UndoButtons({ draft }: { draft: DraftControl }) {
  const t = useT();
  return (
    <>
      <Tooltip title={`${t("mapping.undo")} Ctrl+Z`}>
        <Button
          icon={<UndoOutlined />}
          disabled={!draft.canUndo}
          onClick={draft.undo}
          aria-label={t("mapping.undo")}
          data-testid="undo"
        />
      </Tooltip>
      <Tooltip title={`${t("mapping.redo")} Ctrl+Y`}>
        <Button
          icon={<RedoOutlined />}
          disabled={!draft.canRedo}
          onClick={draft.redo}
          aria-label={t("mapping.redo")}
          data-testid="redo"
        />
      </Tooltip>
    </>
  );
}

function Discard({ detail, draft, onTried }: Props) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const removeDraft = async () => {
    await api.delete(`${pathOf(detail)}/draft`);
    invalidate(client, ["mappings"]);
    await draft.takeTheirs();
    onTried(null);
  };
  return (
    <Popconfirm
      title={t("mapping.discardAsk")}
      description={t("mapping.discardHint")}
      onConfirm={() => act(removeDraft, { done: t("mapping.discarded") })}
    >
      <Button data-testid="discard">{t("mapping.discard")}</Button>
    </Popconfirm>
  );
}

function DryRunButton({ detail, draft, editable, onTried }: Props) {
  const t = useT();
  const act = useAct();
  const [days, setDays] = useState(DEFAULT_DAYS);
  const [running, setRunning] = useState(false);
  const dryRun = async () => {
    setRunning(true);
    const text = draft.text;
    await act(async () => {
      if (!(await draft.flush())) return;
      onTried({ result: await api.post<DryRun>(`${pathOf(detail)}/dry-run`, { days }), text });
    });
    setRunning(false);
  };
  return (
    <>
      <Select
        value={days}
        onChange={setDays}
        options={DAYS.map((each) => ({ value: each, label: t("dry.days", { n: each }) }))}
        data-testid="dry-run-days"
      />
      <Button
        icon={<ExperimentOutlined />}
        loading={running}
        disabled={!editable}
        onClick={() => void dryRun()}
        data-testid="dry-run"
      >
        {t("dry.run")}
      </Button>
    </>
  );
}

function Publishing({ detail, draft, changes, tried, onTried }: Props) {
  const t = useT();
  const { can } = useSession();
  const [open, setOpen] = useState(false);
  const done = async () => {
    onTried(null);
    await draft.takeTheirs();
  };
  return (
    <>
      <PublishButton
        allowed={can("mapping.publish")}
        needs={t("mapping.publishRight")}
        changes={changes.length}
        fresh={tried !== null && tried.text === draft.text}
        onClick={() => setOpen(true)}
      />
      {open && tried && (
        <PublishDialog
          path={pathOf(detail)}
          revision={draft.revision}
          changes={changes.length}
          result={tried.result}
          onClose={() => setOpen(false)}
          onPublished={done}
        />
      )}
    </>
  );
}

function useUndoKeys(draft: DraftControl) {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && event.target.closest("input, textarea");
      if (typing || !(event.ctrlKey || event.metaKey)) return;
      const key = event.key.toLowerCase();
      const back = key === "z" && !event.shiftKey;
      if (!back && key !== "y" && key !== "z") return;
      event.preventDefault();
      (back ? draft.undo : draft.redo)();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  });
}

function CoverageMeter({ now, published }: { now: Coverage; published: Coverage }) {
  const t = useT();
  if (now.ratio === null) return <div className="fh-coverage fh-soft">{t("mapping.noEvents")}</div>;
  const gained = published.ratio !== null && published.ratio !== now.ratio;
  return (
    <div className="fh-coverage" data-testid="coverage">
      <span>{t("mapping.coverage")}</span>
      <b>{percent(now.ratio)}</b>
      {gained && published.ratio !== null && <small>{t("mapping.coverageWas", { p: percent(published.ratio) })}</small>}
      <Progress
        percent={now.ratio * 100}
        success={{ percent: (published.ratio ?? 0) * 100 }}
        showInfo={false}
        size="small"
        status="normal"
      />
    </div>
  );
}
