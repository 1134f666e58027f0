/** The audit rows of one order or parcel (审计表): hash-chained; a reversed row is struck through and says so. */
import { Table } from "antd";
import { useState } from "react";
import type { AuditRow } from "../../api/types";
import { useReason, useT } from "../../i18n";
import { EmptyState } from "../../parts/EmptyState";
import { Clocks, Move, Proof, Sequence, Teller } from "./AuditCells";
import { RawDrawer } from "./RawDrawer";

const WIDTH = 1118;

export function AuditTable({ rows }: { rows: AuditRow[] }) {
  const t = useT();
  const reason = useReason();
  const [messageId, setMessageId] = useState<string | null>(null);
  return (
    <>
      <Table<AuditRow>
        rowKey="id"
        size="small"
        dataSource={rows}
        pagination={false}
        scroll={{ x: WIDTH }}
        onRow={(row) => ({ "data-testid": "audit-row", className: row.reversed ? "fh-reversed" : "" }) as object}
        locale={{ emptyText: <EmptyState title={t("audit.empty")} hint={t("audit.emptyHint")} /> }}
        columns={[
          { key: "seq", title: t("audit.seq"), width: 104, render: (_, row) => <Sequence row={row} /> },
          {
            key: "subject",
            title: t("audit.subject"),
            width: 136,
            render: (_, row) => <span>{row.subject_label}</span>,
          },
          { key: "move", title: t("audit.move"), width: 232, render: (_, row) => <Move row={row} /> },
          { key: "source", title: t("audit.source"), width: 150, render: (_, row) => <Teller row={row} /> },
          { key: "clocks", title: t("audit.clocks"), width: 176, render: (_, row) => <Clocks row={row} /> },
          {
            key: "reason",
            title: t("audit.reason"),
            width: 180,
            render: (_, row) => <span className="fh-wrap">{reason(row.reason)}</span>,
          },
          {
            key: "evidence",
            title: t("audit.evidence"),
            width: 140,
            render: (_, row) => <Proof row={row} onRaw={setMessageId} />,
          },
        ]}
      />
      {messageId && <RawDrawer messageId={messageId} onClose={() => setMessageId(null)} />}
    </>
  );
}
