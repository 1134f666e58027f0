/** The order at a glance: who, what it cost, when. */
import { EyeInvisibleOutlined } from "@ant-design/icons";
import type { OrderFull } from "../../api/types";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { Blank, Copyable } from "../../parts/Copyable";
import { Facts } from "../../parts/Facts";
import { StateTag } from "../../parts/Tags";
import { MoneyText, TimeText } from "../../parts/Values";

export function OrderSummary({ order }: { order: OrderFull }) {
  const t = useT();
  const { can } = useSession();
  const receiver = [order.receiver_name, order.receiver_phone, order.receiver_region, order.receiver_address];
  return (
    <Facts
      items={[
        {
          key: "state",
          wide: true,
          label: t("order.state"),
          children: (
            <span className="fh-state-told">
              <StateTag state={order.state} title={order.state_title} kind="order" />
              {order.status_code && (
                <small className="fh-soft" title={t("order.statusCodeHint")}>
                  {t("order.channelSays")} <code>{order.status_code}</code>
                </small>
              )}
            </span>
          ),
        },
        {
          key: "channel",
          label: t("order.channel"),
          children: [order.channel_title, order.shop].filter(Boolean).join(" · "),
        },
        { key: "paid", label: t("order.paid"), children: <MoneyText money={order.paid} /> },
        { key: "total", label: t("order.total"), children: <MoneyText money={order.total} /> },
        { key: "discount", label: t("order.discount"), children: <MoneyText money={order.discount} /> },
        { key: "post", label: t("order.post"), children: <MoneyText money={order.post} /> },
        { key: "refunded", label: t("order.refunded"), children: <MoneyText money={order.refunded} /> },
        { key: "payment", label: t("order.paymentNo"), children: <Copyable text={order.payment_no} /> },
        { key: "created", label: t("order.createdAt"), children: <TimeText at={order.created_at} /> },
        { key: "paidAt", label: t("order.paidAt"), children: <TimeText at={order.paid_at} /> },
        { key: "shipped", label: t("order.shippedAt"), children: <TimeText at={order.shipped_at} /> },
        { key: "finished", label: t("order.finishedAt"), children: <TimeText at={order.finished_at} /> },
        {
          key: "receiver",
          label: t("order.receiver"),
          wide: true,
          children: (
            <span>
              {receiver.filter(Boolean).join(" · ") || <Blank />}
              {!can("orders.pii") && (
                <small className="fh-soft">
                  {" "}
                  <EyeInvisibleOutlined /> {t("order.masked")}
                </small>
              )}
            </span>
          ),
        },
        { key: "remark", label: t("order.remark"), wide: true, children: order.remark || <Blank /> },
      ]}
    />
  );
}
