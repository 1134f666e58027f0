/** What was said of a payment or refund: timeline of two clocks, audit, cases. */
import { Tabs } from "antd";
import type { AuditRow, CaseRow, TimelineItem } from "../../api/types";
import { useT } from "../../i18n";
import { Panel } from "../../parts/Panel";
import { AuditTable } from "../evidence/AuditTable";
import { CaseLinks } from "../evidence/CaseLinks";
import { Timeline } from "../evidence/Timeline";

interface Props {
  timeline: TimelineItem[];
  audit: AuditRow[];
  cases: CaseRow[];
  tab: string;
  onTab: (tab: string) => void;
}

export function ToldTabs({ timeline, audit, cases, tab, onTab }: Props) {
  const t = useT();
  return (
    <Panel>
      <Tabs
        activeKey={tab}
        onChange={onTab}
        items={[
          {
            key: "timeline",
            label: <span data-testid="detail-tab-timeline">{`${t("order.timeline")} ${timeline.length}`}</span>,
            children: <Timeline items={timeline} showSubject={false} />,
          },
          {
            key: "cases",
            label: <span data-testid="detail-tab-cases">{`${t("order.cases")} ${cases.length}`}</span>,
            children: <CaseLinks rows={cases} />,
          },
          {
            key: "audit",
            label: <span data-testid="detail-tab-audit">{`${t("order.audit")} ${audit.length}`}</span>,
            children: <AuditTable rows={audit} />,
          },
        ]}
      />
    </Panel>
  );
}
