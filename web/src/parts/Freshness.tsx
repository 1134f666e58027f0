/** Whether a source still speaks: a silent one is never green. */
import { CheckCircleOutlined, PauseCircleOutlined, QuestionCircleOutlined, WarningOutlined } from "@ant-design/icons";
import type { ReactNode } from "react";
import { useT } from "../i18n";
import { type Freshness, freshness } from "../logic/freshness";
import { Flag } from "./Tags";
import { useNow } from "./useNow";

const LOOKS: Record<Freshness, { mood: "ok" | "warn" | "bad" | "mute"; icon: ReactNode }> = {
  live: { mood: "ok", icon: <CheckCircleOutlined /> },
  quiet: { mood: "warn", icon: <PauseCircleOutlined /> },
  silent: { mood: "bad", icon: <WarningOutlined /> },
  never: { mood: "mute", icon: <QuestionCircleOutlined /> },
};

export function FreshnessTag({ at, enabled = true }: { at: string | null; enabled?: boolean }) {
  const t = useT();
  const now = useNow();
  if (!enabled) return <Flag mood="mute">{t("fresh.off")}</Flag>;
  const state = freshness(at, now);
  return (
    <Flag mood={LOOKS[state].mood} icon={LOOKS[state].icon}>
      {t(`fresh.${state}`)}
    </Flag>
  );
}
