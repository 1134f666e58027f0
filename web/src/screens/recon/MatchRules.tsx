/** The match rules there are: each opens its editor, its trial on history, and its versions. */
import { Skeleton } from "antd";
import { Link } from "react-router";
import { useGet } from "../../api/queries";
import type { DeclarationKind } from "../../api/types-declarations";
import type { FxBody, MatchingBody, RatesBody } from "../../api/types-recon";
import { type Translate, useT } from "../../i18n";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { Panel } from "../../parts/Panel";
import { Flag } from "../../parts/Tags";

type Body = Partial<MatchingBody & RatesBody & FxBody>;

function inShort(body: Body, t: Translate): string {
  if (body.passes) {
    const passes = body.passes.map((each) => t(`pass.${each}` as "pass.fx")).join("、");
    return `${t("rule.centTolerance")} ${body.cent_tolerance_minor}　${passes}`;
  }
  if (body.rules) return `${body.rules.length} ${t("recon.item")}　${body.learn ? t("rule.learn") : ""}`;
  return `${body.rates?.length ?? 0} ${t("recon.item")}　${t("rule.tolerance")} ${body.tolerance_ppm}`;
}

export function MatchRules() {
  const t = useT();
  const answer = useGet<DeclarationKind<Body>>("declarations", "/api/declarations/match_rule");
  if (answer.isError && !answer.data) return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />;
  if (!answer.data) return <Skeleton active />;
  return (
    <Panel testId="match-rules">
      <table className="fh-recon-table">
        <tbody>
          {answer.data.declarations.map((each) => (
            <tr key={each.name}>
              <td>
                <Link to={`/recon/rules/${each.name}`}>{each.title}</Link>
              </td>
              <td>{inShort(each.body, t)}</td>
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
