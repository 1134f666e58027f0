/** All that is known about one parcel. */
import { Link } from "react-router";
import type { ShipmentPage } from "../../api/types";
import { useT } from "../../i18n";
import { Panel } from "../../parts/Panel";
import { Flag } from "../../parts/Tags";
import { DueText } from "../../parts/Values";
import { PathRail } from "../evidence/PathRail";
import { ToldTabs } from "../evidence/ToldTabs";
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
      <ToldTabs
        timeline={timeline}
        audit={audit}
        cases={cases}
        tab={tab}
        onTab={onTab}
        more={[{ key: "watch", label: t("beat.panel"), children: <WatchPanel shipmentId={shipment.id} /> }]}
      />
    </div>
  );
}
