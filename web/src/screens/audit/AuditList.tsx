/** The whole audit chain (审计): every change of every state, newest first. */
import { useMemo, useState } from "react";
import { Link } from "react-router";
import { useFacets } from "../../api/queries";
import type { AuditRow } from "../../api/types";
import { type Translate, useT } from "../../i18n";
import { subjectPath } from "../../logic/subjects";
import { Blank, Copyable } from "../../parts/Copyable";
import { PageHead } from "../../parts/PageHead";
import { QueryTable } from "../../table/QueryTable";
import type { QueryColumn } from "../../table/types";
import { useListState } from "../../table/useListState";
import { Clocks, Move, Proof, Sequence, Teller } from "../evidence/AuditCells";
import { RawDrawer } from "../evidence/RawDrawer";

const SOURCE = { topic: "orders", path: "/api/audit" } as const;

function auditColumns(t: Translate, onRaw: (messageId: string) => void): QueryColumn<AuditRow>[] {
  return [
    {
      key: "id",
      title: t("audit.id"),
      width: 84,
      render: (row) => <span className="fh-number fh-soft">{row.id}</span>,
    },
    { key: "seq", title: t("audit.seq"), width: 112, render: (row) => <Sequence row={row} /> },
    {
      key: "subject",
      title: t("audit.subject"),
      width: 170,
      render: (row) => (
        <Copyable text={row.subject_label}>
          {row.subject_id ? (
            <Link to={`${subjectPath(row.subject_kind, row.subject_id)}?view=audit`}>
              {row.subject_label}
            </Link>
          ) : (
            row.subject_label
          )}
        </Copyable>
      ),
    },
    {
      key: "order",
      title: t("order.no"),
      width: 180,
      optional: true,
      render: (row) => <Copyable text={row.order_no} />,
    },
    { key: "move", title: t("audit.move"), width: 228, render: (row) => <Move row={row} /> },
    { key: "source", title: t("audit.source"), width: 160, render: (row) => <Teller row={row} /> },
    {
      key: "recorded_at",
      title: t("audit.clocks"),
      width: 176,
      sort: "recorded_at",
      render: (row) => <Clocks row={row} />,
    },
    {
      key: "reason",
      title: t("audit.reason"),
      width: 150,
      render: (row) => <span className="fh-wrap">{row.reason || <Blank />}</span>,
    },
    { key: "evidence", title: t("audit.evidence"), width: 140, render: (row) => <Proof row={row} onRaw={onRaw} /> },
  ];
}

export function AuditList() {
  const t = useT();
  const facets = useFacets();
  const control = useListState("-recorded_at");
  const [messageId, setMessageId] = useState<string | null>(null);
  const columns = useMemo(() => auditColumns(t, setMessageId), [t]);
  return (
    <>
      <PageHead title={t("menu.audit")} note={t("audit.intro")} />
      <QueryTable<AuditRow>
        screen="audit"
        testId="audit-table"
        source={SOURCE}
        control={control}
        columns={columns}
        fields={[
          { kind: "numbers", name: "q", label: t("order.numbers"), primary: true },
          { kind: "choice", name: "source", label: t("raw.source"), choices: facets.sources, primary: true },
          {
            kind: "days",
            name: "recorded",
            from: "recorded_from",
            to: "recorded_to",
            label: t("clock.recorded"),
            primary: true,
          },
          { kind: "text", name: "operator", label: t("audit.operator") },
          { kind: "choice", name: "to", label: t("audit.to"), choices: facets.shipment_states },
        ]}
        rowKey={(row) => row.id}
        rowTestId={() => "audit-row"}
        rowClass={(row) => (row.reversed ? "fh-reversed" : "")}
        empty={{ title: t("audit.empty"), hint: t("audit.emptyHint") }}
      />
      {messageId && <RawDrawer messageId={messageId} onClose={() => setMessageId(null)} />}
    </>
  );
}
