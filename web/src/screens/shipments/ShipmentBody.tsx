/** All that is known about one parcel. */
import { Tabs } from "antd";
import { Link } from "react-router";
import type { ShipmentPage } from "../../api/types";
import { useT } from "../../i18n";
import { Panel } from "../../parts/Panel";
import { Flag } from "../../parts/Tags";
import { DueText } from "../../parts/Values";
import { AuditTable } from "../evidence/AuditTable";
import { CaseLinks } from "../evidence/CaseLinks";
import { PathRail } from "../evidence/PathRail";
import { Timeline } from "../evidence/Timeline";
import { WatchPanel } from "../heartbeat/WatchPanel";
import { CorrectButton } from "./CorrectButton";

interface Props {
  page: ShipmentPage;
  tab: string;
  onTab: (tab: string) => void;
}

export function ShipmentBody({ page, tab, onTab }: Props) {
  const t = useT();
  const { shipment, timeline, audit, cases } = page;
  return (
    <div className="fh-detail" data-testid="shipment-detail">
      <Panel
        title={
          shipment.order_id ? (
            <span>
              {t("shipment.ofOrder")} <Link to={`/orders/${shipment.order_id}`}>{shipment.order_no}</Link>
            </span>
          ) : (
            <Flag mood="warn">{t("shipment.unlinkedHint")}</Flag>
          )
        }
        extra={
          <>
            {shipment.due_at && (
              <span className="fh-soft">
                {t("shipment.nextCheck")} <DueText at={shipment.due_at} />
              </span>
            )}
            <CorrectButton shipment={shipment} />
          </>
        }
      >
        <PathRail shipment={shipment} link={false} />
      </Panel>
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
              key: "audit",
              label: <span data-testid="detail-tab-audit">{`${t("order.audit")} ${audit.length}`}</span>,
              children: <AuditTable rows={audit} />,
            },
            {
              key: "cases",
              label: <span data-testid="detail-tab-cases">{`${t("order.cases")} ${cases.length}`}</span>,
              children: <CaseLinks rows={cases} />,
            },
            {
              key: "watch",
              label: <span data-testid="detail-tab-watch">{t("beat.panel")}</span>,
              children: <WatchPanel shipmentId={shipment.id} />,
            },
          ]}
        />
      </Panel>
    </div>
  );
}
