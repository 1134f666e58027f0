/** Payments (支付单): every one that was told, and whose payment it is. */
import { useMemo } from "react";
import type { PaymentRow } from "../../api/types-payments";
import { useT } from "../../i18n";
import { PageHead } from "../../parts/PageHead";
import { QueryTable } from "../../table/QueryTable";
import { useListState } from "../../table/useListState";
import { paymentColumns } from "./columns";
import { PaymentDrawer } from "./PaymentDrawer";

const TABS = ["all", "refused", "pending", "bound", "open"] as const;
const SOURCE = { topic: "orders", path: "/api/payments" } as const;
const PROVIDERS = [
  { value: "wechatpay", title: "微信支付" },
  { value: "alipay", title: "支付宝" },
];

export function PaymentList() {
  const t = useT();
  const control = useListState("-id");
  const columns = useMemo(() => paymentColumns(t), [t]);
  return (
    <>
      <PageHead title={t("menu.payments")} />
      <QueryTable<PaymentRow>
        screen="payments"
        testId="payments-table"
        source={SOURCE}
        control={control}
        columns={columns}
        fields={[
          { kind: "numbers", name: "q", label: t("pay.numbers"), primary: true },
          { kind: "choice", name: "provider", label: t("pay.provider"), choices: PROVIDERS, primary: true },
          { kind: "days", name: "paid", from: "paid_from", to: "paid_to", label: t("pay.paidAt"), primary: true },
        ]}
        rowKey={(row) => row.id}
        rowTestId={(row) => `payment-row-${row.id}`}
        tabs={{
          name: "tab",
          first: "all",
          list: TABS.map((key) => ({ key, label: t(`pay.tab.${key}`), alarming: key === "refused" })),
        }}
        views
        onOpen={(row) => control.open(row.id)}
        activeId={control.openId}
        empty={{ title: t("pay.empty"), hint: t("pay.emptyHint") }}
      />
      {control.openId && <PaymentDrawer id={control.openId} onClose={() => control.open(null)} />}
    </>
  );
}
