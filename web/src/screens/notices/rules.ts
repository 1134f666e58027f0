/** A rule of notification as the form begins with it. Pure. */
import type { RuleValues, Targets } from "../../api/types-notices";

export const NOBODY: Targets = { robots: [], roles: [], people: [], owner: false };

export const NEW_RULE: RuleValues = {
  title: "",
  enabled: true,
  events: ["opened"],
  kinds: [],
  severities: [],
  shops: [],
  targets: NOBODY,
  message_title: "【{severity}】{kind}",
  message_body: [
    "### 【{severity}】{kind}",
    "> {event} · 工单 #{case}",
    "",
    "**{title}**",
    "",
    "- 订单:{order_no} · 运单:{tracking_no}({carrier})",
    "- 店铺:{shop}",
    "- 我方「{ours}」,对方「{theirs}」",
    "- 从何时起:{since}(已 {lasting})",
    "- 影响:{money},买家 {buyer}",
    "- 怎么办:{advice}",
    "",
    "[打开工单]({link})",
  ].join("\n"),
  quiet: null,
  digest: { minutes: 5, more_than: 3, top: 5, severe_at_once: false },
  dedupe_minutes: 60,
  escalation: [],
};

/** Put a placeholder where the cursor stands. */
export function inserted(text: string, name: string, at: number): string {
  return `${text.slice(0, at)}{${name}}${text.slice(at)}`;
}
