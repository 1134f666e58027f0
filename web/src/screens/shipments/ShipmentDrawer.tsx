/** A parcel beside its list. */
import { ExpandOutlined } from "@ant-design/icons";
import { Button, Drawer, Skeleton } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { useGet } from "../../api/queries";
import type { ShipmentPage } from "../../api/types";
import { useT } from "../../i18n";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { ShipmentBody } from "./ShipmentBody";

export function ShipmentDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useT();
  const [tab, setTab] = useState("timeline");
  const answer = useGet<ShipmentPage>("orders", `/api/shipments/${id}`);
  return (
    <Drawer
      open
      onClose={onClose}
      size={880}
      title={answer.data?.shipment.tracking_no ?? t("menu.shipments")}
      extra={
        <Link to={`/shipments/${id}`}>
          <Button icon={<ExpandOutlined />}>{t("order.fullPage")}</Button>
        </Link>
      }
    >
      <div data-testid="shipment-drawer">
        {answer.isError && !answer.data && <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />}
        {answer.isPending && <Skeleton active paragraph={{ rows: 10 }} />}
        {answer.data && <ShipmentBody page={answer.data} tab={tab} onTab={setTab} />}
      </div>
    </Drawer>
  );
}
