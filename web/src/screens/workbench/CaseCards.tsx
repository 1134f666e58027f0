/** What waits for a person, a card for each kind (待办卡片): how many, and what most of them say against what. */
import { ArrowRightOutlined, FieldTimeOutlined, SwapOutlined, WarningOutlined } from "@ant-design/icons";
import { Link } from "react-router";
import type { CaseCount } from "../../api/types";
import { useT, useTitle } from "../../i18n";
import { EmptyState } from "../../parts/EmptyState";
import { Panel } from "../../parts/Panel";
import { Flag } from "../../parts/Tags";

export function CaseCards({ cases }: { cases: CaseCount[] }) {
  const t = useT();
  if (cases.every((each) => each.open === 0)) {
    return (
      <Panel className="fh-bench-cases">
        <EmptyState title={t("bench.noCases")} hint={t("bench.noCasesHint")} />
      </Panel>
    );
  }
  return (
    <div className="fh-bench-cases fh-case-cards">
      {cases
        .filter((each) => each.open > 0)
        .map((each) => (
          <Card key={each.kind} each={each} />
        ))}
    </div>
  );
}

function Card({ each }: { each: CaseCount }) {
  const t = useT();
  const title = useTitle();
  return (
    <div className="fh-case-card">
      <Link to={`/cases?kind=${encodeURIComponent(each.kind)}`} data-testid={`case-card-${each.kind}`}>
        <span className="fh-case-card-title">{title("caseKind", each.kind, each.title)}</span>
        <strong>{each.open.toLocaleString("en-US")}</strong>
        <span className="fh-case-card-notes">
          {each.severe > 0 && (
            <Flag mood="bad" icon={<WarningOutlined />}>
              {t("bench.severe", { n: each.severe })}
            </Flag>
          )}
          {each.overdue > 0 && (
            <Flag mood="warn" icon={<FieldTimeOutlined />}>
              {t("bench.overdue", { n: each.overdue })}
            </Flag>
          )}
          {each.severe + each.overdue === 0 && <span className="fh-soft">{t("bench.openCases")}</span>}
        </span>
        <ArrowRightOutlined className="fh-case-card-go" />
      </Link>
      {tellsAPair(each) && <Sides each={each} />}
    </div>
  );
}

/** A pair worth a line of its own: one that several cases share, in the words of a code table. */
function tellsAPair(each: CaseCount): boolean {
  const aboutMoney = each.kind.startsWith("payment.") || each.kind.startsWith("refund.");
  return Boolean(each.ours && each.theirs) && each.most > 1 && !aboutMoney;
}

/** The pair that most cases of this kind are about, as a way to exactly these. */
function Sides({ each }: { each: CaseCount }) {
  const t = useT();
  const title = useTitle();
  const prefix = each.kind.startsWith("order.") ? "orderState" : "state";
  const query = new URLSearchParams({ kind: each.kind, ours: each.ours ?? "", theirs: each.theirs ?? "" });
  return (
    <Link to={`/cases?${query}`} className="fh-case-card-sides" data-testid={`case-sides-${each.kind}`}>
      <SwapOutlined />
      {t("bench.sides", {
        ours: title(prefix, each.ours, each.ours_title),
        theirs: title(prefix, each.theirs, each.theirs_title),
      })}
      <b>{each.most.toLocaleString("en-US")}</b>
    </Link>
  );
}
