/** Reconciliation (/recon): the newest waterfall, the runs, the rulings that wait, and the rules behind it all. */
import { Badge, Skeleton, Tabs } from "antd";
import { useMemo } from "react";
import { Link, useSearchParams } from "react-router";
import { useGet } from "../../api/queries";
import type { Page } from "../../api/types";
import type { ReconRun, ReconRunPage, Ruling } from "../../api/types-recon";
import { useT } from "../../i18n";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { useAddress } from "../../parts/useAddress";
import { NeedsAny } from "../../parts/NeedsAny";
import { PageHead } from "../../parts/PageHead";
import { countColumn, timeColumn } from "../../table/cells";
import { QueryTable } from "../../table/QueryTable";
import type { QueryColumn } from "../../table/types";
import { useListState } from "../../table/useListState";
import { scopeWords } from "./parts";
import { MatchRules } from "./MatchRules";
import { RulingList } from "./RulingList";
import { Coverage } from "./RunPage";
import { Asks, StartRun } from "./StartRun";
import { Waterfall } from "./Waterfall";

const VIEWS = { runs: Runs, rulings: RulingList, rules: MatchRules } as const;
type View = keyof typeof VIEWS;

export function ReconPage() {
  const t = useT();
  const { params: search, begin } = useAddress();
  const asked = search.get("view") ?? "runs";
  const view: View = asked in VIEWS ? (asked as View) : "runs";
  const Body = VIEWS[view];
  const waiting = useGet<Ruling[]>("money", "/api/recon/rulings", { status: "proposed" }).data?.length ?? 0;
  const label = (key: View) => (
    <span data-testid={`view-${key}`}>
      {t(`recon.view.${key}`)} {key === "rulings" && <Badge count={waiting} size="small" />}
    </span>
  );
  return (
    <NeedsAny anyOf={["money.view"]}>
      <PageHead title={t("menu.recon")} note={t("recon.intro")} actions={<StartRun />} />
      <Asks />
      <Tabs
        activeKey={view}
        items={(Object.keys(VIEWS) as View[]).map((key) => ({ key, label: label(key) }))}
        onChange={(key) => begin({ view: key === "runs" ? "" : key })}
      />
      <Body />
    </NeedsAny>
  );
}

function Runs() {
  const runs = useGet<Page<ReconRun>>("money", "/api/recon/runs", { kind: "reconcile", size: 5 });
  const newest = runs.data?.items[0];
  return (
    <>
      {runs.isError && !runs.data && <ErrorPanel error={runs.error} onRetry={() => void runs.refetch()} />}
      {runs.isPending && <Skeleton active paragraph={{ rows: 8 }} />}
      {newest && <Newest id={newest.id} />}
      <RunTable />
    </>
  );
}

function Newest({ id }: { id: string }) {
  const t = useT();
  const [search] = useSearchParams();
  const part = { channel: search.get("channel") ?? "", provider: search.get("provider") ?? "" };
  const answer = useGet<ReconRunPage>("money", `/api/recon/runs/${id}`, part, { keep: true });
  if (answer.isError && !answer.data) return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />;
  if (!answer.data) return <Skeleton active paragraph={{ rows: 8 }} />;
  const { run } = answer.data;
  return (
    <>
      <p className="fh-recon-tools fh-tight">
        <b>{t("recon.latest")}</b>
        <span className="fh-soft">{scopeWords(run, t)}</span>
        <Link to={`/recon/runs/${id}`}>{t("recon.run", { n: id })}</Link>
      </p>
      <Coverage page={answer.data} />
      <Waterfall page={answer.data} />
    </>
  );
}

function RunTable() {
  const t = useT();
  const control = useListState("-id");
  const columns = useMemo<QueryColumn<ReconRun>[]>(
    () => [
      {
        key: "id",
        title: t("recon.runs"),
        width: 110,
        render: (row) => <Link to={`/recon/runs/${row.id}`}>{t("recon.run", { n: row.id })}</Link>,
      },
      { key: "kind", title: t("recon.kind"), width: 110, render: (row) => t(`recon.kind.${row.kind}`) },
      { key: "scope", title: t("recon.scope"), width: 230, render: (row) => scopeWords(row, t) },
      ...(["chains", "standing", "opened", "reopened", "closed"] as const).map((key) => ({
        ...countColumn<ReconRun>({ key, title: t(`recon.${key}`), of: (row) => row[key], width: 100 }),
        sort: "",
      })),
      { key: "by", title: t("recon.by"), width: 110, render: (row) => row.asked_by },
      { ...timeColumn<ReconRun>({ key: "at", title: t("recon.at"), of: (row) => row.finished_at }), sort: "" },
    ],
    [t],
  );
  return (
    <QueryTable<ReconRun>
      screen="recon-runs"
      testId="runs-table"
      source={{ topic: "money", path: "/api/recon/runs", toQuery: (filters) => ({ kind: filters.kind ?? "" }) }}
      control={control}
      columns={columns}
      rowKey={(row) => row.id}
      rowTestId={(row) => `run-${row.id}`}
      tabs={{
        name: "kind",
        first: "",
        list: [
          { key: "", label: t("recon.filterAll") },
          { key: "reconcile", label: t("recon.kind.reconcile") },
          { key: "scan", label: t("recon.kind.scan") },
        ],
      }}
      exportable={false}
      empty={{ title: t("recon.noRuns"), hint: t("recon.noRunsHint") }}
    />
  );
}

