/** Small values as every screen shows them: money, times, waits. */
import { ClockCircleOutlined } from "@ant-design/icons";
import { Tooltip } from "antd";
import type { Money as MoneyValue } from "../api/types";
import { useT } from "../i18n";
import { formatMoney } from "../logic/money";
import { type DurationUnits, durationWords, formatMinute, formatSecond, secondsBetween } from "../logic/time";
import { Blank } from "./Copyable";
import { useNow } from "./useNow";

export function MoneyText({ money }: { money: MoneyValue | null | undefined }) {
  return money ? <span className="fh-money">{formatMoney(money)}</span> : <Blank />;
}

/** `2026-11-22 14:23`, seconds on hover. */
export function TimeText({ at }: { at: string | null | undefined }) {
  if (!at) return <Blank />;
  return (
    <time dateTime={at} title={formatSecond(at)} className="fh-number">
      {formatMinute(at)}
    </time>
  );
}

export function useUnits(): DurationUnits {
  const t = useT();
  return { day: t("unit.day"), hour: t("unit.hour"), minute: t("unit.minute"), second: t("unit.second") };
}

/** Seconds only where nothing larger is to be said. */
function wholeMinutes(seconds: number): number {
  return Math.abs(seconds) < 60 ? seconds : seconds - (seconds % 60);
}

/** `3 分 前`, the exact time on hover. */
export function AgoText({ at }: { at: string | null | undefined }) {
  const t = useT();
  const units = useUnits();
  const now = useNow();
  if (!at) return <Blank />;
  const seconds = Math.max(0, secondsBetween(at, now));
  return (
    <Tooltip title={formatSecond(at)}>
      <time dateTime={at}>
        {seconds < 60 ? t("time.justNow") : t("time.ago", { d: durationWords(seconds, units, 1) })}
      </time>
    </Tooltip>
  );
}

/** A due time: how long is left, or by how much it was missed. Never colour alone. */
export function DueText({ at, closed = false }: { at: string | null; closed?: boolean }) {
  const t = useT();
  const units = useUnits();
  const now = useNow();
  if (!at) return <Blank />;
  if (closed) return <TimeText at={at} />;
  const left = secondsBetween(now, at);
  const words = t(left < 0 ? "time.overdue" : "time.left", { d: durationWords(wholeMinutes(left), units) });
  return (
    <span
      className={left < 0 ? "fh-due fh-due-over" : left < 3600 ? "fh-due fh-due-soon" : "fh-due"}
      title={formatMinute(at)}
    >
      <ClockCircleOutlined /> {words}
    </span>
  );
}

export function CountText({ count }: { count: number }) {
  return <span className="fh-number">{count.toLocaleString("en-US")}</span>;
}
