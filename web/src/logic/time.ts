/** Times as people in Shanghai read them, whatever zone the browser is in. Pure; `now` is passed in. */

const PARTS = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Asia/Shanghai",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

type Field = "year" | "month" | "day" | "hour" | "minute" | "second";

function shanghai(iso: string): Record<Field, string> | null {
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime())) return null;
  const found: Record<string, string> = {};
  for (const part of PARTS.formatToParts(moment)) found[part.type] = part.value;
  return found as Record<Field, string>;
}

export function formatDay(iso: string | null | undefined): string {
  const at = iso ? shanghai(iso) : null;
  return at ? `${at.year}-${at.month}-${at.day}` : "";
}

/** `2026-11-22 14:23` */
export function formatMinute(iso: string | null | undefined): string {
  const at = iso ? shanghai(iso) : null;
  return at ? `${at.year}-${at.month}-${at.day} ${at.hour}:${at.minute}` : "";
}

/** `2026-11-22 14:23:05` */
export function formatSecond(iso: string | null | undefined): string {
  const at = iso ? shanghai(iso) : null;
  return at ? `${formatMinute(iso)}:${at.second}` : "";
}

/** `14:23:05` */
export function formatClock(iso: string | null | undefined): string {
  return formatSecond(iso).slice(11);
}

/** `14` of an hour given with any offset. */
export function hourOfDay(iso: string): string {
  return shanghai(iso)?.hour ?? "";
}

/** A wall-clock reading in Shanghai (`2026-11-22`, `2026-11-22 14:23`, with seconds or not) as an instant. */
export function fromShanghai(wall: string): string {
  const [day, clock = "00:00:00"] = wall.trim().split(/[ T]/);
  const full = clock.split(":").length === 2 ? `${clock}:00` : clock;
  return new Date(`${day}T${full}+08:00`).toISOString().replace(".000Z", "Z");
}

export function endOfShanghaiDay(day: string): string {
  return fromShanghai(`${day} 23:59:59`);
}

export function secondsBetween(from: string, to: string): number {
  return Math.round((new Date(to).getTime() - new Date(from).getTime()) / 1000);
}

export interface Duration {
  days: number;
  hours: number;
  minutes: number;
  seconds: number;
}

export function splitDuration(seconds: number): Duration {
  const whole = Math.abs(Math.round(seconds));
  return {
    days: Math.floor(whole / 86400),
    hours: Math.floor((whole % 86400) / 3600),
    minutes: Math.floor((whole % 3600) / 60),
    seconds: whole % 60,
  };
}

export interface DurationUnits {
  day: string;
  hour: string;
  minute: string;
  second: string;
}

/** The two largest units, enough to judge by: `3 天 4 小时`, `12 分`, `8 秒`; one where roughly is enough. */
export function durationWords(seconds: number, units: DurationUnits, most: 1 | 2 = 2): string {
  const { days, hours, minutes, seconds: rest } = splitDuration(seconds);
  const parts: [number, string][] = [
    [days, units.day],
    [hours, units.hour],
    [minutes, units.minute],
    [rest, units.second],
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  if (first < 0) return `0 ${units.second}`;
  return parts
    .slice(first, first + most)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(" ");
}
