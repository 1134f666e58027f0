/** The cases of an order or parcel, each leading to its page. */
import { Table } from "antd";
import { Link, useNavigate } from "react-router";
import type { CaseRow } from "../../api/types";
import { useT, useTitle } from "../../i18n";
import { EmptyState } from "../../parts/EmptyState";
import { SeverityTag } from "../../parts/Tags";
import { DueText, TimeText } from "../../parts/Values";

export function CaseLinks({ rows }: { rows: CaseRow[] }) {
  const t = useT();
  const title = useTitle();
  const navigate = useNavigate();
  return (
    <Table<CaseRow>
      rowKey="id"
      size="small"
      dataSource={rows}
      pagination={false}
      scroll={{ x: "max-content" }}
      locale={{ emptyText: <EmptyState title={t("case.none")} hint={t("case.noneHint")} /> }}
      onRow={(row) => ({ onClick: () => navigate(`/cases/${row.id}`), className: "fh-row-open" })}
      columns={[
        { key: "id", title: "#", width: 70, render: (_, row) => <Link to={`/cases/${row.id}`}>#{row.id}</Link> },
        {
          key: "severity",
          title: t("case.severity"),
          width: 80,
          render: (_, row) => <SeverityTag severity={row.severity} />,
        },
        {
          key: "kind",
          title: t("case.kind"),
          width: 120,
          render: (_, row) => title("caseKind", row.kind, row.kind_title),
        },
        {
          key: "title",
          title: t("case.title"),
          width: 280,
          render: (_, row) => <span className="fh-wrap">{row.title}</span>,
        },
        {
          key: "status",
          title: t("case.status"),
          width: 130,
          render: (_, row) =>
            title("caseStatus", row.status) + (row.resolution_title ? ` · ${row.resolution_title}` : ""),
        },
        { key: "opened", title: t("case.openedAt"), width: 140, render: (_, row) => <TimeText at={row.opened_at} /> },
        {
          key: "due",
          title: t("case.dueAt"),
          width: 140,
          render: (_, row) => <DueText at={row.due_at} closed={row.closed_at !== null} />,
        },
      ]}
    />
  );
}
