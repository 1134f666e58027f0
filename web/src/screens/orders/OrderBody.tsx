/** All that is known about one order: summary, parcels on the scale, timeline, lines, audit, cases. */
import { AuditOutlined, HistoryOutlined, InteractionOutlined, OrderedListOutlined, SafetyCertificateOutlined } from "@ant-design/icons";
import { Tabs } from "antd";
import { useState } from "react";
import type { OrderDetail } from "../../api/types";
import { useT } from "../../i18n";
import { EmptyState } from "../../parts/EmptyState";
import { Panel } from "../../parts/Panel";
import { OrderContractsPanel } from "../contracts/OrderContractsPanel";
import { OrderClocks } from "../clocks/OrderClocks";
import { AsOfPicker } from "../evidence/AsOfPicker";
import { AuditTable } from "../evidence/AuditTable";
import { CaseLinks } from "../evidence/CaseLinks";
import { PathRail } from "../evidence/PathRail";
import { Timeline } from "../evidence/Timeline";
import { OrderMoneyPanel } from "../payments/OrderMoneyPanel";
import { OrderLines } from "./OrderLines";
import { OrderSummary } from "./OrderSummary";

interface Props {
  detail: OrderDetail;
  tab: string;
  onTab: (tab: string) => void;
}

export function OrderBody({ detail, tab, onTab }: Props) {
  const t = useT();
  const [asOf, setAsOf] = useState<string | null>(null);
  const { order, shipments, timeline, audit, cases } = detail;
  const openCases = cases.filter((each) => each.closed_at === null).length;
  const label = (word: string, count: number) => (count ? `${word} ${count}` : word);
  return (
    <div className="fh-detail" data-testid="order-detail">
      <Panel>
        <OrderSummary order={order} />
      </Panel>
      <OrderMoneyPanel orderId={order.id} />
      <Panel title={t("order.parcels")}>
        {shipments.length === 0 ? (
          <EmptyState title={t("order.noParcels")} hint={t("order.noParcelsHint")} />
        ) : (
          shipments.map((each) => <PathRail key={each.id} shipment={each} />)
        )}
      </Panel>
      <Panel title={t("clock.ofOrder")}>
        <OrderClocks orderId={order.id} />
      </Panel>
      <Panel>
        <Tabs
          activeKey={tab}
          onChange={onTab}
          items={[
            {
              key: "timeline",
              icon: <HistoryOutlined />,
              label: <span data-testid="detail-tab-timeline">{label(t("order.timeline"), timeline.length)}</span>,
              children: (
                <>
                  <AsOfPicker orderId={order.id} at={asOf} onChange={setAsOf} />
                  <Timeline items={timeline} asOf={asOf} />
                </>
              ),
            },
            {
              key: "audit",
              icon: <SafetyCertificateOutlined />,
              label: <span data-testid="detail-tab-audit">{label(t("order.audit"), audit.length)}</span>,
              children: <AuditTable rows={audit} />,
            },
            {
              key: "cases",
              icon: <AuditOutlined />,
              label: <span data-testid="detail-tab-cases">{label(t("order.cases"), openCases || cases.length)}</span>,
              children: <CaseLinks rows={cases} />,
            },
            {
              key: "lines",
              icon: <OrderedListOutlined />,
              label: <span data-testid="detail-tab-lines">{label(t("order.lines"), order.lines.length)}</span>,
              children: <OrderLines lines={order.lines} />,
            },
            {
              key: "contracts",
              icon: <InteractionOutlined />,
              label: <span data-testid="detail-tab-contracts">{t("contract.ofOrder")}</span>,
              children: <OrderContractsPanel orderId={order.id} />,
            },
          ]}
        />
      </Panel>
    </div>
  );
}
