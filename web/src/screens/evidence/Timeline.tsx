/** One timeline with two clocks (双时钟时间线): when it happened on the left, when we heard on the right. */
import { EnvironmentOutlined, FileSearchOutlined, SwapOutlined, UserOutlined } from "@ant-design/icons";
import { Button, Segmented, Tooltip } from "antd";
import { useMemo, useState } from "react";
import type { TimelineItem } from "../../api/types";
import { useReason, useT } from "../../i18n";
import { type Lateness, lateness } from "../../logic/lateness";
import { durationWords, formatDay, formatSecond } from "../../logic/time";
import { type Clock, knownAt, ordered, overtaken } from "../../logic/timeline";
import { EmptyState } from "../../parts/EmptyState";
import { EffectTag, Flag, StateTag } from "../../parts/Tags";
import { useUnits } from "../../parts/Values";
import { RawDrawer } from "./RawDrawer";

interface Props {
  items: readonly TimelineItem[];
  asOf?: string | null;
  compact?: boolean;
  showSubject?: boolean;
}

export function Timeline({ items, asOf = null, compact = false, showSubject = true }: Props) {
  const t = useT();
  const [clock, setClock] = useState<Clock>("occurred");
  const [raw, setRaw] = useState<TimelineItem | null>(null);
  const shown = useMemo(() => ordered(items, clock), [items, clock]);
  const late = useMemo(() => overtaken(items), [items]);
  if (items.length === 0) return <EmptyState title={t("timeline.empty")} hint={t("timeline.emptyHint")} />;
  return (
    <div className={compact ? "fh-tl fh-tl-compact" : "fh-tl"} data-testid="timeline">
      {!compact && (
        <div className="fh-tl-tools">
          <span className="fh-soft">{t("timeline.sortBy")}</span>
          <Segmented
            size="small"
            value={clock}
            onChange={(value) => setClock(value as Clock)}
            options={[
              { value: "occurred", label: t("clock.occurred") },
              { value: "heard", label: t("clock.heard") },
            ]}
          />
        </div>
      )}
      <ol>
        {shown.map((item, at) => (
          <Entry
            key={item.key}
            item={item}
            previous={shown[at - 1]}
            clock={clock}
            overtaken={late.has(item.key)}
            known={knownAt(item, asOf)}
            showSubject={showSubject}
            onRaw={() => setRaw(item)}
          />
        ))}
      </ol>
      {raw?.message_id && <RawDrawer messageId={raw.message_id} item={raw.item} onClose={() => setRaw(null)} />}
    </div>
  );
}

interface EntryProps {
  item: TimelineItem;
  previous: TimelineItem | undefined;
  clock: Clock;
  overtaken: boolean;
  known: boolean;
  showSubject: boolean;
  onRaw: () => void;
}

function Entry({ item, previous, clock, overtaken: wasOvertaken, known, showSubject, onRaw }: EntryProps) {
  const t = useT();
  const reason = useReason();
  const lead = clock === "heard" ? item.heard_at : item.occurred_at;
  const before = previous && (clock === "heard" ? previous.heard_at : previous.occurred_at);
  const classes = ["fh-tl-item", `fh-node-${item.effect}`, known ? "" : "fh-tl-unknown"].join(" ");
  return (
    <li className={classes} data-testid="timeline-item" data-effect={item.effect}>
      <Happened at={lead} day={formatDay(lead) !== formatDay(before)} word={clock} />
      <span className="fh-tl-node" aria-hidden />
      <div className="fh-tl-body">
        <div className="fh-tl-line">
          {showSubject && <span className="fh-tl-subject">{item.subject_label}</span>}
          {item.claimed && <StateTag state={item.claimed} title={item.claimed_title} kind={item.subject_kind} />}
          {item.code && <code>{item.code}</code>}
          <EffectTag effect={item.effect} title={item.effect_title} />
          {item.kind !== "event" && (
            <Flag mood="info" icon={<UserOutlined />}>
              {t(`timeline.${item.kind}`)}
            </Flag>
          )}
          {wasOvertaken && (
            <Tooltip title={t("timeline.overtakenHint")}>
              <span>
                <Flag mood="warn" icon={<SwapOutlined />}>
                  {t("timeline.overtaken")}
                </Flag>
              </span>
            </Tooltip>
          )}
          {!known && <Flag mood="mute">{t("asOf.notYet")}</Flag>}
        </div>
        {item.text && <p className="fh-tl-text">{item.text}</p>}
        <div className="fh-tl-foot">
          <span>{item.source_title}</span>
          {item.location && (
            <span>
              <EnvironmentOutlined /> {item.location}
            </span>
          )}
          {item.reason && <span className="fh-tl-reason">{reason(item.reason)}</span>}
          {item.message_id && (
            <Button type="link" size="small" icon={<FileSearchOutlined />} onClick={onRaw} data-testid="open-raw">
              {t("timeline.raw")}
            </Button>
          )}
        </div>
      </div>
      <Heard item={item} clock={clock} />
    </li>
  );
}

function Happened({ at, day, word }: { at: string | null; day: boolean; word: Clock }) {
  const t = useT();
  if (!at) return <span className="fh-tl-when fh-soft">{t(word === "occurred" ? "clock.unsaid" : "clock.heard")}</span>;
  const full = formatSecond(at);
  return (
    <time className="fh-tl-when fh-number" dateTime={at} title={full}>
      {day && <b>{full.slice(0, 10)}</b>}
      <span>{full.slice(11)}</span>
    </time>
  );
}

const BARS: Record<Lateness, number> = { unknown: 0, ahead: 0, prompt: 8, late: 45, very_late: 100 };

/** The other clock, and how far it is behind: as words and as the length of a bar. */
function Heard({ item, clock }: { item: TimelineItem; clock: Clock }) {
  const t = useT();
  const units = useUnits();
  const delay = lateness(item.occurred_at, item.heard_at);
  const other = clock === "heard" ? item.occurred_at : item.heard_at;
  const words = t(`late.${delay.level}`, { d: durationWords(delay.seconds, units) });
  return (
    <span className={`fh-tl-heard fh-late-${delay.level}`}>
      <time className="fh-number" dateTime={other ?? ""}>
        <small>{t(clock === "heard" ? "clock.occurred" : "clock.heard")}</small>{" "}
        {formatSecond(other) || t("clock.unsaid")}
      </time>
      <span className="fh-late-bar" aria-hidden>
        <i style={{ width: `${BARS[delay.level]}%` }} />
      </span>
      <em>{words}</em>
    </span>
  );
}
