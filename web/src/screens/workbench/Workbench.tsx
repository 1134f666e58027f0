/** The workbench (工作台): what waits for a person, what flows, what fell silent. */
import { Skeleton } from "antd";
import { lazy, Suspense } from "react";
import { Link } from "react-router";
import { useGet } from "../../api/queries";
import type { Workbench as Bench } from "../../api/types";
import { activeEntry } from "../../app/menu";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { PageHead } from "../../parts/PageHead";
import { Panel } from "../../parts/Panel";
import { CountText } from "../../parts/Values";
import { CaseCards } from "./CaseCards";
import { RecentChanges } from "./RecentChanges";
import { ScaleLadder } from "./ScaleLadder";
import { SourceWall } from "./SourceWall";

const FlowChart = lazy(() => import("./FlowChart"));

export function Workbench() {
  const t = useT();
  const { data, error, isError, refetch } = useGet<Bench>("workbench", "/api/workbench");
  if (isError && !data) return <ErrorPanel error={error} onRetry={() => void refetch()} page />;
  if (!data) return <Skeleton active paragraph={{ rows: 12 }} />;
  return (
    <>
      <PageHead title={t("menu.workbench")} />
      <div className="fh-bench" data-testid="workbench">
        <CaseCards cases={data.cases} />
        <Counts counts={data.counts} />
        <Panel title={t("bench.today")} className="fh-bench-flow" extra={<FlowTotals data={data} />}>
          <Suspense fallback={<Skeleton active />}>
            <FlowChart hours={data.today.hours} />
          </Suspense>
        </Panel>
        <Panel title={t("bench.sources")} className="fh-bench-sources">
          <SourceWall sources={data.sources} />
        </Panel>
        <Panel title={t("bench.scale")} className="fh-bench-scale" extra={<span>{t("bench.scaleHint")}</span>}>
          <ScaleLadder counts={data.shipments_by_state} />
        </Panel>
        <Panel title={t("bench.recent")} className="fh-bench-recent">
          <RecentChanges rows={data.recent} />
        </Panel>
      </div>
    </>
  );
}

const COUNTERS = [
  ["orders", "/orders"],
  ["shipments", "/shipments"],
  ["shipments_open", "/shipments?tab=open"],
  ["held", "/shipments?tab=held"],
  ["cases_open", "/cases"],
  ["unmapped_codes", "/mapping/unmapped"],
  ["messages_pending", "/inbox?status=pending"],
  ["messages_set_aside", "/inbox?status=set_aside"],
] as const;

function Counts({ counts }: { counts: Bench["counts"] }) {
  const t = useT();
  const { can } = useSession();
  return (
    <div className="fh-counts fh-bench-counts">
      {COUNTERS.map(([key, to]) => {
        const needs = activeEntry(to.split("?")[0] ?? to)?.anyOf ?? [];
        const body = (
          <>
            <span>{t(`bench.count.${key}`)}</span>
            <b>
              <CountText count={counts[key]} />
            </b>
          </>
        );
        return needs.length === 0 || can(...needs) ? (
          <Link key={key} to={to} className="fh-count" data-testid={`count-${key}`}>
            {body}
          </Link>
        ) : (
          <div key={key} className="fh-count" data-testid={`count-${key}`}>
            {body}
          </div>
        );
      })}
    </div>
  );
}

function FlowTotals({ data }: { data: Bench }) {
  const t = useT();
  const sum = (key: "received" | "judged" | "set_aside") => data.today.hours.reduce((all, hour) => all + hour[key], 0);
  return (
    <span className="fh-soft">
      {t("bench.flowTotals", {
        received: sum("received").toLocaleString("en-US"),
        judged: sum("judged").toLocaleString("en-US"),
        aside: sum("set_aside").toLocaleString("en-US"),
      })}
    </span>
  );
}
