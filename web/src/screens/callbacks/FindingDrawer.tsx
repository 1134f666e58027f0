/** One finding whole: both sides, what was done, the rule, and every way to the evidence. */
import { Button, Drawer, Skeleton } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { useGet } from "../../api/queries";
import type { CallbackFinding } from "../../api/types-callbacks";
import { useSession } from "../../app/session";
import { type Translate, useT } from "../../i18n";
import { Blank, Copyable } from "../../parts/Copyable";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { Facts } from "../../parts/Facts";
import { SeverityTag } from "../../parts/Tags";
import { TimeText } from "../../parts/Values";
import { RawDrawer } from "../evidence/RawDrawer";
import { CaseCell } from "./CaseCell";

interface Props {
  auditId: string;
  id: string;
  onClose: () => void;
}

export function FindingDrawer({ auditId, id, onClose }: Props) {
  const t = useT();
  const answer = useGet<CallbackFinding>("callbacks", `/api/callbacks/audits/${auditId}/findings/${id}`);
  return (
    <Drawer open onClose={onClose} size={760} title={answer.data?.kind_title ?? t("callback.detail")}>
      <div data-testid="finding-drawer">
        {answer.isError && !answer.data && <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />}
        {answer.isPending && <Skeleton active paragraph={{ rows: 8 }} />}
        {answer.data && <Finding row={answer.data} auditId={auditId} />}
      </div>
    </Drawer>
  );
}

function Finding({ row, auditId }: { row: CallbackFinding; auditId: string }) {
  const t = useT();
  return (
    <>
      <p className="fh-finding-words" data-testid="finding-words">
        <SeverityTag severity={row.severity} /> {row.words}
      </p>
      <Facts items={facts(row, t)} />
      <Acts row={row} auditId={auditId} />
    </>
  );
}

function facts(row: CallbackFinding, t: Translate) {
  return [
    { key: "theirs", label: t("callback.theirs"), wide: true, children: <span className="fh-finding-side">{row.theirs}</span> },
    { key: "ours", label: t("callback.ours"), wide: true, children: <span className="fh-finding-side">{row.ours}</span> },
    { key: "field", label: t("callback.field"), children: row.field || <Blank /> },
    { key: "rule", label: t("callback.rule"), children: row.rule_title },
    { key: "done", label: t("callback.done"), wide: true, children: row.done || <Blank /> },
    { key: "number", label: t("shipment.no"), children: <Copyable text={row.number} /> },
    { key: "order", label: t("order.no"), children: <Copyable text={row.order_no} /> },
    { key: "carrier", label: t("shipment.carrier"), children: row.carrier_title || <Blank /> },
    { key: "source", label: t("raw.source"), children: row.source_title || <Blank /> },
    { key: "at", label: t("callback.at"), children: <TimeText at={row.at} /> },
    { key: "where", label: t("raw.file"), children: row.where || <Blank /> },
  ];
}

function Acts({ row, auditId }: { row: CallbackFinding; auditId: string }) {
  const t = useT();
  const { can } = useSession();
  const [raw, setRaw] = useState(false);
  return (
    <div className="fh-finding-acts">
      {row.message_id && can("inbox.view") && (
        <Button onClick={() => setRaw(true)} data-testid="finding-raw">
          {t("callback.openMessage")}
        </Button>
      )}
      {row.shipment_id && (
        <Link to={`/shipments/${row.shipment_id}`}>
          <Button data-testid="finding-shipment">{t("callback.openShipment")}</Button>
        </Link>
      )}
      {row.order_id && (
        <Link to={`/orders/${row.order_id}`}>
          <Button data-testid="finding-order">{t("callback.openOrder")}</Button>
        </Link>
      )}
      {row.link && (
        <Link to={row.link}>
          <Button data-testid="finding-rule">
            {t(row.link.startsWith("/mapping") ? "callback.toMapper" : "callback.toFuse")}
          </Button>
        </Link>
      )}
      <CaseCell row={row} auditId={auditId} size="middle" />
      {raw && row.message_id && <RawDrawer messageId={row.message_id} onClose={() => setRaw(false)} />}
    </div>
  );
}
