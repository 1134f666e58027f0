/** The delivery log (投递日志): what went where and what was answered; dead letters can be sent again. */
import { RedoOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { App, Button, Drawer } from "antd";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import { api } from "../../api/client";
import { useGet } from "../../api/queries";
import type { DeclarationKind } from "../../api/types-declarations";
import type { Delivery, Robot, RuleValues } from "../../api/types-notices";
import { type Translate, useT } from "../../i18n";
import { bulkBody, type Selection } from "../../logic/selection";
import { Blank } from "../../parts/Copyable";
import { MessageBody } from "../../parts/MessageBody";
import { Flag } from "../../parts/Tags";
import { useAct } from "../../parts/useAct";
import { TimeText } from "../../parts/Values";
import { QueryTable } from "../../table/QueryTable";
import type { QueryColumn } from "../../table/types";
import { useListState } from "../../table/useListState";
import { Level } from "./Level";

const SOURCE = { topic: "notices", path: "/api/notice-deliveries" } as const;
const STATUSES = ["waiting", "sent", "dead", "dropped"] as const;
const MOODS = { waiting: "info", sent: "ok", dead: "bad", dropped: "mute" } as const;

function columns(t: Translate): QueryColumn<Delivery>[] {
  return [
    {
      key: "created_at",
      title: t("log.created"),
      width: 140,
      sort: "created_at",
      render: (row) => <TimeText at={row.created_at} />,
    },
    { key: "robot", title: t("log.robot"), width: 170, render: (row) => row.robot_title },
    { key: "title", title: t("notice.title"), width: 220, render: (row) => <span className="fh-clip">{row.title}</span> },
    { key: "count", title: t("notice.count"), width: 70, align: "right", render: (row) => row.count },
    { key: "status", title: t("log.status"), width: 100, render: (row) => <Outcome row={row} /> },
    {
      key: "answer",
      title: t("log.answer"),
      width: 190,
      render: (row) => (row.answer ? <span className="fh-clip" title={row.answer}>{row.answer}</span> : <Blank />),
    },
    {
      key: "sent_at",
      title: t("log.sent"),
      width: 140,
      sort: "sent_at",
      render: (row) => <TimeText at={row.sent_at} />,
    },
    { key: "rule", title: t("log.rule"), width: 110, render: (row) => <RuleLink row={row} /> },
    { key: "event", title: t("notice.event"), width: 110, optional: true, render: (row) => row.event_title },
    { key: "attempts", title: t("log.attempts"), width: 70, align: "right", optional: true, render: (row) => row.attempts },
    {
      key: "severity",
      title: t("notice.severity"),
      width: 90,
      optional: true,
      render: (row) => <Level severity={row.severity} />,
    },
  ];
}

function RuleLink({ row }: { row: Delivery }) {
  if (!row.rule) return <Blank />;
  return (
    <Link to={`/notices/rules/${row.rule}`}>
      {row.rule} v{row.rule_version}
    </Link>
  );
}

function Outcome({ row }: { row: Delivery }) {
  const t = useT();
  return (
    <span data-testid={`delivery-${row.status}`}>
      <Flag mood={MOODS[row.status]}>{t(`log.status.${row.status}`)}</Flag>
    </span>
  );
}

export function DeliveryLog() {
  const t = useT();
  const control = useListState("-created_at");
  const [open, setOpen] = useState<Delivery | null>(null);
  const { data: robots = [] } = useGet<Robot[]>("notices", "/api/notice-robots");
  const { data: rules } = useGet<DeclarationKind<RuleValues>>("declarations", "/api/declarations/notice_rule");
  const table = useMemo(() => columns(t), [t]);
  return (
    <>
      <QueryTable<Delivery>
        screen="deliveries"
        testId="deliveries-table"
        source={SOURCE}
        control={control}
        columns={table}
        fields={[
          { kind: "text", name: "q", label: t("notice.search"), primary: true },
          {
            kind: "choice",
            name: "robot",
            label: t("log.robot"),
            primary: true,
            choices: robots.map((each) => ({ value: each.id, title: each.title })),
          },
          {
            kind: "choice",
            name: "rule",
            label: t("log.rule"),
            choices: (rules?.declarations ?? []).map((each) => ({ value: each.name, title: each.body.title })),
          },
          { kind: "days", name: "created", from: "from", to: "to", label: t("log.created"), primary: true },
          { kind: "text", name: "case", label: t("log.case") },
        ]}
        tabs={{
          name: "status",
          first: "",
          list: [
            { key: "", label: t("list.all") },
            ...STATUSES.map((key) => ({ key, label: t(`log.status.${key}`), alarming: key === "dead" })),
          ],
        }}
        views
        bulk={(selection, clear) => <AgainBulk selection={selection} onDone={clear} />}
        rowKey={(row) => row.id}
        rowTestId={() => "delivery-row"}
        onOpen={setOpen}
        empty={{ title: t("log.empty"), hint: t("log.emptyHint") }}
      />
      {open && <DeliveryDrawer row={open} onClose={() => setOpen(null)} />}
    </>
  );
}

function useAgain() {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const { message } = App.useApp();
  return (selection: Selection) =>
    act(async () => {
      const { changed } = await api.post<{ changed: number }>("/api/notice-deliveries/again", bulkBody(selection));
      await client.invalidateQueries({ queryKey: ["notices"] });
      void message.success(t("log.againDone", { n: changed }));
    });
}

function AgainBulk({ selection, onDone }: { selection: Selection; onDone: () => void }) {
  const t = useT();
  const again = useAgain();
  const run = async () => {
    if (await again(selection)) onDone();
  };
  return (
    <Button size="small" type="primary" icon={<RedoOutlined />} onClick={() => void run()} data-testid="again-bulk">
      {t("log.again")}
    </Button>
  );
}

function DeliveryDrawer({ row, onClose }: { row: Delivery; onClose: () => void }) {
  const t = useT();
  const again = useAgain();
  const dead = row.status === "dead" || row.status === "dropped";
  const resend = async () => {
    if (await again({ mode: "ids", ids: [row.id] })) onClose();
  };
  return (
    <Drawer
      open
      size={560}
      title={`#${row.id} ${row.title}`}
      onClose={onClose}
      extra={
        dead && (
          <Button icon={<RedoOutlined />} onClick={() => void resend()} data-testid="again-one">
            {t("log.again")}
          </Button>
        )
      }
    >
      <dl className="fh-delivery" data-testid="delivery-detail">
        <dt>{t("log.robot")}</dt>
        <dd>{row.robot_title}</dd>
        <dt>{t("log.status")}</dt>
        <dd>
          <Outcome row={row} /> {row.again_by && t("log.againBy", { who: row.again_by })}
        </dd>
        <dt>{t("log.sent")}</dt>
        <dd>
          <TimeText at={row.sent_at} />
        </dd>
        <dt>{t("log.answer")}</dt>
        <dd>
          <code className="fh-wrap">{row.answer || "—"}</code>
        </dd>
        <dt>{t("log.case")}</dt>
        <dd>{row.case_id ? <Link to={`/cases/${row.case_id}`}>#{row.case_id}</Link> : <Blank />}</dd>
      </dl>
      <div className="fh-card">
        <MessageBody text={row.body} />
      </div>
    </Drawer>
  );
}
