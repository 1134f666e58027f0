/** Columns of the case queue. */
import { ArrowRightOutlined } from "@ant-design/icons";
import { Link } from "react-router";
import type { CaseRow } from "../../api/types";
import type { Translate } from "../../i18n";
import { subjectPath } from "../../logic/subjects";
import { Blank, Copyable } from "../../parts/Copyable";
import { SeverityTag, StateTag } from "../../parts/Tags";
import { DueText, TimeText } from "../../parts/Values";
import type { QueryColumn } from "../../table/types";

type Title = (prefix: string, code: string | null | undefined, title?: string | null) => string;

export function caseColumns(t: Translate, title: Title): QueryColumn<CaseRow>[] {
  return [...whatIsWrong(t, title), ...aboutWhat(t), ...whoseAndWhen(t)];
}

function whatIsWrong(t: Translate, title: Title): QueryColumn<CaseRow>[] {
  return [
    {
      key: "id",
      title: "#",
      width: 70,
      fixed: "left",
      render: (row) => <Link to={`/cases/${row.id}`}>#{row.id}</Link>,
    },
    {
      key: "severity",
      title: t("case.severity"),
      width: 82,
      sort: "severity",
      render: (row) => <SeverityTag severity={row.severity} />,
    },
    { key: "kind", title: t("case.kind"), width: 168, render: (row) => title("caseKind", row.kind, row.kind_title) },
    {
      key: "title",
      title: t("case.title"),
      width: 250,
      optional: true,
      render: (row) => (
        <span className="fh-clip" title={row.title}>
          {row.title}
        </span>
      ),
    },
    { key: "sides", title: t("case.sides"), width: 220, render: (row) => <Sides row={row} /> },
    {
      key: "distance",
      title: t("case.distance"),
      width: 70,
      align: "right",
      render: (row) => (row.distance === null ? <Blank /> : <b className="fh-number">{row.distance}</b>),
    },
  ];
}

function aboutWhat(t: Translate): QueryColumn<CaseRow>[] {
  return [
    {
      key: "subject",
      title: t("case.subject"),
      width: 186,
      render: (row) => (
        <Copyable text={row.subject_label}>
          <Link to={subjectPath(row.subject_kind, row.subject_id)}>
            {row.subject_label}
          </Link>
        </Copyable>
      ),
    },
    {
      key: "order",
      title: t("order.no"),
      width: 200,
      optional: true,
      render: (row) =>
        row.order_id ? (
          <Copyable text={row.order_no}>
            <Link to={`/orders/${row.order_id}`}>{row.order_no}</Link>
          </Copyable>
        ) : (
          <Blank />
        ),
    },
  ];
}

function whoseAndWhen(t: Translate): QueryColumn<CaseRow>[] {
  return [
    {
      key: "owner",
      title: t("case.owner"),
      width: 90,
      render: (row) => row.owner?.name ?? <span className="fh-soft">{t("case.nobody")}</span>,
    },
    {
      key: "due_at",
      title: t("case.dueAt"),
      width: 136,
      sort: "due_at",
      render: (row) => <DueText at={row.due_at} closed={row.closed_at !== null} />,
    },
    {
      key: "opened_at",
      title: t("case.openedAt"),
      width: 134,
      sort: "opened_at",
      render: (row) => <TimeText at={row.opened_at} />,
    },
    {
      key: "resolution",
      title: t("case.resolution"),
      width: 130,
      optional: true,
      render: (row) => row.resolution_title ?? <Blank />,
    },
  ];
}

function Sides({ row }: { row: CaseRow }) {
  if (!row.ours && !row.theirs) return <Blank />;
  const kind = row.subject_kind === "order" ? "order" : "shipment";
  return (
    <span className="fh-move">
      <StateTag state={row.ours} title={row.ours_title} kind={kind} />
      <ArrowRightOutlined />
      <StateTag state={row.theirs} title={row.theirs_title} kind={kind} />
    </span>
  );
}
