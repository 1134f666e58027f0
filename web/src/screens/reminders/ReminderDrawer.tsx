/** One reminder whole: what the buyer read, whether he paid afterwards, and every step with its hour. */
import { Drawer, Skeleton, Timeline } from "antd";
import { Link } from "react-router";
import { useGet } from "../../api/queries";
import type { ReminderPageData } from "../../api/types-reminders";
import { useT } from "../../i18n";
import type { Word } from "../../i18n/words";
import { Blank, Copyable } from "../../parts/Copyable";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { Facts } from "../../parts/Facts";
import { MoneyText, TimeText } from "../../parts/Values";
import { Person } from "../compensation/columns";
import { useNames } from "../recon/parts";
import { PaidMark, ReminderMark } from "./columns";

export function ReminderDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useT();
  const answer = useGet<ReminderPageData>("money", `/api/reminders/${id}`);
  return (
    <Drawer open onClose={onClose} size={760} title={`${t("comp.reminders")} ${answer.data?.item.order_no ?? ""}`}>
      <div data-testid="reminder-drawer">
        {answer.isError && !answer.data && <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />}
        {answer.isPending && <Skeleton active paragraph={{ rows: 8 }} />}
        {answer.data && <Whole page={answer.data} />}
      </div>
    </Drawer>
  );
}

function Whole({ page }: { page: ReminderPageData }) {
  const t = useT();
  const names = useNames();
  const { item } = page;
  return (
    <>
      {item.text && (
        <p className="fh-finding-words" data-testid="reminder-text">
          {item.text}
        </p>
      )}
      <Facts
        items={[
          {
            key: "state",
            label: t("remind.state"),
            children: (
              <>
                <ReminderMark state={item.state} /> <PaidMark row={item} />
              </>
            ),
          },
          {
            key: "amount",
            label: t("remind.amount"),
            children: <MoneyText money={{ currency: item.currency, amount_minor: item.amount_minor }} />,
          },
          {
            key: "order",
            label: t("remind.order"),
            children: (
              <Copyable text={item.order_no}>
                <Link to={`/orders/${item.order_id}`}>{item.order_no}</Link>
              </Copyable>
            ),
          },
          { key: "nth", label: t("remind.nth"), children: t("remind.nthOf", { n: item.nth }) },
          { key: "phone", label: t("remind.phone"), children: item.phone || <Blank /> },
          { key: "channel", label: t("remind.channel"), children: names.channel(item.channel) },
          { key: "sent", label: t("remind.sentAt"), children: <TimeText at={item.sent_at} /> },
          { key: "paid", label: t("remind.paidAt"), children: <TimeText at={item.paid_at} /> },
          { key: "robot", label: t("remind.gateway"), children: item.robot },
          {
            key: "policy",
            label: t("remind.policy"),
            children: (
              <Link to={`/money/compensation/reminders/${encodeURIComponent(item.policy.split("@")[0] ?? "")}`}>
                {item.policy.replace("@", " v")}
              </Link>
            ),
          },
          { key: "why", label: t("remind.why"), wide: true, children: item.why || <Blank /> },
        ]}
      />
      <h3 className="fh-break-section">{t("comp.history")}</h3>
      <Timeline
        items={page.events.map((one) => ({
          content: (
            <span data-testid="reminder-event">
              <TimeText at={one.at} /> <b>{t(`remind.event.${one.event}` as Word)}</b>{" "}
              <span className="fh-soft">
                <Person name={one.author} /> {String(one.body.why ?? "")}
              </span>
            </span>
          ),
        }))}
      />
    </>
  );
}
