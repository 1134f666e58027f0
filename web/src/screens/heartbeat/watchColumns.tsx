/** Columns of the list of watched parcels; what matters differs a little by tab. */
import { Link } from "react-router";
import type { WatchRow } from "../../api/types-heartbeat";
import type { Translate } from "../../i18n";
import { Blank, Copyable } from "../../parts/Copyable";
import { Flag, StateTag } from "../../parts/Tags";
import { AgoText, CountText, TimeText } from "../../parts/Values";
import type { QueryColumn } from "../../table/types";

export function watchColumns(t: Translate, tab: string): QueryColumn<WatchRow>[] {
  const failing = tab === "failing" || tab === "watching" || tab === "cannot_ask";
  const middle = tab === "stopped" ? stopped(t) : failing ? [...standing(t), ...errors(t)] : standing(t);
  return [...identity(t), ...middle, ...times(t)];
}

function identity(t: Translate): QueryColumn<WatchRow>[] {
  return [
    {
      key: "tracking_no",
      title: t("shipment.no"),
      width: 190,
      fixed: "left",
      render: (row) => (
        <Copyable text={row.tracking_no}>
          <Link to={`/shipments/${row.id}?view=watch`}>{row.tracking_no}</Link>
        </Copyable>
      ),
    },
    { key: "carrier", title: t("shipment.carrier"), width: 96, render: (row) => row.carrier_title || <Blank /> },
    {
      key: "state",
      title: t("shipment.state"),
      width: 160,
      render: (row) => <StateTag state={row.state} title={row.state_title} pips />,
    },
    {
      key: "order",
      title: t("order.no"),
      width: 170,
      render: (row) =>
        row.order_id ? <Link to={`/orders/${row.order_id}`}>{row.order_no}</Link> : <Blank />,
    },
  ];
}

function standing(t: Translate): QueryColumn<WatchRow>[] {
  return [
    {
      key: "silent_since",
      title: t("beat.silentSince"),
      width: 104,
      sort: "silent_since",
      render: (row) => <AgoText at={row.silent_since} />,
    },
    {
      key: "empties",
      title: t("beat.empties"),
      width: 100,
      align: "right",
      sort: "empties",
      render: (row) => (row.empties ? t("beat.times", { n: row.empties }) : <Blank />),
    },
    {
      key: "case",
      title: t("beat.case"),
      width: 72,
      render: (row) => (row.case_id ? <Link to={`/cases/${row.case_id}`}>{t("beat.openCase")}</Link> : <Blank />),
    },
  ];
}

function errors(t: Translate): QueryColumn<WatchRow>[] {
  return [
    {
      key: "errors",
      title: t("beat.errors"),
      width: 120,
      sort: "errors",
      render: (row) =>
        row.errors ? (
          <span className="fh-clip fh-bad" title={row.last_error ?? ""}>
            <CountText count={row.errors} /> <small>{row.last_error}</small>
          </span>
        ) : (
          <Blank />
        ),
    },
  ];
}

function stopped(t: Translate): QueryColumn<WatchRow>[] {
  return [
    {
      key: "stopped",
      title: t("beat.tab.stopped"),
      width: 160,
      render: (row) => <Flag mood="mute">{row.stopped_title}</Flag>,
    },
  ];
}

function times(t: Translate): QueryColumn<WatchRow>[] {
  return [
    {
      key: "news_at",
      title: t("beat.newsAt"),
      width: 130,
      sort: "news_at",
      render: (row) => <TimeText at={row.news_at} />,
    },
    {
      key: "answered_at",
      title: t("beat.answeredAt"),
      width: 110,
      sort: "answered_at",
      render: (row) => <AgoText at={row.answered_at} />,
    },
    {
      key: "due_at",
      title: t("beat.dueAt"),
      width: 130,
      sort: "due_at",
      render: (row) => <TimeText at={row.due_at} />,
    },
    { key: "source", title: t("beat.askedOf"), width: 130, render: (row) => row.source_title || t("beat.nobody") },
    { key: "track_id", title: t("beat.track"), width: 130, optional: true, render: (row) => <code>{row.track_id}</code> },
  ];
}
