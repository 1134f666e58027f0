/** Columns of the list of compensations, and the small marks that the drawer shows too. */
import {
  CheckCircleOutlined,
  ClockCircleOutlined,
  CloseCircleOutlined,
  MinusCircleOutlined,
  RollbackOutlined,
  SyncOutlined,
} from "@ant-design/icons";
import type { ReactNode } from "react";
import type { CompensationRow, CompensationState } from "../../api/types-compensation";
import { type Translate, useT } from "../../i18n";
import { Blank, Copyable } from "../../parts/Copyable";
import { Flag } from "../../parts/Tags";
import { MoneyText, TimeText } from "../../parts/Values";
import type { QueryColumn } from "../../table/types";

const MARKS: Record<CompensationState, { mood: "ok" | "warn" | "bad" | "mute" | "info"; icon: ReactNode }> = {
  proposed: { mood: "warn", icon: <ClockCircleOutlined /> },
  approved: { mood: "info", icon: <CheckCircleOutlined /> },
  under_way: { mood: "info", icon: <SyncOutlined /> },
  done: { mood: "ok", icon: <CheckCircleOutlined /> },
  failed: { mood: "bad", icon: <CloseCircleOutlined /> },
  refused: { mood: "mute", icon: <MinusCircleOutlined /> },
  withdrawn: { mood: "mute", icon: <RollbackOutlined /> },
};

export function StateMark({ state }: { state: CompensationState }) {
  const t = useT();
  const { mood, icon } = MARKS[state];
  return (
    <Flag mood={mood} icon={icon}>
      {t(`comp.tab.${state}`)}
    </Flag>
  );
}

export function Person({ name }: { name: string | null }) {
  const t = useT();
  if (!name) return <Blank />;
  if (name === "fenghe") return <>{t("comp.system")}</>;
  return <>{name.startsWith("policy:") ? t("comp.policy") : name}</>;
}

export function compensationColumns(t: Translate): QueryColumn<CompensationRow>[] {
  return [
    {
      key: "kind",
      title: t("comp.kind"),
      width: 130,
      fixed: "left",
      render: (row) => <b>{t(`comp.kind.${row.kind}`)}</b>,
    },
    {
      key: "cause",
      title: t("comp.cause"),
      width: 130,
      render: (row) => row.cause_title,
    },
    {
      key: "amount",
      title: t("comp.amount"),
      width: 110,
      align: "right",
      render: (row) => <MoneyText money={{ currency: row.currency, amount_minor: row.amount_minor }} />,
    },
    { key: "order", title: t("comp.order"), width: 215, render: (row) => <Copyable text={row.order_no} /> },
    {
      key: "state",
      title: t("comp.state"),
      width: 100,
      render: (row) => <StateMark state={row.state} />,
    },
    {
      key: "what",
      title: t("comp.what"),
      width: 360,
      render: (row) => (
        <span className="fh-clip" title={row.words}>
          {row.words}
        </span>
      ),
    },
    {
      key: "why",
      title: t("comp.why"),
      width: 200,
      render: (row) => {
        const words = row.why || row.waits || (row.state === "proposed" && row.own ? t("comp.ownOne") : "");
        return words ? (
          <span className="fh-clip" title={words}>
            {words}
          </span>
        ) : (
          <Blank />
        );
      },
    },
    { key: "proposed", title: t("comp.proposedBy"), width: 90, render: (row) => <Person name={row.proposed_by} /> },
    { key: "decided", title: t("comp.decidedBy"), width: 110, render: (row) => <Person name={row.decided_by} /> },
    { key: "ended", title: t("comp.ended"), width: 140, render: (row) => <TimeText at={row.ended_at} /> },
    {
      key: "target",
      title: t("comp.target"),
      width: 240,
      optional: true,
      render: (row) => (row.target ? <Copyable text={row.target} /> : <Blank />),
    },
  ];
}
