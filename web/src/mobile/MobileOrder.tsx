/** An order on the phone (手机订单): where it stands, its parcels, its history newest first, its cases. */
import { useParams } from "react-router";
import { useGet } from "../api/queries";
import type { OrderDetail } from "../api/types";
import { useT } from "../i18n";
import { formatMoney } from "../logic/money";
import { formatMinute } from "../logic/time";
import { StateTag } from "../parts/Tags";
import { Block, Facts, Happening, Head, Nothing, Wrong } from "./parts";
import { CaseCard } from "./TodoList";

export function MobileOrder() {
  const { id = "" } = useParams();
  const t = useT();
  const answer = useGet<OrderDetail>("orders", `/api/orders/${id}`);
  if (answer.isError && !answer.data) return <Wrong error={answer.error} onRetry={() => void answer.refetch()} />;
  if (!answer.data) return <Head title="" back="/m" />;
  const { order, shipments, timeline, cases } = answer.data;
  const newest = [...timeline].sort((a, b) => (b.occurred_at ?? b.heard_at).localeCompare(a.occurred_at ?? a.heard_at));
  return (
    <div data-testid="mobile-order-page">
      <Head title={order.order_no} back="/m" />
      <Block>
        <StateTag state={order.state} title={order.state_title} kind="order" />
        <Facts
          rows={[
            [t("order.channel"), order.channel_title],
            [t("order.shop"), order.shop],
            [t("order.paid"), order.paid && formatMoney(order.paid)],
            [t("order.receiver"), [order.receiver_name, order.receiver_phone].filter(Boolean).join(" ")],
            [t("order.createdAt"), formatMinute(order.created_at)],
          ]}
        />
      </Block>
      <Block title={t("order.parcels")}>
        {shipments.length === 0 && <Nothing title={t("order.noParcels")} />}
        {shipments.map((parcel) => (
          <p key={parcel.id}>
            {parcel.carrier_title} {parcel.tracking_no} <StateTag state={parcel.state} title={parcel.state_title} />
          </p>
        ))}
      </Block>
      {cases.length > 0 && (
        <Block title={t("mobile.cases")}>
          {cases.map((row) => (
            <CaseCard key={row.id} row={row} />
          ))}
        </Block>
      )}
      <Block title={t("mobile.timeline")} testId="mobile-timeline">
        {newest.length === 0 && <Nothing title={t("timeline.empty")} />}
        {newest.map((item) => (
          <Happening key={item.key} item={item} />
        ))}
      </Block>
    </div>
  );
}
