/** Whom it would remind at this moment, and of every other order that awaits payment why not. Looking sends nothing. */
import { Drawer, Skeleton } from "antd";
import { Link } from "react-router";
import { useGet } from "../../api/queries";
import type { WhomNowData, WouldRemind } from "../../api/types-reminders";
import { useT } from "../../i18n";
import { Blank, Copyable } from "../../parts/Copyable";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { Flag } from "../../parts/Tags";
import { MoneyText, TimeText } from "../../parts/Values";

export function WhomNow({ onClose }: { onClose: () => void }) {
  const t = useT();
  const answer = useGet<WhomNowData>("money", "/api/reminders/now");
  const told = answer.data;
  return (
    <Drawer open onClose={onClose} size={960} title={t("remind.now")}>
      <div data-testid="whom-now-list">
        <p className="fh-soft">{t("remind.nowHint")}</p>
        {answer.isError && !told && <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />}
        {answer.isPending && <Skeleton active paragraph={{ rows: 8 }} />}
        {told?.orders.length === 0 && <EmptyState title={t("remind.nowNone")} hint={t("remind.nowNoneHint")} />}
        {told && told.orders.length > 0 && <Orders orders={told.orders} />}
        {told?.more && <p className="fh-soft">{t("remind.nowMore")}</p>}
      </div>
    </Drawer>
  );
}

function Orders({ orders }: { orders: WouldRemind[] }) {
  const t = useT();
  return (
    <table className="fh-balance">
      <thead>
        <tr>
          <th>{t("remind.order")}</th>
          <th className="right">{t("remind.amount")}</th>
          <th>{t("remind.placed")}</th>
          <th>{t("remind.phone")}</th>
          <th>{t("remind.now")}</th>
        </tr>
      </thead>
      <tbody>
        {orders.map((one) => (
          <tr key={one.order_id} data-testid={one.due ? "would-remind" : "would-wait"}>
            <td>
              <Copyable text={one.order_no}>
                <Link to={`/orders/${one.order_id}`}>{one.order_no}</Link>
              </Copyable>
            </td>
            <td className="right">
              <MoneyText
                money={one.amount_minor === null ? null : { currency: one.currency, amount_minor: one.amount_minor }}
              />
            </td>
            <td>
              <TimeText at={one.created_at} />
            </td>
            <td className="fh-number">{one.phone || <Blank />}</td>
            <td>
              <Flag mood={one.due ? "info" : "mute"}>{t(one.due ? "remind.due" : "remind.waits")}</Flag>{" "}
              <span className="fh-soft">{one.words || (one.due && t("remind.nthOf", { n: one.sent + 1 }))}</span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
