/** An order as a page of its own (/orders/:id). */
import { Skeleton } from "antd";
import { useParams } from "react-router";
import { useGet } from "../../api/queries";
import type { OrderDetail } from "../../api/types";
import { useT } from "../../i18n";
import { Copyable } from "../../parts/Copyable";
import { useAddress } from "../../parts/useAddress";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { PageHead } from "../../parts/PageHead";
import { OrderBody } from "./OrderBody";

export function OrderPage() {
  const { id = "" } = useParams();
  const t = useT();
  const { params, begin } = useAddress();
  const answer = useGet<OrderDetail>("orders", `/api/orders/${id}`);
  if (answer.isError && !answer.data) {
    return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} page />;
  }
  if (!answer.data) return <Skeleton active paragraph={{ rows: 12 }} />;
  const { order } = answer.data;
  return (
    <>
      <PageHead
        title={<Copyable text={order.order_no} />}
        note={[order.channel_title, order.shop].filter(Boolean).join(" · ")}
        back={{ to: "/orders", label: t("menu.orders") }}
      />
      <OrderBody
        detail={answer.data}
        tab={params.get("view") ?? "timeline"}
        onTab={(view) => begin({ view }, { replace: true })}
      />
    </>
  );
}
