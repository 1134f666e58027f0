/** What waits for a person, by corner of the house (待办): each kind with how many, and what most of them say against what. */
import { FieldTimeOutlined, SwapOutlined, WarningOutlined } from "@ant-design/icons";
import { Link } from "react-router";
import type { CaseCount } from "../../api/types";
import { useSession } from "../../app/session";
import { useT, useTitle } from "../../i18n";
import { type AreaCases, byArea } from "../../logic/benchAreas";
import { EmptyState } from "../../parts/EmptyState";
import { Panel } from "../../parts/Panel";
import { Flag } from "../../parts/Tags";

export function CaseCards({ cases }: { cases: CaseCount[] }) {
  const t = useT();
  const areas = byArea(cases);
  if (areas.length === 0) {
    return (
      <Panel className="fh-bench-cases">
        <EmptyState title={t("bench.noCases")} hint={t("bench.noCasesHint")} />
      </Panel>
    );
  }
  return (
    <div className="fh-bench-cases fh-case-areas">
      {areas.map((each) => (
        <AreaPanel key={each.area} each={each} />
      ))}
    </div>
  );
}

function AreaPanel({ each }: { each: AreaCases }) {
  const t = useT();
  return (
    <Panel
      title={t(`bench.area.${each.area}`)}
      extra={<b className="fh-number">{each.open.toLocaleString("en-US")}</b>}
      className="fh-case-area"
      testId={`case-area-${each.area}`}
    >
      {each.cases.map((one) => (
        <KindRow key={one.kind} each={one} />
      ))}
      {each.breaks.length > 0 && <BreaksRow count={each.breaks.length} />}
    </Panel>
  );
}

function KindRow({ each }: { each: CaseCount }) {
  const t = useT();
  const title = useTitle();
  return (
    <>
      <Link
        to={`/cases?kind=${encodeURIComponent(each.kind)}`}
        className="fh-case-row"
        data-testid={`case-card-${each.kind}`}
      >
        <span className="fh-case-row-title">{title("caseKind", each.kind, each.title)}</span>
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
        <strong>{each.open.toLocaleString("en-US")}</strong>
      </Link>
      {tellsAPair(each) && <Sides each={each} />}
    </>
  );
}

/** All breaks of the last reconciliation: they have a queue of their own. */
function BreaksRow({ count }: { count: number }) {
  const t = useT();
  const { can } = useSession();
  return (
    <Link to={can("money.view") ? "/recon/breaks" : "/cases"} className="fh-case-row" data-testid="case-breaks">
      <span className="fh-case-row-title">{t("bench.breaks")}</span>
      <span className="fh-soft">{t("bench.breakCauses", { n: count })}</span>
    </Link>
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
    <Link to={`/cases?${query}`} className="fh-case-row fh-case-sides" data-testid={`case-sides-${each.kind}`}>
      <SwapOutlined />
      <span className="fh-case-row-title">
        {t("bench.sides", {
          ours: title(prefix, each.ours, each.ours_title),
          theirs: title(prefix, each.theirs, each.theirs_title),
        })}
      </span>
      <b>{each.most.toLocaleString("en-US")}</b>
    </Link>
  );
}
