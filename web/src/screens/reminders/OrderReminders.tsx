/** Reminders on an order's page: the button that sends one, and each that was sent. */
import { BellOutlined, MessageOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Button, Popconfirm } from "antd";
import { api } from "../../api/client";
import { invalidate, useGet } from "../../api/queries";
import type { ReminderRow } from "../../api/types-reminders";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { useAct } from "../../parts/useAct";
import { TimeText } from "../../parts/Values";
import { Person } from "../compensation/columns";
import { PaidMark, ReminderMark } from "./columns";

export function OrderReminders({ orderId }: { orderId: string }) {
  const t = useT();
  const rows = useGet<ReminderRow[]>("orders", `/api/orders/${orderId}/reminders`).data ?? [];
  return rows.map((one) => (
    <p key={one.id} className="fh-tight" data-testid="order-reminder">
      <MessageOutlined /> {t("comp.reminders")} {t("remind.nthOf", { n: one.nth })} · <ReminderMark state={one.state} />{" "}
      <PaidMark row={one} /> <span className="fh-number">{one.phone}</span>{" "}
      <span className="fh-soft">
        <Person name={one.asked_by} /> <TimeText at={one.sent_at ?? one.asked_at} /> {one.why}
      </span>
    </p>
  ));
}

export function RemindButton({ orderId }: { orderId: string }) {
  const t = useT();
  const { can } = useSession();
  const act = useAct();
  const client = useQueryClient();
  if (!can("cases.rule")) return null;
  const send = () =>
    act(
      async () => {
        await api.post(`/api/orders/${orderId}/remind`, {});
        invalidate(client, ["orders", "money"]);
      },
      { done: t("remind.done") },
    );
  return (
    <Popconfirm title={t("remind.sure")} description={t("remind.sureHint")} onConfirm={() => void send()}>
      <Button size="small" icon={<BellOutlined />} data-testid="send-reminder">
        {t("remind.send")}
      </Button>
    </Popconfirm>
  );
}
