/** A payment's and a refund's words: always an icon and a word. */
import {
  CheckCircleOutlined,
  ClockCircleOutlined,
  CloseCircleOutlined,
  LinkOutlined,
  MinusCircleOutlined,
  QuestionCircleOutlined,
  StopOutlined,
} from "@ant-design/icons";
import type { ReactNode } from "react";
import { Flag } from "../../parts/Tags";

type Mood = "ok" | "warn" | "bad" | "mute" | "info";

const STATES: Record<string, [Mood, ReactNode]> = {
  awaiting: ["info", <ClockCircleOutlined key="i" />],
  processing: ["info", <ClockCircleOutlined key="i" />],
  success: ["ok", <CheckCircleOutlined key="i" />],
  closed: ["mute", <MinusCircleOutlined key="i" />],
  failed: ["bad", <CloseCircleOutlined key="i" />],
};

const BINDINGS: Record<string, [Mood, ReactNode]> = {
  bound: ["ok", <LinkOutlined key="i" />],
  pending: ["info", <ClockCircleOutlined key="i" />],
  refused: ["bad", <StopOutlined key="i" />],
};

const UNKNOWN: [Mood, ReactNode] = ["warn", <QuestionCircleOutlined key="i" />];

export function MoneyState({ state, title }: { state: string; title: string }) {
  const [mood, icon] = STATES[state] ?? UNKNOWN;
  return (
    <Flag mood={mood} icon={icon}>
      {title}
    </Flag>
  );
}

export function Binding({ binding, title }: { binding: string; title: string }) {
  const [mood, icon] = BINDINGS[binding] ?? UNKNOWN;
  return (
    <Flag mood={mood} icon={icon}>
      {title}
    </Flag>
  );
}
