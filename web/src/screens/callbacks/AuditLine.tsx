/** Which audit is looked at, how far it is, and what it read: the numbers always add up. */
import { CheckCircleOutlined, ClockCircleOutlined, LoadingOutlined, WarningOutlined } from "@ant-design/icons";
import { Alert, Select } from "antd";
import type { ReactNode } from "react";
import { useGet } from "../../api/queries";
import type { AuditAbout, CallbackAudit } from "../../api/types-callbacks";
import { type Translate, useT } from "../../i18n";
import { formatMinute, secondsBetween } from "../../logic/time";
import { Flag } from "../../parts/Tags";

const LOOKS: Record<CallbackAudit["status"], { mood: "ok" | "info" | "bad" | "mute"; icon: ReactNode }> = {
  waiting: { mood: "mute", icon: <ClockCircleOutlined /> },
  running: { mood: "info", icon: <LoadingOutlined /> },
  done: { mood: "ok", icon: <CheckCircleOutlined /> },
  failed: { mood: "bad", icon: <WarningOutlined /> },
};
const LOOK_AGAIN_MS = 2_000;

/** 「自动 · 最近 72 小时 · 14:23」, or the file's name. */
function nameOf(audit: CallbackAudit, t: Translate): string {
  const who = audit.by_itself ? t("callback.byItself") : audit.asked_by;
  if (audit.origin === "file") return `${audit.file_name} · ${who} · ${formatMinute(audit.asked_at)}`;
  const source = audit.source ? ` · ${audit.source}` : "";
  return `${who} · ${spanOf(audit, t)}${source} · ${formatMinute(audit.asked_at)}`;
}

function spanOf(audit: CallbackAudit, t: Translate): string {
  const hours = Math.round(secondsBetween(audit.since ?? "", audit.until ?? "") / 3600);
  const recent = Math.abs(secondsBetween(audit.until ?? "", audit.asked_at)) < 120;
  return recent ? t("callback.lastHours", { n: hours }) : `${formatMinute(audit.since)} – ${formatMinute(audit.until)}`;
}

interface Props {
  about: AuditAbout;
  audit: CallbackAudit | null;
  onPick: (id: string) => void;
}

export function AuditLine({ about, audit, onPick }: Props) {
  const t = useT();
  const busy = audit?.status === "running" || audit?.status === "waiting";
  const { data } = useGet<CallbackAudit[]>(
    "callbacks",
    "/api/callbacks/audits",
    { about },
    { keep: true, ...(busy ? { refetchMs: LOOK_AGAIN_MS } : {}) },
  );
  const known = data ?? [];
  const all = audit && !known.some((each) => each.id === audit.id) ? [audit, ...known] : known;
  if (!audit) return null;
  const look = LOOKS[audit.status];
  return (
    <>
      <div className="fh-audit-line" data-testid="audit-line">
        <Select
          value={audit.id}
          options={all.map((each) => ({ value: each.id, label: nameOf(each, t) }))}
          onChange={onPick}
          popupMatchSelectWidth={false}
          data-testid="audit-pick"
        />
        <Flag mood={look.mood} icon={look.icon}>
          {t(`callback.status.${audit.status}`)}
        </Flag>
        <Sums audit={audit} />
      </div>
      {audit.status === "failed" && (
        <Alert type="error" showIcon className="fh-gap" title={t("callback.failed")} description={audit.problem} />
      )}
      {audit.found > audit.kept && (
        <Alert type="warning" showIcon className="fh-gap" title={t("callback.kept", { n: audit.kept })} />
      )}
    </>
  );
}

function Sums({ audit }: { audit: CallbackAudit }) {
  const t = useT();
  const said = (n: number) => n.toLocaleString("en-US");
  return (
    <span className="fh-audit-sums" data-testid="audit-sums">
      <span>
        {t("callback.read", { n: said(audit.read) })} = {t("callback.audited", { n: said(audit.audited) })} +{" "}
        {t("callback.unreadable", { n: said(audit.unreadable) })}
      </span>
      {audit.pending > 0 && <span>{t("callback.pending", { n: said(audit.pending) })}</span>}
      <span>{t("callback.subjects", { n: said(audit.subjects) })}</span>
      <b>{t("callback.foundN", { n: said(audit.found) })}</b>
      {audit.finished_at && <span>{t("callback.asOf", { at: formatMinute(audit.until ?? audit.finished_at) })}</span>}
    </span>
  );
}
