/** States, effects and severities: always an icon and a word, never colour alone. */
import {
  ArrowRightOutlined,
  CheckCircleOutlined,
  ClockCircleOutlined,
  CloseCircleOutlined,
  DoubleRightOutlined,
  DownOutlined,
  EyeInvisibleOutlined,
  MinusCircleOutlined,
  MinusOutlined,
  QuestionCircleOutlined,
  RollbackOutlined,
  StopOutlined,
  ThunderboltOutlined,
  UpOutlined,
} from "@ant-design/icons";
import { Tooltip } from "antd";
import type { ReactNode } from "react";
import type { Severity } from "../api/types";
import { useT, useTitle } from "../i18n";
import { LAST_RANK, rankOf, type Tone, toneOf } from "../logic/scale";

const TONE_ICONS: Record<Tone, ReactNode> = {
  bad: <CloseCircleOutlined />,
  done: <CheckCircleOutlined />,
  going: <ArrowRightOutlined />,
  mute: <MinusCircleOutlined />,
  back: <RollbackOutlined />,
  wait: <ClockCircleOutlined />,
};

interface StateProps {
  state: string | null | undefined;
  title?: string | null | undefined;
  kind?: "shipment" | "order";
  pips?: boolean;
}

/** A state with its place on the scale of ten nodes, where it has one. */
export function StateTag({ state, title, kind = "shipment", pips = false }: StateProps) {
  const words = useTitle();
  if (!state) return <span className="fh-blank">—</span>;
  const tone = toneOf(state);
  const rank = rankOf(state);
  return (
    <span className={`fh-tag fh-tone-${tone}`} data-state={state}>
      {TONE_ICONS[tone]}
      {words(kind === "order" ? "orderState" : "state", state, title)}
      {pips && rank !== null && <Pips rank={rank} />}
    </span>
  );
}

function Pips({ rank }: { rank: number }) {
  return (
    <span className="fh-pips" title={`${rank}/${LAST_RANK}`} aria-hidden>
      {Array.from({ length: LAST_RANK + 1 }, (_, at) => (
        <i key={at} className={at <= rank ? "on" : ""} />
      ))}
    </span>
  );
}

const EFFECT_ICONS: Record<string, ReactNode> = {
  advanced: <DoubleRightOutlined />,
  confirmed: <CheckCircleOutlined />,
  ignored: <EyeInvisibleOutlined />,
  held: <ThunderboltOutlined />,
  unmapped: <QuestionCircleOutlined />,
  silent: <MinusOutlined />,
  excluded: <StopOutlined />,
};

/** What a piece of evidence did to the state. */
export function EffectTag({ effect, title }: { effect: string; title?: string | null }) {
  const words = useTitle();
  const ours = words("effect", effect);
  return (
    <span className={`fh-tag fh-effect-${effect}`} data-effect={effect}>
      {EFFECT_ICONS[effect] ?? <MinusOutlined />}
      {ours === effect ? (title ?? effect) : ours}
    </span>
  );
}

export function HeldTag({ reason }: { reason?: string | null }) {
  const t = useT();
  return (
    <Tooltip title={reason}>
      <span className="fh-tag fh-effect-held">
        <ThunderboltOutlined />
        {t("state.held")}
      </span>
    </Tooltip>
  );
}

const SEVERITY_ICONS: Record<Severity, ReactNode> = {
  high: <UpOutlined />,
  medium: <MinusOutlined />,
  low: <DownOutlined />,
};

export function SeverityTag({ severity }: { severity: Severity }) {
  const words = useTitle();
  return (
    <span className={`fh-tag fh-severity-${severity}`}>
      {SEVERITY_ICONS[severity]}
      {words("severity", severity)}
    </span>
  );
}

type Mood = "ok" | "warn" | "bad" | "mute" | "info";

export function Flag({ mood, icon, children }: { mood: Mood; icon?: ReactNode; children: ReactNode }) {
  return (
    <span className={`fh-tag fh-mood-${mood}`}>
      {icon}
      {children}
    </span>
  );
}
