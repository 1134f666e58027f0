/** All that is known about one payment: whose it is and why, its refunds, what was said. */
import { QuestionCircleOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { api } from "../../api/client";
import { invalidate } from "../../api/queries";
import type { PaymentPageData, PaymentRow } from "../../api/types-payments";
import { useT } from "../../i18n";
import { Copyable } from "../../parts/Copyable";
import { Facts } from "../../parts/Facts";
import { Panel } from "../../parts/Panel";
import { HeldTag } from "../../parts/Tags";
import { useAct } from "../../parts/useAct";
import { DueText, MoneyText, TimeText } from "../../parts/Values";
import { OrderLink } from "./columns";
import { MoneyLines } from "./MoneyLines";
import { Binding, MoneyState } from "./MoneyTags";
import { ToldTabs } from "../evidence/ToldTabs";

interface Props {
  page: PaymentPageData;
  tab: string;
  onTab: (tab: string) => void;
}

export function PaymentBody({ page, tab, onTab }: Props) {
  const t = useT();
  const { payment, refunds, others } = page;
  return (
    <div className="fh-detail" data-testid="payment-detail">
      {payment.binding === "refused" && (
        <Alert type="error" showIcon title={payment.cause_title ?? ""} description={t("pay.refusedHint")} />
      )}
      <Panel
        title={<Binding binding={payment.binding} title={payment.binding_title} />}
        extra={<AskButton payment={payment} />}
      >
        <Facts items={facts(payment, t)} />
      </Panel>
      {refunds.length > 0 && (
        <Panel title={t("pay.refunds")}>
          <MoneyLines payments={[]} refunds={refunds} />
        </Panel>
      )}
      {others.length > 0 && (
        <Panel title={t("pay.others")}>
          <MoneyLines payments={others} refunds={[]} />
        </Panel>
      )}
      <ToldTabs timeline={page.timeline} audit={page.audit} cases={page.cases} tab={tab} onTab={onTab} />
    </div>
  );
}

function facts(payment: PaymentRow, t: ReturnType<typeof useT>) {
  return [
    {
      key: "state",
      label: t("pay.state"),
      children: (
        <>
          <MoneyState state={payment.state} title={payment.state_title} />{" "}
          {payment.held && <HeldTag reason={payment.hold_reason} />}
        </>
      ),
    },
    { key: "amount", label: t("pay.amount"), children: <MoneyText money={payment.amount} /> },
    { key: "buyer", label: t("pay.buyerPaid"), children: <MoneyText money={payment.buyer_paid} /> },
    { key: "fee", label: t("pay.fee"), children: <MoneyText money={payment.fee} /> },
    { key: "refunded", label: t("pay.refunded"), children: <MoneyText money={payment.refunded} /> },
    { key: "paid", label: t("pay.paidAt"), children: <TimeText at={payment.paid_at} /> },
    {
      key: "provider",
      label: t("pay.provider"),
      children: [payment.provider_title, payment.method].filter(Boolean).join(" · "),
    },
    { key: "out", label: t("pay.outNo"), children: <Copyable text={payment.out_trade_no} /> },
    { key: "order", label: t("pay.order"), children: <OrderLink id={payment.order_id} number={payment.order_no} /> },
    ...(payment.ask_due_at
      ? [
          {
            key: "ask",
            label: t("pay.nextAsk"),
            children: (
              <>
                <DueText at={payment.ask_due_at} /> <span className="fh-soft">{t("pay.askedTimes", { n: payment.asked })}</span>
              </>
            ),
          },
        ]
      : []),
  ];
}

function AskButton({ payment }: { payment: PaymentRow }) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const ask = () =>
    act(async () => {
      await api.post(`/api/payments/${payment.id}/ask`, {});
      invalidate(client, ["orders"]);
    });
  return (
    <Button size="small" icon={<QuestionCircleOutlined />} onClick={() => void ask()} data-testid="payment-ask">
      {t("pay.ask")}
    </Button>
  );
}
