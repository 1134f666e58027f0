/** Documents that are not booked (未过账), and why. */
import { Skeleton } from "antd";
import { Link } from "react-router";
import { useGet } from "../../api/queries";
import type { Unposted } from "../../api/types-ledger";
import { useT, useTitle } from "../../i18n";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { Panel } from "../../parts/Panel";
import { TimeText } from "../../parts/Values";

export function UnpostedList() {
  const t = useT();
  const title = useTitle();
  const answer = useGet<Unposted>("money", "/api/ledger/unposted");
  if (answer.isError && !answer.data) return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />;
  if (!answer.data) return <Skeleton active />;
  if (answer.data.total === 0) return <EmptyState title={t("unposted.none")} hint={t("unposted.noneHint")} />;
  return (
    <Panel title={t("unposted.shown", { n: answer.data.total, m: answer.data.items.length })}>
      <table className="fh-balance">
        <tbody>
          {answer.data.items.map((each) => (
            <tr key={`${each.document_kind}-${each.document_key}-${each.slot}`}>
              <td>
                {each.document_kind === "order" ? (
                  <Link to={`/orders/${each.document_key}`}>{title("ledger.documentKind", each.document_kind)}</Link>
                ) : (
                  title("ledger.documentKind", each.document_kind)
                )}
              </td>
              <td className="fh-number">{each.document_key}</td>
              <td>{each.problem}</td>
              <td>
                <TimeText at={each.changed_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
