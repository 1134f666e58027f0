/** A parcel as a page of its own (/shipments/:id). */
import { Skeleton } from "antd";
import { useParams, useSearchParams } from "react-router";
import { useGet } from "../../api/queries";
import type { ShipmentPage } from "../../api/types";
import { useT } from "../../i18n";
import { Copyable } from "../../parts/Copyable";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { PageHead } from "../../parts/PageHead";
import { ShipmentBody } from "./ShipmentBody";

export function ShipmentScreen() {
  const { id = "" } = useParams();
  const t = useT();
  const [params, setParams] = useSearchParams();
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
        onTab={(view) => setParams({ view }, { replace: true })}
      />
    </>
  );
}
