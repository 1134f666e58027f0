/** Columns of the findings: what is wrong, both sides, where the evidence is. */
import { Link } from "react-router";
import type { AuditAbout, CallbackFinding } from "../../api/types-callbacks";
import type { Translate } from "../../i18n";
import { Blank, Copyable } from "../../parts/Copyable";
import { SeverityTag } from "../../parts/Tags";
import { TimeText } from "../../parts/Values";
import type { QueryColumn } from "../../table/types";
import { CaseCell } from "./CaseCell";

export function findingColumns(t: Translate, auditId: string, about: AuditAbout): QueryColumn<CallbackFinding>[] {
  return [
    {
      key: "severity",
      title: t("case.severity"),
      width: 74,
      sort: "severity",
      fixed: "left",
      render: (row) => <SeverityTag severity={row.severity} />,
    },
    { key: "kind", title: t("callback.kind"), width: 124, sort: "kind", render: (row) => <b>{row.kind_title}</b> },
    { key: "number", title: t(about === "orders" ? "order.no" : "shipment.no"), width: 164, sort: "number", render: numberCell },
    { key: "order", title: t("order.no"), width: 180, optional: true, render: orderCell },
    {
      key: "carrier",
      title: t("shipment.carrier"),
      width: 100,
      optional: true,
      render: (row) => row.carrier_title || <Blank />,
    },
    { key: "sides", title: t("callback.sides"), width: 220, render: (row) => <Sides row={row} t={t} /> },
    {
      key: "words",
      title: t("callback.words"),
      width: 262,
      render: (row) => (
        <span className="fh-clip" title={row.words}>
          {row.words}
        </span>
      ),
    },
    { key: "done", title: t("callback.done"), width: 116, render: (row) => doneCell(row) },
    { key: "at", title: t("callback.at"), width: 130, sort: "at", render: (row) => <TimeText at={row.at} /> },
    { key: "source", title: t("raw.source"), width: 120, optional: true, render: (row) => row.source_title || <Blank /> },
    { key: "rule", title: t("callback.rule"), width: 150, optional: true, render: (row) => row.rule_title },
    {
      key: "case",
      title: t("menu.cases"),
      width: 96,
      fixed: "right",
      render: (row) => <CaseCell row={row} auditId={auditId} />,
    },
  ];
}

function numberCell(row: CallbackFinding) {
  if (!row.number) {
    return row.order_no ? orderCell(row) : <span className="fh-clip fh-soft">{row.where || "—"}</span>;
  }
  return (
    <Copyable text={row.number}>
      {row.shipment_id ? <Link to={`/shipments/${row.shipment_id}`}>{row.number}</Link> : row.number}
    </Copyable>
  );
}

function orderCell(row: CallbackFinding) {
  if (!row.order_no) return <Blank />;
  return (
    <Copyable text={row.order_no}>
      {row.order_id ? <Link to={`/orders/${row.order_id}`}>{row.order_no}</Link> : row.order_no}
    </Copyable>
  );
}

function doneCell(row: CallbackFinding) {
  return row.done ? (
    <span className="fh-clip fh-soft" title={row.done}>
      {row.done}
    </span>
  ) : (
    <Blank />
  );
}

export function Sides({ row, t }: { row: CallbackFinding; t: Translate }) {
  return (
    <span className="fh-two-sides">
      <i>{t("callback.theirs")}</i>
      <span className="theirs" title={row.theirs}>
        {row.theirs}
      </span>
      <i>{t("callback.ours")}</i>
      <span className="ours" title={row.ours}>
        {row.ours}
      </span>
    </span>
  );
}
