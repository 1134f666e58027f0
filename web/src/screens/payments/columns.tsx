/** Columns of payments and refunds, for their lists and for an order's page. */
import { Link } from "react-router";
import type { PaymentRow, RefundRow } from "../../api/types-payments";
import type { Translate } from "../../i18n";
import { Blank, Copyable } from "../../parts/Copyable";
import { Flag, HeldTag } from "../../parts/Tags";
import { MoneyText, TimeText } from "../../parts/Values";
import type { QueryColumn } from "../../table/types";
import { Binding, MoneyState } from "./MoneyTags";

export function OrderLink({ id, number }: { id: string | null; number: string }) {
  if (!number) return <Blank />;
  return <Copyable text={number}>{id ? <Link to={`/orders/${id}`}>{number}</Link> : number}</Copyable>;
}

export function paymentColumns(t: Translate): QueryColumn<PaymentRow>[] {
  return [
    {
      key: "payment_no",
      title: t("pay.no"),
      width: 255,
      fixed: "left",
      render: (row) => (
        <Copyable text={row.payment_no}>
          <Link to={`/payments/${row.id}`}>{row.payment_no}</Link>
        </Copyable>
      ),
    },
    { key: "provider", title: t("pay.provider"), width: 90, render: (row) => row.provider_title },
    {
      key: "amount",
      title: t("pay.amount"),
      width: 105,
      align: "right",
      sort: "amount",
      render: (row) => <MoneyText money={row.amount} />,
    },
    {
      key: "binding",
      title: t("pay.binding"),
      width: 285,
      render: (row) => (
        <span className="fh-clip" title={row.cause_title ?? ""}>
          <Binding binding={row.binding} title={row.binding_title} />{" "}
          <span className="fh-soft">{row.cause_title}</span>
        </span>
      ),
    },
    {
      key: "state",
      title: t("pay.state"),
      width: 115,
      render: (row) => (
        <>
          <MoneyState state={row.state} title={row.state_title} /> {row.held && <HeldTag reason={row.hold_reason} />}
        </>
      ),
    },
    {
      key: "order",
      title: t("pay.order"),
      width: 175,
      render: (row) => <OrderLink id={row.order_id} number={row.order_no} />,
    },
    {
      key: "paid_at",
      title: t("pay.paidAt"),
      width: 140,
      sort: "paid_at",
      render: (row) => <TimeText at={row.paid_at} />,
    },
    {
      key: "refunded",
      title: t("pay.refunded"),
      width: 100,
      align: "right",
      render: (row) => <MoneyText money={row.refunded} />,
    },
    { key: "fee", title: t("pay.fee"), width: 90, align: "right", render: (row) => <MoneyText money={row.fee} /> },
    {
      key: "out_trade_no",
      title: t("pay.outNo"),
      width: 230,
      optional: true,
      render: (row) => (row.out_trade_no ? <Copyable text={row.out_trade_no} /> : <Blank />),
    },
    { key: "method", title: t("pay.method"), width: 110, optional: true, render: (row) => row.method || <Blank /> },
  ];
}

export function refundColumns(t: Translate): QueryColumn<RefundRow>[] {
  return [
    {
      key: "refund_no",
      title: t("refund.no"),
      width: 260,
      fixed: "left",
      render: (row) => (
        <Copyable text={row.refund_no}>
          <Link to={`/refunds/${row.id}`}>{row.refund_no}</Link>
        </Copyable>
      ),
    },
    { key: "provider", title: t("pay.provider"), width: 100, render: (row) => row.provider_title },
    {
      key: "amount",
      title: t("pay.amount"),
      width: 110,
      align: "right",
      sort: "amount",
      render: (row) => <MoneyText money={row.amount} />,
    },
    {
      key: "state",
      title: t("refund.state"),
      width: 160,
      render: (row) => (
        <>
          <MoneyState state={row.state} title={row.state_title} /> {row.held && <HeldTag reason={row.hold_reason} />}
        </>
      ),
    },
    {
      key: "order",
      title: t("pay.order"),
      width: 190,
      render: (row) =>
        row.order_id ? <OrderLink id={row.order_id} number={row.order_no} /> : <Flag mood="warn">{t("refund.unbound")}</Flag>,
    },
    {
      key: "payment_no",
      title: t("pay.no"),
      width: 240,
      render: (row) =>
        row.payment_id ? <Link to={`/payments/${row.payment_id}`}>{row.payment_no}</Link> : row.payment_no || <Blank />,
    },
    {
      key: "refunded_at",
      title: t("refund.at"),
      width: 140,
      sort: "refunded_at",
      render: (row) => <TimeText at={row.refunded_at} />,
    },
    {
      key: "out_refund_no",
      title: t("refund.outNo"),
      width: 230,
      optional: true,
      render: (row) => (row.out_refund_no ? <Copyable text={row.out_refund_no} /> : <Blank />),
    },
  ];
}
