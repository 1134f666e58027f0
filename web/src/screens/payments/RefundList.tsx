/** Refunds (退款单): what went back, and to whose order it belongs. */
import { useMemo } from "react";
import type { RefundRow } from "../../api/types-payments";
import { useT } from "../../i18n";
import { PageHead } from "../../parts/PageHead";
import { QueryTable } from "../../table/QueryTable";
import { useListState } from "../../table/useListState";
import { refundColumns } from "./columns";
import { RefundDrawer } from "./RefundDrawer";

const TABS = ["all", "going", "failed", "unbound", "done"] as const;
const SOURCE = { topic: "orders", path: "/api/refunds" } as const;
const PROVIDERS = [
  { value: "wechatpay", title: "微信支付" },
  { value: "alipay", title: "支付宝" },
];

export function RefundList() {
  const t = useT();
  const control = useListState("-id");
  const columns = useMemo(() => refundColumns(t), [t]);
  return (
    <>
      <PageHead title={t("menu.refunds")} />
      <QueryTable<RefundRow>
        screen="refunds"
        testId="refunds-table"
        source={SOURCE}
        control={control}
        columns={columns}
        fields={[
          { kind: "numbers", name: "q", label: t("pay.numbers"), primary: true },
          { kind: "choice", name: "provider", label: t("pay.provider"), choices: PROVIDERS, primary: true },
          {
            kind: "days",
            name: "refunded",
            from: "refunded_from",
            to: "refunded_to",
            label: t("refund.at"),
            primary: true,
          },
        ]}
        rowKey={(row) => row.id}
        rowTestId={(row) => `refund-row-${row.id}`}
        tabs={{
          name: "tab",
          first: "all",
          list: TABS.map((key) => ({
            key,
            label: t(`refund.tab.${key}`),
            alarming: key === "failed" || key === "unbound",
          })),
        }}
        views
        onOpen={(row) => control.open(row.id)}
        activeId={control.openId}
        empty={{ title: t("refund.empty"), hint: t("refund.emptyHint") }}
      />
      {control.openId && <RefundDrawer id={control.openId} onClose={() => control.open(null)} />}
    </>
  );
}
