/** The status mapper of one code list (物流状态映射): drag, dry-run on real history, compare, publish, roll back. */
import { Alert, Button, Skeleton, Tabs } from "antd";
import { type ReactNode, useMemo, useState } from "react";
import { useParams, useSearchParams } from "react-router";
import { useGet } from "../../api/queries";
import type { DryRun, MappingDetail, Rule } from "../../api/types";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import {
  assign,
  compareRules,
  coverage,
  keyOf,
  overlay,
  type RuleChange,
  type RuleName,
  reader,
  shippedRules,
} from "../../logic/rules";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { problemWords } from "../../parts/problemWords";
import { AddRule } from "./AddRule";
import { CodeList, POOL } from "./CodeList";
import { DiffPanel } from "./DiffPanel";
import { DryRunPanel } from "./DryRunPanel";
import { HistoryPanel } from "./HistoryPanel";
import { MappingBoard } from "./MappingBoard";
import { MappingToolbar } from "./MappingToolbar";
import { StateBoard } from "./StateBoard";
import { type DraftControl, useMappingDraft } from "./useMappingDraft";

export function MappingPage() {
  const { codes = "" } = useParams();
  const answer = useGet<MappingDetail>("mappings", `/api/status-mappings/${encodeURIComponent(codes)}`);
  if (answer.isError && !answer.data) {
    return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} page />;
  }
  if (!answer.data) return <Skeleton active paragraph={{ rows: 12 }} />;
  return <Mapper key={codes} detail={answer.data} />;
}

export interface Tried {
  result: DryRun;
  /** The rules it was run on. */
  text: string;
}

function Mapper({ detail }: { detail: MappingDetail }) {
  const t = useT();
  const { can } = useSession();
  const [params] = useSearchParams();
  const draft = useMappingDraft(detail);
  const [tried, setTried] = useState<Tried | null>(null);
  const [side, setSide] = useState("dry-run");
  const editable = can("mapping.edit");
  const inForce = useMemo(() => detail.published?.rules ?? [], [detail.published]);
  const rules = useMemo(() => overlay(shippedRules(detail), draft.own), [detail, draft.own]);
  const changes = useMemo(() => compareRules(inForce, rules), [inForce, rules]);
  const read = useMemo(() => reader(inForce, rules), [inForce, rules]);
  const put = (name: RuleName, state: string | null) => draft.change(assign(draft.own, name, state));
  const drop = (name: RuleName, slot: string) => {
    const current = rules.find((rule) => keyOf(rule) === keyOf(name));
    if (slot === POOL) return current && !current.shipped ? put(name, null) : undefined;
    if (current?.state !== slot) put(name, slot);
  };
  const note = (rule: Rule, text: string) =>
    draft.change(draft.own.map((each) => (keyOf(each) === keyOf(rule) ? { ...each, note: text } : each)));
  return (
    <div data-testid="mapper">
      <MappingToolbar
        detail={detail}
        draft={draft}
        editable={editable}
        changes={changes}
        now={coverage(detail.seen, read)}
        published={coverage(detail.seen, reader(inForce, inForce))}
        tried={tried}
        onTried={(next) => {
          setTried(next);
          setSide("dry-run");
        }}
      />
      <DraftTrouble draft={draft} />
      <DraftProblems problems={detail.draft?.problems ?? []} />
      {!editable && <Alert type="info" showIcon title={t("mapping.readOnly")} className="fh-gap" />}
      <div className="fh-mapper">
        <MappingBoard onDrop={drop}>
          <CodeList detail={detail} read={read} editable={editable} highlight={params.get("code")} onAssign={put} />
          <div className="fh-board-wrap">
            <StateBoard detail={detail} rules={rules} editable={editable} onAssign={put} onNote={note} />
            {editable && <AddRule states={detail.states} onAdd={put} />}
          </div>
        </MappingBoard>
        <MapperSide detail={detail} side={side} onSide={setSide} changes={changes}>
          <DryRunPanel result={tried?.result ?? null} stale={tried !== null && tried.text !== draft.text} />
        </MapperSide>
      </div>
    </div>
  );
}

interface SideProps {
  detail: MappingDetail;
  side: string;
  onSide: (side: string) => void;
  changes: RuleChange[];
  children: ReactNode;
}

/** Right of the board: dry run, differences, history. */
function MapperSide({ detail, side, onSide, changes, children }: SideProps) {
  const t = useT();
  const tabs = [
    { key: "dry-run", word: t("dry.title"), children },
    {
      key: "diff",
      word: t("diff.title", { n: changes.length }),
      children: <DiffPanel changes={changes} states={detail.states} />,
    },
    { key: "history", word: t("history.title"), children: <HistoryPanel detail={detail} /> },
  ];
  return (
    <aside className="fh-mapper-side">
      <Tabs
        activeKey={side}
        onChange={onSide}
        items={tabs.map(({ key, word, children: body }) => ({
          key,
          label: <span data-testid={`side-${key}`}>{word}</span>,
          children: body,
        }))}
      />
    </aside>
  );
}

/** Rules that cannot be tried or published as they stand. */
function DraftProblems({ problems }: { problems: string[] }) {
  const t = useT();
  if (problems.length === 0) return null;
  return (
    <Alert
      type="warning"
      showIcon
      className="fh-gap"
      data-testid="draft-problems"
      title={t("mapping.problems")}
      description={
        <ul className="fh-unreadable">
          {problems.map((each) => (
            <li key={each}>{each}</li>
          ))}
        </ul>
      }
    />
  );
}

/** A draft that could not be saved: whose is in the way, and both ways out. */
function DraftTrouble({ draft }: { draft: DraftControl }) {
  const t = useT();
  if (draft.phase === "conflict") {
    return (
      <Alert
        type="warning"
        showIcon
        className="fh-gap"
        data-testid="draft-conflict"
        title={problemWords(draft.problem, t).what}
        description={t("mapping.conflictHint")}
        action={
          <span className="fh-row">
            <Button size="small" onClick={() => void draft.takeTheirs()} data-testid="conflict-theirs">
              {t("mapping.takeTheirs")}
            </Button>
            <Button size="small" danger onClick={() => void draft.keepMine()} data-testid="conflict-mine">
              {t("mapping.keepMine")}
            </Button>
          </span>
        }
      />
    );
  }
  if (draft.phase !== "failed") return null;
  const { what, trace } = problemWords(draft.problem, t);
  return (
    <Alert
      type="error"
      showIcon
      className="fh-gap"
      title={t("mapping.notSaved", { what })}
      description={trace}
      action={
        <Button size="small" onClick={() => void draft.flush()}>
          {t("common.retry")}
        </Button>
      }
    />
  );
}
