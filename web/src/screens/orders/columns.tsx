/** Columns of the order list. */
import { AuditOutlined } from "@ant-design/icons";
import { Link } from "react-router";
import type { OrderRow } from "../../api/types";
import type { Translate } from "../../i18n";
import { Blank, Copyable } from "../../parts/Copyable";
import { Flag, HeldTag, StateTag } from "../../parts/Tags";
import { DueText, MoneyText, TimeText } from "../../parts/Values";
import type { QueryColumn } from "../../table/types";
import { SilentTag } from "../heartbeat/SilentTag";

const MOST_PARCELS = 2;

export function orderColumns(t: Translate): QueryColumn<OrderRow>[] {
  return [...usual(t), ...onRequest(t)];
}

function usual(t: Translate): QueryColumn<OrderRow>[] {
  return [
    {
      key: "order_no",
      title: t("order.no"),
      width: 174,
      fixed: "left",
      render: (row) => (
        <Copyable text={row.order_no}>
          <Link to={`/orders/${row.id}`}>{row.order_no}</Link>
        </Copyable>
      ),
    },
    { key: "channel", title: t("order.channel"), width: 82, render: (row) => row.channel_title },
    {
      key: "state",
      title: t("order.state"),
      width: 108,
      render: (row) => <StateTag state={row.state} title={row.state_title} kind="order" />,
    },
    { key: "shipments", title: t("order.shipments"), width: 352, render: (row) => <Parcels row={row} /> },
    {
      key: "due_at",
      title: t("clock.column"),
      width: 166,
      sort: "due_at",
      render: (row) => <Clock row={row} t={t} />,
    },
    {
      key: "cases",
      title: t("order.cases"),
      width: 58,
      render: (row) =>
        row.open_cases > 0 ? (
          <Link to={`/cases?q=${encodeURIComponent(row.order_no)}`}>
            <Flag mood="warn" icon={<AuditOutlined />}>
              {row.open_cases}
            </Flag>
          </Link>
        ) : (
          <Blank />
        ),
    },
    {
      key: "paid",
      title: t("order.paid"),
      width: 94,
      align: "right",
      sort: "paid",
      render: (row) => <MoneyText money={row.paid} />,
    },
    {
      key: "created_at",
      title: t("order.createdAt"),
      width: 130,
      sort: "created_at",
      render: (row) => <TimeText at={row.created_at} />,
    },
    {
      key: "goods",
      title: t("order.goods"),
      width: 156,
      render: (row) => (
        <span className="fh-clip" title={row.first_title ?? ""}>
          {row.first_title ?? <Blank />}
          {row.line_count > 1 && <small className="fh-soft"> {t("order.lineCount", { n: row.line_count })}</small>}
        </span>
      ),
    },
  ];
}

/** Shown only when chosen in the list's column settings. */
function onRequest(t: Translate): QueryColumn<OrderRow>[] {
  return [
    {
      key: "paid_at",
      title: t("order.paidAt"),
      width: 134,
      sort: "paid_at",
      optional: true,
      render: (row) => <TimeText at={row.paid_at} />,
    },
    {
      key: "shipped_at",
      title: t("order.shippedAt"),
      width: 134,
      sort: "shipped_at",
      optional: true,
      render: (row) => <TimeText at={row.shipped_at} />,
    },
    {
      key: "promised_ship_at",
      title: t("order.promisedAt"),
      width: 134,
      sort: "promised_ship_at",
      optional: true,
      render: (row) => <TimeText at={row.promised_ship_at} />,
    },
    { key: "shop", title: t("order.shop"), width: 140, optional: true, render: (row) => row.shop },
    {
      key: "receiver",
      title: t("order.receiver"),
      width: 170,
      optional: true,
      render: (row) => [row.receiver_name, row.receiver_region].filter(Boolean).join(" · ") || <Blank />,
    },
    {
      key: "status_code",
      title: t("order.statusCode"),
      width: 200,
      optional: true,
      render: (row) => <code>{row.status_code}</code>,
    },
    {
      key: "order_type",
      title: t("order.type"),
      width: 90,
      optional: true,
      render: (row) => row.order_type || <Blank />,
    },
    {
      key: "updated_at",
      title: t("order.updatedAt"),
      width: 134,
      sort: "updated_at",
      optional: true,
      render: (row) => <TimeText at={row.updated_at} />,
    },
  ];
}

function Clock({ row, t }: { row: OrderRow; t: Translate }) {
  if (!row.clock) return <Blank />;
  const { clock } = row;
  return (
    <span className="fh-two-lines" data-testid="order-clock">
      <span>
        {t(`clock.stage.${clock.stage}`)} <DueText at={clock.due_at} />
      </span>
      {clock.risk?.amount_minor !== 0 && (
        <small>
          {t("clock.risk")} {clock.risk ? <MoneyText money={clock.risk} /> : t("clock.riskUnknown")}
        </small>
      )}
    </span>
  );
}

function Parcels({ row }: { row: OrderRow }) {
  if (row.shipments.length === 0) return <Blank />;
  return (
    <span className="fh-parcels">
      {row.shipments.slice(0, MOST_PARCELS).map((each) => (
        <span key={each.id}>
          <small className="fh-soft">{each.carrier_title}</small>
          <Copyable text={each.tracking_no}>
            <Link to={`/shipments/${each.id}`}>{each.tracking_no}</Link>
          </Copyable>
          <StateTag state={each.state} title={each.state_title} pips={!each.held && !each.silent} />
          {each.held && <HeldTag />}
          {each.silent && <SilentTag />}
        </span>
      ))}
      {row.shipments.length > MOST_PARCELS && <small className="fh-soft">+{row.shipments.length - MOST_PARCELS}</small>}
    </span>
  );
}
