/** 催付: what was sent and who paid afterwards, whom it would remind now, and every reminder with its road. */
import { EyeOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useMemo, useState } from "react";
import { useGet } from "../../api/queries";
import type { ReminderRow, ReminderSum } from "../../api/types-reminders";
import { useT } from "../../i18n";
import { formatMoney } from "../../logic/money";
import { QueryTable } from "../../table/QueryTable";
import { useListState } from "../../table/useListState";
import { useNames } from "../recon/parts";
import { ReminderDrawer } from "./ReminderDrawer";
import { WhomNow } from "./WhomNow";
import { reminderColumns } from "./columns";

const TABS = ["all", "under_way", "sent", "paid", "failed", "withdrawn"] as const;
const SOURCE = { topic: "money", path: "/api/reminders" } as const;

export function ReminderView() {
  const t = useT();
  const names = useNames();
  const control = useListState("-id");
  const [looking, setLooking] = useState(false);
  const columns = useMemo(() => reminderColumns(t, names.channel), [t, names.channel]);
  return (
    <>
      <p className="fh-soft fh-remind-intro">{t("remind.intro")}</p>
      <Figures />
      <QueryTable<ReminderRow>
        screen="reminders"
        testId="reminders-table"
        source={SOURCE}
        control={control}
        columns={columns}
        fields={[{ kind: "text", name: "number", label: t("remind.order"), primary: true }]}
        rowKey={(row) => row.id}
        rowTestId={(row) => `reminder-row-${row.id}`}
        tabs={{
          name: "tab",
          first: "all",
          list: TABS.map((key) => ({ key, label: t(`remind.tab.${key}`), alarming: key === "failed" })),
        }}
        actions={
          <Button icon={<EyeOutlined />} onClick={() => setLooking(true)} data-testid="whom-now">
            {t("remind.now")}
          </Button>
        }
        views
        onOpen={(row) => control.open(row.id)}
        activeId={control.openId}
        empty={{ title: t("remind.empty"), hint: t("remind.emptyHint") }}
      />
      {control.openId && <ReminderDrawer id={control.openId} onClose={() => control.open(null)} />}
      {looking && <WhomNow onClose={() => setLooking(false)} />}
    </>
  );
}

/** Of the last thirty days: sent, orders, paid afterwards with its share, what came of it, kept back in time. */
function Figures() {
  const t = useT();
  const sums = useGet<ReminderSum[]>("money", "/api/reminders/summary").data ?? [];
  const total = (name: "messages" | "orders" | "paid_orders" | "withdrawn") => sums.reduce((all, one) => all + one[name], 0);
  const orders = total("orders");
  const share = orders ? `${Math.round((total("paid_orders") / orders) * 100)}%` : "—";
  const money = new Map<string, number>();
  for (const one of sums) money.set(one.currency, (money.get(one.currency) ?? 0) + one.paid_minor);
  const came = [...money].filter(([, minor]) => minor).map(([currency, amount_minor]) => formatMoney({ currency, amount_minor }));
  const cards = [
    ["remind.messages", total("messages").toLocaleString("en-US")],
    ["remind.orders", orders.toLocaleString("en-US")],
    ["remind.paid", total("paid_orders").toLocaleString("en-US")],
    ["remind.rate", share],
    ["remind.paidMinor", came.join(" ") || "—"],
    ["remind.kept", total("withdrawn").toLocaleString("en-US")],
  ] as const;
  return (
    <div className="fh-remind-figures" data-testid="reminder-figures">
      {cards.map(([word, value]) => (
        <div key={word} className="fh-remind-figure" data-testid={word}>
          <small>{t(word)}</small>
          <b>{value}</b>
        </div>
      ))}
    </div>
  );
}
