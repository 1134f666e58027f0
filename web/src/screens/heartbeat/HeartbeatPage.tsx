/** The heartbeat (状态心跳): how many parcels are watched, how each account stands, and which parcels fell silent. */
import { SettingOutlined } from "@ant-design/icons";
import { Button, Skeleton } from "antd";
import { Link } from "react-router";
import { useFacets, useGet } from "../../api/queries";
import type { Heartbeat, WatchRow } from "../../api/types-heartbeat";
import { useT } from "../../i18n";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { PageHead } from "../../parts/PageHead";
import { Panel } from "../../parts/Panel";
import { CountText } from "../../parts/Values";
import { QueryTable } from "../../table/QueryTable";
import { useListState } from "../../table/useListState";
import { ShipmentDrawer } from "../shipments/ShipmentDrawer";
import { AccountTable } from "./AccountTable";
import { watchColumns } from "./watchColumns";

const TABS = ["silent", "watching", "failing", "cannot_ask", "stopped"] as const;
const SOURCE = { topic: "orders", path: "/api/heartbeat/watches" } as const;
const FRESH_MS = 10_000;

export function HeartbeatPage() {
  const t = useT();
  const answer = useGet<Heartbeat>("orders", "/api/heartbeat", {}, { refetchMs: FRESH_MS });
  const beat = answer.data;
  if (answer.isError && !beat) return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} page />;
  if (!beat) return <Skeleton active paragraph={{ rows: 12 }} />;
  return (
    <>
      <PageHead
        title={t("menu.heartbeat")}
        note={t("beat.intro", { minutes: beat.interval_minutes, empties: beat.empties })}
        actions={
          <Link to="/heartbeat/policies">
            <Button icon={<SettingOutlined />} data-testid="edit-beats">
              {t("beat.editThresholds")}
            </Button>
          </Link>
        }
      />
      <div className="fh-beat" data-testid="heartbeat">
        <Counters counts={beat.counts} />
        <Panel title={t("beat.accounts")}>
          <AccountTable beat={beat} />
        </Panel>
        <Watches />
      </div>
    </>
  );
}

const COUNTERS = [
  ["watching", "watching"],
  ["silent", "silent"],
  ["cannot_ask", "cannot_ask"],
  ["failing", "failing"],
] as const;

function Counters({ counts }: { counts: Heartbeat["counts"] }) {
  const t = useT();
  const stopped = counts.final + counts.given_up + counts.forwarded;
  return (
    <div className="fh-counts" data-testid="beat-counts">
      {COUNTERS.map(([key, tab]) => (
        <Link key={key} to={`/heartbeat?tab=${tab}`} className="fh-count" data-testid={`beat-count-${key}`}>
          <span>{t(`beat.count.${key}`)}</span>
          <b className={key !== "watching" && counts[key] ? "fh-bad" : ""}>
            <CountText count={counts[key]} />
          </b>
        </Link>
      ))}
      <div className="fh-count" title={t("beat.lateHint")} data-testid="beat-count-late">
        <span>{t("beat.count.late")}</span>
        <b className={counts.late ? "fh-bad" : ""}>
          <CountText count={counts.late} />
        </b>
      </div>
      <Link to="/heartbeat?tab=stopped" className="fh-count" data-testid="beat-count-stopped">
        <span>{t("beat.count.stopped")}</span>
        <b>
          <CountText count={stopped} />
        </b>
      </Link>
    </div>
  );
}

function Watches() {
  const t = useT();
  const facets = useFacets();
  const control = useListState("-silent_since");
  const sources = facets.sources.map((each) => ({ value: each.value, title: each.title }));
  return (
    <>
      <QueryTable<WatchRow>
        screen="heartbeat"
        testId="watches-table"
        source={SOURCE}
        control={control}
        columns={watchColumns(t, control.state.filters.tab ?? "silent")}
        fields={[
          { kind: "numbers", name: "q", label: t("order.numbers"), primary: true },
          { kind: "choice", name: "carrier", label: t("shipment.carrier"), choices: facets.carriers, primary: true },
          { kind: "choice", name: "source", label: t("beat.account"), choices: sources, primary: true },
        ]}
        rowKey={(row) => row.id}
        rowTestId={(row) => `watch-row-${row.id}`}
        tabs={{
          name: "tab",
          first: "silent",
          list: TABS.map((key) => ({
            key,
            label: t(`beat.tab.${key}`),
            alarming: key === "silent" || key === "cannot_ask" || key === "failing",
          })),
        }}
        empty={{ title: t("beat.none"), hint: t("beat.noneHint") }}
        views
        onOpen={(row) => control.open(row.id)}
        activeId={control.openId}
      />
      {control.openId && <ShipmentDrawer id={control.openId} onClose={() => control.open(null)} />}
    </>
  );
}
