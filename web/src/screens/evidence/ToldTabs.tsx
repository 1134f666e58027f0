/** What was said of a parcel, a payment or a refund: timeline of two clocks, cases, audit. */
import { Tabs } from "antd";
import type { ReactNode } from "react";
import type { AuditRow, CaseRow, TimelineItem } from "../../api/types";
import { useT } from "../../i18n";
import { Panel } from "../../parts/Panel";
import { AuditTable } from "./AuditTable";
import { CaseLinks } from "./CaseLinks";
import { Timeline } from "./Timeline";

interface Props {
  timeline: TimelineItem[];
  audit: AuditRow[];
  cases: CaseRow[];
  tab: string;
  onTab: (tab: string) => void;
  /** What else there is to see of it. */
  more?: { key: string; label: string; children: ReactNode }[];
}

export function ToldTabs({ timeline, audit, cases, tab, onTab, more = [] }: Props) {
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
          ...more.map((each) => ({
            ...each,
            label: <span data-testid={`detail-tab-${each.key}`}>{each.label}</span>,
          })),
        ]}
      />
    </Panel>
  );
}
