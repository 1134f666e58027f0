/** Whether sources still speak, as the hub judges it: a silent one is never green, and no list is fresher than its sources. */
import {
  CheckCircleOutlined,
  ClockCircleOutlined,
  QuestionCircleOutlined,
  StopOutlined,
  WarningOutlined,
} from "@ant-design/icons";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { useGet } from "../api/queries";
import type { FreshnessAnswer, SourceFreshness, Standing } from "../api/types";
import { useT, useTitle } from "../i18n";
import { Flag } from "./Tags";
import { AgoText } from "./Values";

const LOOKS: Record<Standing, { mood: "ok" | "warn" | "bad" | "mute"; icon: ReactNode }> = {
  fresh: { mood: "ok", icon: <CheckCircleOutlined /> },
  late: { mood: "warn", icon: <ClockCircleOutlined /> },
  silent: { mood: "bad", icon: <WarningOutlined /> },
  never: { mood: "bad", icon: <QuestionCircleOutlined /> },
  unknown: { mood: "mute", icon: <QuestionCircleOutlined /> },
  off: { mood: "mute", icon: <StopOutlined /> },
};

export function StandingTag({ standing, title }: { standing: Standing; title?: string }) {
  const words = useTitle();
  return (
    <Flag mood={LOOKS[standing].mood} icon={LOOKS[standing].icon}>
      <span data-standing={standing}>{words("standing", standing, title)}</span>
    </Flag>
  );
}

const REFRESH_MS = 60_000;

export function useFreshness(kind = "") {
  return useGet<FreshnessAnswer>("freshness", "/api/freshness", { kind }, { refetchMs: REFRESH_MS, keep: true });
}

const ORDER: Standing[] = ["silent", "never", "late", "unknown", "off", "fresh"];
const MOST_NAMED = 4;

/** The line beside a list: each source that feeds it with its last good call, the worst first. */
export function FreshnessBar({ kind }: { kind: "channel" | "carrier" }) {
  const t = useT();
  const { data, isError } = useFreshness(kind);
  if (isError && !data) return <span className="fh-soft">{t("fresh.cannotTell")}</span>;
  if (!data) return null;
  if (data.items.length === 0) return <span className="fh-soft">{t("fresh.noSources")}</span>;
  const told = [...data.items].sort((a, b) => ORDER.indexOf(a.standing) - ORDER.indexOf(b.standing));
  return (
    <span className="fh-fresh-bar" data-testid="freshness-bar" data-worst={data.worst}>
      <span className="fh-soft">{t("fresh.fedBy")}</span>
      {told.slice(0, MOST_NAMED).map((source) => (
        <FedBy key={source.id} source={source} />
      ))}
      {told.length > MOST_NAMED && <Link to="/freshness">{t("fresh.more", { n: told.length - MOST_NAMED })}</Link>}
    </span>
  );
}

function FedBy({ source }: { source: SourceFreshness }) {
  return (
    <Link to={`/freshness?open=${encodeURIComponent(source.id)}`} className="fh-fed-by">
      <StandingTag standing={source.standing} title={source.standing_title} />
      {source.title} <AgoText at={source.last_good_at} />
    </Link>
  );
}
