/** Layouts that statements are recognised by: one's own with every version, and the shipped ones. */
import { useQueryClient } from "@tanstack/react-query";
import { Button, Popconfirm, Skeleton, Table } from "antd";
import { api } from "../../api/client";
import { invalidate, useGet } from "../../api/queries";
import type { LayoutRow, LayoutVersion } from "../../api/types-statements";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { Flag } from "../../parts/Tags";
import { TimeText } from "../../parts/Values";
import { useAct } from "../../parts/useAct";

export function LayoutList() {
  const t = useT();
  const answer = useGet<LayoutRow[]>("statements", "/api/statement-layouts");
  if (answer.isError) return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} page />;
  if (answer.isPending) return <Skeleton active paragraph={{ rows: 8 }} />;
  return (
    <div className="fh-list-card fh-layouts" data-testid="statement-layouts">
      <Table<LayoutRow>
        size="small"
        rowKey="name"
        pagination={false}
        dataSource={answer.data}
        locale={{ emptyText: <EmptyState title={t("layoutList.empty")} /> }}
        expandable={{
          expandedRowRender: (row) => <Versions layout={row} />,
          rowExpandable: (row) => row.versions.length > 0,
        }}
        columns={[
          { title: t("layoutList.title"), dataIndex: "title" },
          { title: t("layoutList.name"), width: 220, render: (_, row) => <code>{row.name}</code> },
          { title: t("stmt.provider"), dataIndex: "provider", width: 130 },
          { title: t("stmt.ledger"), dataIndex: "ledger", width: 130 },
          { title: t("layoutList.version"), dataIndex: "version", width: 90, align: "right" },
          {
            title: "",
            width: 100,
            render: (_, row) => (
              <Flag mood={row.shipped ? "mute" : "info"}>
                {row.shipped ? t("layoutList.shipped") : t("layoutList.own")}
              </Flag>
            ),
          },
        ]}
      />
    </div>
  );
}

function Versions({ layout }: { layout: LayoutRow }) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const { can } = useSession();
  const back = (version: number) =>
    act(
      async () => {
        await api.post(`/api/statement-layouts/${layout.name}/roll-back`, { version, note: "" });
        invalidate(client, ["statements"]);
      },
      { done: t("layoutList.rolledBack", { n: version }) },
    );
  return (
    <Table<LayoutVersion>
      size="small"
      rowKey="version"
      pagination={false}
      dataSource={layout.versions}
      columns={[
        { title: t("layoutList.version"), dataIndex: "version", width: 80 },
        { title: t("stmt.at"), width: 160, render: (_, one) => <TimeText at={one.at} /> },
        { title: t("stmt.by"), dataIndex: "author", width: 120 },
        { title: t("wizard.note"), dataIndex: "note" },
        {
          title: "",
          width: 140,
          render: (_, one) =>
            can("money.import") &&
            one.version !== layout.version && (
              <Popconfirm
                title={t("layoutList.rollBack", { n: one.version })}
                onConfirm={() => void back(one.version)}
                okButtonProps={{ "data-testid": "roll-back-confirm" }}
              >
                <Button size="small" data-testid={`roll-back-${one.version}`}>
                  {t("layoutList.rollBack", { n: one.version })}
                </Button>
              </Popconfirm>
            ),
        },
      ]}
    />
  );
}
