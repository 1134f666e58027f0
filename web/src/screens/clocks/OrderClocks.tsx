/** The clocks of one order and its parcels, on the order's page. */
import { Skeleton, Table } from "antd";
import { Link } from "react-router";
import { useGet } from "../../api/queries";
import type { ClockItem } from "../../api/types";
import { useT, useTitle } from "../../i18n";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { TimeText } from "../../parts/Values";
import { ForecastText, LeftText, OutcomeTag, RiskText } from "./parts";

export function OrderClocks({ orderId }: { orderId: string }) {
  const t = useT();
  const title = useTitle();
  const { data, isError, error, refetch } = useGet<ClockItem[]>("clocks", `/api/clocks/order/${orderId}`);
  if (isError && !data) return <ErrorPanel error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton active paragraph={{ rows: 3 }} />;
  return (
    <Table<ClockItem>
      data-testid="order-clocks"
      rowKey="id"
      size="small"
      dataSource={data}
      pagination={false}
      scroll={{ x: "max-content" }}
      locale={{ emptyText: <EmptyState title={t("clock.ofOrderNone")} hint={t("clock.ofOrderNoneHint")} /> }}
      onRow={(row) => ({ "data-testid": `order-clock-${row.stage}` }) as object}
      columns={[
        {
          key: "stage",
          title: t("clock.stage"),
          width: 84,
          render: (_, row) => <b>{title("clock.stage", row.stage, row.stage_title)}</b>,
        },
        {
          key: "subject",
          title: t("clock.subject"),
          width: 150,
          render: (_, row) =>
            row.subject_kind === "shipment" ? <Link to={`/shipments/${row.subject_id}`}>{row.label}</Link> : row.label,
        },
        { key: "outcome", title: t("clock.outcome"), width: 104, render: (_, row) => <OutcomeTag row={row} /> },
        { key: "started", title: t("clock.startedAt"), width: 124, render: (_, row) => <TimeText at={row.started_at} /> },
        { key: "due", title: t("clock.dueAt"), width: 124, render: (_, row) => <TimeText at={row.due_at} /> },
        {
          key: "left",
          title: `${t("clock.left")} / ${t("clock.doneAt")}`,
          width: 150,
          render: (_, row) => <LeftText row={row} />,
        },
        {
          key: "risk",
          title: t("clock.risk"),
          width: 92,
          align: "right",
          render: (_, row) => <RiskText risk={row.risk} asked={row.due_at !== null} />,
        },
        { key: "forecast", title: t("clock.forecast"), width: 220, render: (_, row) => <ForecastText row={row} /> },
        { key: "basis", title: t("clock.basis"), width: 220, render: (_, row) => <small>{row.basis}</small> },
      ]}
    />
  );
}
