/** A parcel as a page of its own (/shipments/:id). */
import { Skeleton } from "antd";
import { useParams } from "react-router";
import { useGet } from "../../api/queries";
import type { ShipmentPage } from "../../api/types";
import { useT } from "../../i18n";
import { Copyable } from "../../parts/Copyable";
import { useAddress } from "../../parts/useAddress";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { PageHead } from "../../parts/PageHead";
import { ShipmentBody } from "./ShipmentBody";

export function ShipmentScreen() {
  const { id = "" } = useParams();
  const t = useT();
  const { params, begin } = useAddress();
  const answer = useGet<ShipmentPage>("orders", `/api/shipments/${id}`);
  if (answer.isError && !answer.data) {
    return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} page />;
  }
  if (!answer.data) return <Skeleton active paragraph={{ rows: 12 }} />;
  const { shipment } = answer.data;
  return (
    <>
      <PageHead
        title={<Copyable text={shipment.tracking_no} />}
        note={shipment.carrier_title}
        back={{ to: "/shipments", label: t("menu.shipments") }}
      />
      <ShipmentBody
        page={answer.data}
        tab={params.get("view") ?? "timeline"}
        onTab={(view) => begin({ view }, { replace: true })}
      />
    </>
  );
}
