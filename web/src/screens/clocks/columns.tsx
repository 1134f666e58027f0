/** Columns of the list of clocks. */
import { Link } from "react-router";
import type { ClockItem } from "../../api/types";
import type { Translate, useTitle } from "../../i18n";
import { Blank, Copyable } from "../../parts/Copyable";
import { TimeText } from "../../parts/Values";
import type { QueryColumn } from "../../table/types";
import { ForecastText, LeftText, OutcomeTag, RiskText } from "./parts";

export function clockColumns(t: Translate, title: ReturnType<typeof useTitle>): QueryColumn<ClockItem>[] {
  return [
    {
      key: "stage",
      title: t("clock.stage"),
      width: 92,
      fixed: "left",
      render: (row) => <b>{title("clock.stage", row.stage, row.stage_title)}</b>,
    },
    {
      key: "label",
      title: t("clock.subject"),
      width: 190,
      render: (row) => (
        <Copyable text={row.label}>
          <Link to={`/${row.subject_kind === "order" ? "orders" : "shipments"}/${row.subject_id}`}>{row.label}</Link>
        </Copyable>
      ),
    },
    { key: "outcome", title: t("clock.outcome"), width: 106, render: (row) => <OutcomeTag row={row} /> },
    { key: "due_at", title: t("clock.left"), width: 156, sort: "due_at", render: (row) => <LeftText row={row} /> },
    {
      key: "risk",
      title: t("clock.risk"),
      width: 100,
      align: "right",
      sort: "risk",
      render: (row) => <RiskText risk={row.risk} asked={row.due_at !== null} />,
    },
    { key: "forecast", title: t("clock.forecast"), width: 230, render: (row) => <ForecastText row={row} /> },
    { key: "channel", title: t("order.channel"), width: 90, render: (row) => row.channel_title || <Blank /> },
    {
      key: "place",
      title: t("clock.place"),
      width: 150,
      render: (row) => [row.carrier_title, row.destination].filter(Boolean).join(" → ") || <Blank />,
    },
    { key: "started_at", title: t("clock.startedAt"), width: 130, render: (row) => <TimeText at={row.started_at} /> },
    {
      key: "order_no",
      title: t("order.no"),
      width: 180,
      optional: true,
      render: (row) =>
        row.order_id ? <Link to={`/orders/${row.order_id}`}>{row.order_no}</Link> : <Blank />,
    },
    { key: "shop", title: t("order.shop"), width: 130, optional: true, render: (row) => row.shop || <Blank /> },
    { key: "basis", title: t("clock.basis"), width: 240, optional: true, render: (row) => row.basis },
  ];
}
