/** The clock board (时效): by stage what runs, is due soon and is overdue, with the money at stake; the clocks behind. */
import { Skeleton, Tabs } from "antd";
import { useMemo } from "react";
import { useFacets, useGet } from "../../api/queries";
import type { Board, ClockItem, Money, StageCount } from "../../api/types";
import { useT, useTitle } from "../../i18n";
import { formatMoney } from "../../logic/money";
import { formatMinute } from "../../logic/time";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { useAddress } from "../../parts/useAddress";
import { FreshnessBar } from "../../parts/Freshness";
import { PageHead } from "../../parts/PageHead";
import { CountText } from "../../parts/Values";
import { QueryTable } from "../../table/QueryTable";
import type { FilterField } from "../../table/types";
import { type ListControl, useListState } from "../../table/useListState";
import { OrderDrawer } from "../orders/OrderDrawer";
import { ShipmentDrawer } from "../shipments/ShipmentDrawer";
import { clockColumns } from "./columns";
import { ExpectedTimes } from "./ExpectedTimes";

const TABS = ["at_risk", "breached", "running", "lapsed"] as const;
const STAGES = ["ship", "pickup", "first_transit", "stall", "delivery", "sign"] as const;
const SOURCE = { topic: "clocks", path: "/api/clocks" } as const;

export function ClockBoard() {
  const t = useT();
  const { params, begin } = useAddress();
  const view = params.get("view") === "expected" ? "expected" : "list";
  return (
    <>
      <PageHead title={t("menu.clocks")} note={t("clock.intro")} actions={<FreshnessBar kind="carrier" />} />
      <Tabs
        className="fh-page-tabs fh-gap"
        activeKey={view}
        onChange={(next) => begin({ view: next === "expected" ? next : "" })}
        items={[
          { key: "list", label: <span data-testid="view-list">{t("clock.list")}</span> },
          { key: "expected", label: <span data-testid="view-expected">{t("clock.expected")}</span> },
        ]}
      />
      {view === "expected" ? <ExpectedTimes /> : <Clocks />}
    </>
  );
}

function useFields(): FilterField[] {
  const t = useT();
  const title = useTitle();
  const facets = useFacets();
  const stages = STAGES.map((value) => ({ value, title: title("clock.stage", value) }));
  return [
    { kind: "numbers", name: "q", label: t("order.numbers"), primary: true },
    { kind: "choice", name: "stage", label: t("clock.stage"), choices: stages, primary: true },
    { kind: "choice", name: "channel", label: t("order.channel"), choices: facets.channels, primary: true },
    { kind: "choice", name: "carrier", label: t("shipment.carrier"), choices: facets.carriers },
    { kind: "choice", name: "shop", label: t("order.shop"), choices: facets.shops },
  ];
}

function Clocks() {
  const t = useT();
  const title = useTitle();
  const control = useListState("due_at");
  const fields = useFields();
  const columns = useMemo(() => clockColumns(t, title), [t, title]);
  const [kind, id] = (control.openId ?? "").split(":");
  return (
    <>
      <Stages control={control} />
      <QueryTable<ClockItem>
        screen="clocks"
        testId="clocks-table"
        source={SOURCE}
        control={control}
        columns={columns}
        fields={fields}
        rowKey={(row) => row.id}
        rowTestId={(row) => `clock-row-${row.id}`}
        tabs={{
          name: "tab",
          first: "at_risk",
          list: TABS.map((key) => ({ key, label: t(`clock.tab.${key}`), alarming: key === "breached" })),
        }}
        views
        onOpen={(row) => control.open(row.order_id ? `order:${row.order_id}` : `shipment:${row.subject_id}`)}
        empty={{ title: t("clock.none"), hint: t("clock.noneHint") }}
      />
      {kind === "order" && id && <OrderDrawer id={id} onClose={() => control.open(null)} />}
      {kind === "shipment" && id && <ShipmentDrawer id={id} onClose={() => control.open(null)} />}
    </>
  );
}

function Stages({ control }: { control: ListControl }) {
  const t = useT();
  const { data, isError, error, refetch } = useGet<Board>("clocks", "/api/clocks/board", {}, { keep: true });
  if (isError && !data) return <ErrorPanel error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton active paragraph={{ rows: 3 }} />;
  return (
    <>
      <div className="fh-stages" data-testid="clock-board">
        {data.stages.map((stage) => (
          <Stage key={stage.stage} stage={stage} control={control} />
        ))}
      </div>
      <p className="fh-soft fh-tight" data-testid="board-as-of">
        {t("clock.asOf", { at: formatMinute(data.as_of) })}
        {data.waiting > 0 && ` · ${t("clock.waiting", { n: data.waiting.toLocaleString("en-US") })}`}
      </p>
    </>
  );
}

function Stage({ stage, control }: { stage: StageCount; control: ListControl }) {
  const t = useT();
  const title = useTitle();
  const chosen = control.state.filters.stage === stage.stage;
  const show = (tab: string) => control.setFilters({ stage: stage.stage, ...(tab === "at_risk" ? {} : { tab }) });
  const lines = [
    { tab: "breached", mood: "bad", count: stage.breached, money: stage.breached_money },
    { tab: "at_risk", mood: "warn", count: stage.at_risk, money: stage.at_risk_money },
    { tab: "running", mood: "", count: stage.running, money: [] },
  ] as const;
  return (
    <section className={chosen ? "fh-stage on" : "fh-stage"} data-testid={`stage-${stage.stage}`}>
      <header>
        <b>{title("clock.stage", stage.stage, stage.title)}</b>
        <small title={stage.promise}>{stage.promise}</small>
      </header>
      {lines.map((line) => (
        <button
          key={line.tab}
          type="button"
          className={`fh-link fh-stage-line ${line.count ? line.mood : "none"}`}
          onClick={() => show(line.tab)}
          data-testid={`stage-${stage.stage}-${line.tab}`}
        >
          <span>{t(`clock.tab.${line.tab}`)}</span>
          <b>
            <CountText count={line.count} />
          </b>
          <small>{line.money.length > 0 && `${t("clock.money")} ${sums(line.money)}`}</small>
        </button>
      ))}
      <small className="fh-soft">
        {stage.lapsed > 0 && (
          <span title={t("clock.lapsedHint")}>
            {t("clock.tab.lapsed")} {stage.lapsed.toLocaleString("en-US")}{" "}
          </span>
        )}
        {stage.unpriced > 0 && t("clock.unpriced", { n: stage.unpriced })}
      </small>
    </section>
  );
}

function sums(money: readonly Money[]): string {
  return money.map(formatMoney).join(" + ");
}
