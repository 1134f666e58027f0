/** What may be done about which break: one rule a cause, each opens its editor. */
import { Skeleton } from "antd";
import { Link } from "react-router";
import { useGet } from "../../api/queries";
import type { CauseRule } from "../../api/types-compensation";
import type { DeclarationKind } from "../../api/types-declarations";
import { useT } from "../../i18n";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { Panel } from "../../parts/Panel";
import { Flag } from "../../parts/Tags";
import { ReminderRules } from "../reminders/ReminderRules";

export function RuleList() {
  return (
    <>
      <CauseRules />
      <ReminderRules />
    </>
  );
}

function CauseRules() {
  const t = useT();
  const answer = useGet<DeclarationKind<CauseRule>>("declarations", "/api/declarations/compensation_policy");
  if (answer.isError && !answer.data) return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />;
  if (!answer.data) return <Skeleton active />;
  return (
    <Panel title={t("comp.rules")} extra={<span className="fh-soft">{t("comp.mode.hint")}</span>} testId="compensation-rules">
      <table className="fh-balance">
        <tbody>
          {answer.data.declarations.map((each) => (
            <tr key={each.name}>
              <td>
                <Link to={`/money/compensation/rules/${each.name}`}>{each.title}</Link>
              </td>
              <td>
                <Flag mood={each.body.mode === "off" ? "mute" : each.body.mode === "automatic" ? "info" : "warn"}>
                  {t(`comp.mode.${each.body.mode}`)}
                </Flag>
              </td>
              <td className="fh-soft">
                {each.body.mode !== "off" &&
                  t("comp.limits", {
                    n: each.body.most_per_day.toLocaleString("en-US"),
                    sum: (each.body.most_minor_per_day / 100).toLocaleString("en-US"),
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
