/** Columns of the list of reminders, and the mark of a reminder's state that the drawer and the order's page show too. */
import {
  CheckCircleOutlined,
  ClockCircleOutlined,
  CloseCircleOutlined,
  QuestionCircleOutlined,
  RollbackOutlined,
  SendOutlined,
} from "@ant-design/icons";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { ReminderRow, ReminderState } from "../../api/types-reminders";
import { type Translate, useT } from "../../i18n";
import { Blank, Copyable } from "../../parts/Copyable";
import { Flag } from "../../parts/Tags";
import { MoneyText, TimeText } from "../../parts/Values";
import type { QueryColumn } from "../../table/types";
import { Person } from "../compensation/columns";

const MARKS: Record<ReminderState, { mood: "ok" | "warn" | "bad" | "mute" | "info"; icon: ReactNode }> = {
  preparing: { mood: "info", icon: <ClockCircleOutlined /> },
  queued: { mood: "info", icon: <SendOutlined /> },
  sent: { mood: "ok", icon: <CheckCircleOutlined /> },
  unsure: { mood: "warn", icon: <QuestionCircleOutlined /> },
  failed: { mood: "bad", icon: <CloseCircleOutlined /> },
  withdrawn: { mood: "mute", icon: <RollbackOutlined /> },
};

export function ReminderMark({ state }: { state: ReminderState }) {
  const t = useT();
  const { mood, icon } = MARKS[state];
  return (
    <Flag mood={mood} icon={icon}>
      {t(`remind.state.${state}`)}
    </Flag>
  );
}

export function PaidMark({ row }: { row: ReminderRow }) {
  const t = useT();
  if (row.state !== "sent" && row.state !== "unsure") return <Blank />;
  return <Flag mood={row.paid_at ? "ok" : "mute"}>{t(row.paid_at ? "remind.paidYes" : "remind.paidNo")}</Flag>;
}

export function reminderColumns(t: Translate, channel: (code: string) => string): QueryColumn<ReminderRow>[] {
  return [
    {
      key: "order",
      title: t("remind.order"),
      width: 210,
      fixed: "left",
      render: (row) => (
        <Copyable text={row.order_no}>
          <Link to={`/orders/${row.order_id}`}>{row.order_no}</Link>
        </Copyable>
      ),
    },
    { key: "state", title: t("remind.state"), width: 130, render: (row) => <ReminderMark state={row.state} /> },
    {
      key: "amount",
      title: t("remind.amount"),
      width: 100,
      align: "right",
      render: (row) => <MoneyText money={{ currency: row.currency, amount_minor: row.amount_minor }} />,
    },
    { key: "nth", title: t("remind.nth"), width: 80, render: (row) => t("remind.nthOf", { n: row.nth }) },
    {
      key: "phone",
      title: t("remind.phone"),
      width: 120,
      render: (row) => (row.phone ? <span className="fh-number">{row.phone}</span> : <Blank />),
    },
    { key: "sent", title: t("remind.sentAt"), width: 140, render: (row) => <TimeText at={row.sent_at} /> },
    { key: "paid", title: t("remind.tab.paid"), width: 110, render: (row) => <PaidMark row={row} /> },
    { key: "paidAt", title: t("remind.paidAt"), width: 140, optional: true, render: (row) => <TimeText at={row.paid_at} /> },
    { key: "by", title: t("remind.by"), width: 80, render: (row) => <Person name={row.asked_by} /> },
    {
      key: "why",
      title: t("remind.why"),
      width: 240,
      render: (row) =>
        row.why ? (
          <span className="fh-clip" title={row.why}>
            {row.why}
          </span>
        ) : (
          <Blank />
        ),
    },
    { key: "channel", title: t("remind.channel"), width: 110, optional: true, render: (row) => channel(row.channel) },
  ];
}
