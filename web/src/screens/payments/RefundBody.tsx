/** All that is known about one refund. */
import { Link } from "react-router";
import type { RefundPageData } from "../../api/types-payments";
import { useT } from "../../i18n";
import { Blank, Copyable } from "../../parts/Copyable";
import { Facts } from "../../parts/Facts";
import { Panel } from "../../parts/Panel";
import { Flag, HeldTag } from "../../parts/Tags";
import { MoneyText, TimeText } from "../../parts/Values";
import { OrderLink } from "./columns";
import { MoneyState } from "./MoneyTags";
import { ToldTabs } from "../evidence/ToldTabs";

interface Props {
  page: RefundPageData;
  tab: string;
  onTab: (tab: string) => void;
}

export function RefundBody({ page, tab, onTab }: Props) {
  const t = useT();
  const { refund } = page;
  return (
    <div className="fh-detail" data-testid="refund-detail">
      <Panel
        title={
          <>
            <MoneyState state={refund.state} title={refund.state_title} />{" "}
            {refund.held && <HeldTag reason={refund.hold_reason} />}
          </>
        }
        extra={!refund.order_id && <Flag mood="warn">{t("refund.unbound")}</Flag>}
      >
        <Facts
          items={[
            { key: "amount", label: t("pay.amount"), children: <MoneyText money={refund.amount} /> },
            { key: "at", label: t("refund.at"), children: <TimeText at={refund.refunded_at} /> },
            { key: "provider", label: t("pay.provider"), children: refund.provider_title },
            { key: "out", label: t("refund.outNo"), children: <Copyable text={refund.out_refund_no} /> },
            {
              key: "payment",
              label: t("pay.no"),
              children: refund.payment_id ? (
                <Link to={`/payments/${refund.payment_id}`}>{refund.payment_no}</Link>
              ) : (
                refund.payment_no || <Blank />
              ),
            },
            { key: "order", label: t("pay.order"), children: <OrderLink id={refund.order_id} number={refund.order_no} /> },
          ]}
        />
      </Panel>
      <ToldTabs timeline={page.timeline} audit={page.audit} cases={page.cases} tab={tab} onTab={onTab} />
    </div>
  );
}
