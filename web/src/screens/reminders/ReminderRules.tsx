/** Who is reminded to pay: one rule a channel, each opens its editor. */
import { Skeleton } from "antd";
import { Link } from "react-router";
import { useGet } from "../../api/queries";
import type { DeclarationKind } from "../../api/types-declarations";
import type { ReminderRule } from "../../api/types-reminders";
import { type Translate, useT } from "../../i18n";
import type { Word } from "../../i18n/words";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { Panel } from "../../parts/Panel";
import { Flag } from "../../parts/Tags";

const NAMED = new Set(["own", "taobao", "pdd", "douyin", "jd"]);

function ruleTitle(rule: { name: string; title: string }, t: Translate): string {
  return NAMED.has(rule.name) ? t(`remind.rule.${rule.name}` as Word) : rule.title;
}

export function ReminderRules() {
  const t = useT();
  const answer = useGet<DeclarationKind<ReminderRule>>("declarations", "/api/declarations/payment_reminder");
  if (answer.isError && !answer.data) return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />;
  if (!answer.data) return <Skeleton active />;
  return (
    <Panel title={t("remind.rules")} extra={<span className="fh-soft">{t("remind.rulesHint")}</span>} testId="reminder-rules">
      <table className="fh-balance">
        <tbody>
          {answer.data.declarations.map((each) => (
            <tr key={each.name}>
              <td>
                <Link to={`/money/compensation/reminders/${encodeURIComponent(each.name)}`}>{ruleTitle(each, t)}</Link>
              </td>
              <td>
                <Flag mood={each.body.mode === "off" ? "mute" : each.body.mode === "automatic" ? "info" : "warn"}>
                  {t(`remind.mode.${each.body.mode}`)}
                </Flag>
              </td>
              <td className="fh-soft">
                {each.body.mode !== "off" &&
                  t("remind.short", {
                    after: each.body.after_minutes.join(" / "),
                    most: each.body.most,
                    quiet: `${each.body.quiet_start}–${each.body.quiet_end}`,
                  })}
              </td>
              <td>
                <Flag mood="mute">{each.version ? `v${each.version}` : t("declaration.shipped")}</Flag>{" "}
                {each.has_draft && <Flag mood="warn">{t("policy.draft")}</Flag>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
