/** Shipments (运单): every parcel, with or without an order. */
import { useMemo } from "react";
import { Link } from "react-router";
import { useFacets } from "../../api/queries";
import type { ShipmentRow } from "../../api/types";
import { type Translate, useReason, useT } from "../../i18n";
import { Copyable } from "../../parts/Copyable";
import { FreshnessBar } from "../../parts/Freshness";
import { PageHead } from "../../parts/PageHead";
import { Flag, HeldTag, StateTag } from "../../parts/Tags";
import { CountText, TimeText } from "../../parts/Values";
import { QueryTable } from "../../table/QueryTable";
import type { QueryColumn } from "../../table/types";
import { useListState } from "../../table/useListState";
import { SilentTag } from "../heartbeat/SilentTag";
import { ShipmentDrawer } from "./ShipmentDrawer";

const TABS = ["all", "held", "unlinked", "open", "final"] as const;

/** `held` and `unlinked` are parameters of their own at the hub. */
export function shipmentQuery(filters: Record<string, string>): Record<string, string> {
  const { tab = "" } = filters;
  return tab === "held" || tab === "unlinked" ? { ...filters, [tab]: "true" } : filters;
}

const SOURCE = { topic: "orders", path: "/api/shipments", toQuery: shipmentQuery } as const;

function shipmentColumns(t: Translate, reason: ReturnType<typeof useReason>): QueryColumn<ShipmentRow>[] {
  return [
    {
      key: "tracking_no",
      title: t("shipment.no"),
      width: 200,
      fixed: "left",
      render: (row) => (
        <Copyable text={row.tracking_no}>
          <Link to={`/shipments/${row.id}`}>{row.tracking_no}</Link>
        </Copyable>
      ),
    },
    { key: "carrier", title: t("shipment.carrier"), width: 110, render: (row) => row.carrier_title },
    {
      key: "state",
      title: t("shipment.state"),
      width: 190,
      render: (row) => <StateTag state={row.state} title={row.state_title} pips />,
    },
    {
      key: "held",
      title: t("shipment.held"),
      width: 260,
      render: (row) =>
        row.held ? (
          <span className="fh-clip" title={reason(row.hold_reason)}>
            <HeldTag /> <span className="fh-soft">{reason(row.hold_reason)}</span>
          </span>
        ) : null,
    },
    {
      key: "silent",
      title: t("menu.heartbeat"),
      width: 140,
      render: (row) => (row.silent ? <SilentTag /> : null),
    },
    {
      key: "order",
      title: t("order.no"),
      width: 200,
      render: (row) =>
        row.order_id ? (
          <Copyable text={row.order_no}>
            <Link to={`/orders/${row.order_id}`}>{row.order_no}</Link>
          </Copyable>
        ) : (
          <Flag mood="warn">{t("shipment.unlinked")}</Flag>
        ),
    },
    {
      key: "events",
      title: t("shipment.events"),
      width: 90,
      align: "right",
      sort: "event_count",
      render: (row) => <CountText count={row.event_count} />,
    },
    {
      key: "last_event_at",
      title: t("shipment.lastEvent"),
      width: 140,
      sort: "last_event_at",
      render: (row) => <TimeText at={row.last_event_at} />,
    },
  ];
}

export function ShipmentList() {
  const t = useT();
  const control = useListState("-id");
  const facets = useFacets();
  const reason = useReason();
  const columns = useMemo(() => shipmentColumns(t, reason), [t, reason]);
  return (
    <>
      <PageHead title={t("menu.shipments")} actions={<FreshnessBar kind="carrier" />} />
      <QueryTable<ShipmentRow>
        screen="shipments"
        testId="shipments-table"
        source={SOURCE}
        control={control}
        columns={columns}
        fields={[
          { kind: "numbers", name: "q", label: t("order.numbers"), primary: true },
          { kind: "choice", name: "carrier", label: t("shipment.carrier"), choices: facets.carriers, primary: true },
          { kind: "choice", name: "state", label: t("shipment.state"), choices: facets.shipment_states, primary: true },
          {
            kind: "days",
            name: "last_event",
            from: "last_event_from",
            to: "last_event_to",
            label: t("shipment.lastEvent"),
          },
          { kind: "yes", name: "silent", label: t("beat.onlySilent") },
        ]}
        rowKey={(row) => row.id}
        rowTestId={(row) => `shipment-row-${row.id}`}
        tabs={{
          name: "tab",
          first: "all",
          list: TABS.map((key) => ({
            key,
            label: t(`shipment.tab.${key}`),
            alarming: key === "held" || key === "unlinked",
          })),
        }}
        views
        onOpen={(row) => control.open(row.id)}
        activeId={control.openId}
      />
      {control.openId && <ShipmentDrawer id={control.openId} onClose={() => control.open(null)} />}
    </>
  );
}
