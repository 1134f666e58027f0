/** An order's money on its page: due, paid, refunded; every payment and refund that names it; links for the buyer. */
import { LinkOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Button, Skeleton } from "antd";
import { api } from "../../api/client";
import { invalidate, useGet } from "../../api/queries";
import type { OrderMoney, PayOrderRow } from "../../api/types-payments";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { Copyable } from "../../parts/Copyable";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { Panel } from "../../parts/Panel";
import { Flag } from "../../parts/Tags";
import { useAct } from "../../parts/useAct";
import { MoneyText, TimeText } from "../../parts/Values";
import { OrderReminders, RemindButton } from "../reminders/OrderReminders";
import { MoneyLines } from "./MoneyLines";

export function OrderMoneyPanel({ orderId }: { orderId: string }) {
  const t = useT();
  const answer = useGet<OrderMoney>("orders", `/api/orders/${orderId}/money`);
  const money = answer.data;
  return (
    <Panel title={t("money.ofOrder")} extra={
        money?.awaiting && (
          <span className="fh-comp-buttons">
            <RemindButton orderId={orderId} /> <LinkButton orderId={orderId} />
          </span>
        )
      } testId="order-money">
      {answer.isError && !money && <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />}
      {answer.isPending && <Skeleton active paragraph={{ rows: 2 }} />}
      {money && <Body money={money} />}
      <OrderReminders orderId={orderId} />
    </Panel>
  );
}

function Body({ money }: { money: OrderMoney }) {
  const t = useT();
  return (
    <>
      <p className="fh-tight">
        <span className="fh-soft">{t("money.due")}</span> <MoneyText money={money.due} />
        {" · "}
        <span className="fh-soft">{t("money.paid")}</span> <MoneyText money={money.paid} />
        {" · "}
        <span className="fh-soft">{t("money.refunded")}</span> <MoneyText money={money.refunded} />
      </p>
      {money.payments.length + money.refunds.length === 0 ? (
        <EmptyState title={t("money.none")} hint={t("money.noneHint")} />
      ) : (
        <MoneyLines payments={money.payments} refunds={money.refunds} />
      )}
      {money.links.map((each) => (
        <LinkLine key={each.id} link={each} />
      ))}
    </>
  );
}

function LinkLine({ link }: { link: PayOrderRow }) {
  const t = useT();
  return (
    <p className="fh-tight" data-testid="pay-link">
      <LinkOutlined /> {t(link.reason === "link" ? "money.link" : "money.search")} · {link.source_title}{" "}
      <Flag mood={link.status === "failed" ? "bad" : link.status === "paid" ? "ok" : "info"}>{link.status_title}</Flag>{" "}
      {link.url && <Copyable text={link.url} />} {link.error && <span className="fh-soft">{link.error}</span>}{" "}
      <span className="fh-soft">
        <TimeText at={link.created_at} />
      </span>
    </p>
  );
}

function LinkButton({ orderId }: { orderId: string }) {
  const t = useT();
  const { can } = useSession();
  const act = useAct();
  const client = useQueryClient();
  if (!can("cases.rule")) return null;
  const make = () =>
    act(
      async () => {
        await api.post(`/api/orders/${orderId}/pay-link`, { way: "native" });
        invalidate(client, ["orders"]);
      },
      { done: t("money.linkMade") },
    );
  return (
    <Button size="small" icon={<LinkOutlined />} onClick={() => void make()} data-testid="make-link">
      {t("money.makeLink")}
    </Button>
  );
}
