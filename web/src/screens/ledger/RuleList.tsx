/** Which rules book what: each opens its editor. */
import { Skeleton } from "antd";
import { Link } from "react-router";
import { useGet } from "../../api/queries";
import type { DeclarationKind } from "../../api/types-declarations";
import type { Chart, PostingRule } from "../../api/types-ledger";
import { useT } from "../../i18n";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { Panel } from "../../parts/Panel";
import { Flag } from "../../parts/Tags";

export function useChart(): Chart | null {
  const answer = useGet<DeclarationKind<Chart>>("declarations", "/api/declarations/chart_of_accounts");
  return answer.data?.declarations[0]?.body ?? null;
}

export function RuleList() {
  const t = useT();
  const chart = useChart();
  const answer = useGet<DeclarationKind<PostingRule>>("declarations", "/api/declarations/posting_rule");
  if (answer.isError && !answer.data) return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />;
  if (!answer.data) return <Skeleton active />;
  const named = (code: string) =>
    code === "{clearing}"
      ? t("posting.clearing")
      : (chart?.accounts.find((each) => each.code === code)?.title ?? code);
  return (
    <Panel
      title={t("menu.posting")}
      extra={<Link to="/ledger/chart_of_accounts/default">{t("chart.title")}</Link>}
      testId="posting-rules"
    >
      <table className="fh-balance">
        <tbody>
          {answer.data.declarations.map((each) => (
            <tr key={each.name}>
              <td>
                <Link to={`/ledger/posting_rule/${each.name}`}>{each.title}</Link>
              </td>
              <td>
                {each.body.entries.length === 0
                  ? t("posting.none")
                  : each.body.entries
                      .map((entry) => `${t(`posting.side.${entry.side}`)} ${named(entry.account)}`)
                      .join("　")}
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
