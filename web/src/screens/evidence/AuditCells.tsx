/** Cells of an audit row, the same wherever it is listed. */
import { ArrowRightOutlined, FileSearchOutlined, LinkOutlined, RollbackOutlined } from "@ant-design/icons";
import { Button, Tooltip } from "antd";
import type { AuditRow } from "../../api/types";
import { useT } from "../../i18n";
import { formatSecond } from "../../logic/time";
import { Blank, Copyable } from "../../parts/Copyable";
import { Flag, StateTag } from "../../parts/Tags";

const HASH_SHOWN = 10;

export function Sequence({ row }: { row: AuditRow }) {
  const t = useT();
  return (
    <span className="fh-audit-seq">
      <b className="fh-number">#{row.seq}</b>
      {row.reverses_seq !== null && (
        <Flag mood="info" icon={<RollbackOutlined />}>
          {t("audit.reverses", { n: row.reverses_seq })}
        </Flag>
      )}
      {row.reversed && <Flag mood="mute">{t("audit.reversed")}</Flag>}
    </span>
  );
}

export function Move({ row }: { row: AuditRow }) {
  const kind = row.subject_kind === "order" ? "order" : "shipment";
  return (
    <span className="fh-move">
      {row.from ? <StateTag state={row.from} title={row.from_title} kind={kind} /> : <Blank />}
      <ArrowRightOutlined />
      <StateTag state={row.to} title={row.to_title} kind={kind} />
    </span>
  );
}

export function Clocks({ row }: { row: AuditRow }) {
  const t = useT();
  return (
    <span className="fh-two-clocks fh-number">
      <span>
        <small>{t("clock.occurred")}</small> {formatSecond(row.occurred_at) || t("clock.unsaid")}
      </span>
      <span>
        <small>{t("clock.recorded")}</small> {formatSecond(row.recorded_at)}
      </span>
    </span>
  );
}

export function Teller({ row }: { row: AuditRow }) {
  const person = [row.operator, row.ip].filter(Boolean).join(" · ");
  return (
    <>
      <div>{row.source_title}</div>
      {person && <small className="fh-soft">{person}</small>}
    </>
  );
}

/** The row's place in the chain, and the message it rests on. */
export function Proof({ row, onRaw }: { row: AuditRow; onRaw: (messageId: string) => void }) {
  const t = useT();
  const { message_id: messageId } = row;
  return (
    <span className="fh-audit-proof">
      <Tooltip title={t("audit.hashHint")}>
        <span className="fh-hash">
          <LinkOutlined /> <Copyable text={row.hash}>{row.hash.slice(0, HASH_SHOWN)}</Copyable>
        </span>
      </Tooltip>
      {messageId && (
        <Button type="link" size="small" icon={<FileSearchOutlined />} onClick={() => onRaw(messageId)}>
          {t("timeline.raw")}
        </Button>
      )}
    </span>
  );
}
