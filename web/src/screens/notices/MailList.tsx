/** One's own inbox (站内信): filtered, read one by one or all at once. */
import { useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { useMemo } from "react";
import { Link } from "react-router";
import { api } from "../../api/client";
import type { Mail } from "../../api/types-notices";
import { mailPath } from "../../app/Bell";
import { type Translate, useT } from "../../i18n";
import { MessageBody } from "../../parts/MessageBody";
import { useAct } from "../../parts/useAct";
import { TimeText } from "../../parts/Values";
import { QueryTable } from "../../table/QueryTable";
import type { QueryColumn } from "../../table/types";
import { useListState } from "../../table/useListState";
import { Level } from "./Level";

const SOURCE = { topic: "notices", path: "/api/notices" } as const;
const EVENTS = ["opened", "reopened", "severity", "overdue", "assigned", "mentioned", "escalated", "told"];

type Mark = (ids: string[] | null, read: boolean) => void;

function columns(t: Translate, mark: Mark): QueryColumn<Mail>[] {
  return [
    {
      key: "title",
      title: t("notice.title"),
      width: 520,
      render: (row) => (
        <div className={row.read ? "fh-mail" : "fh-mail fh-mail-unread"} data-testid={`mail-${row.id}`}>
          <Link to={mailPath(row)} onClick={() => row.read || mark([row.id], true)}>
            {row.title}
          </Link>
          <MessageBody text={row.body.replace(/^#.*\n?/, "")} />
        </div>
      ),
    },
    { key: "severity", title: t("notice.severity"), width: 90, render: (row) => <Level severity={row.severity} /> },
    { key: "event", title: t("notice.event"), width: 140, render: (row) => row.event_title },
    { key: "count", title: t("notice.count"), width: 70, align: "right", render: (row) => row.count },
    { key: "shown_at", title: t("notice.at"), width: 140, render: (row) => <TimeText at={row.at} /> },
    {
      key: "read",
      title: "",
      width: 110,
      render: (row) => (
        <Button type="link" size="small" onClick={() => mark([row.id], !row.read)} data-testid="mail-toggle">
          {t(row.read ? "notice.markUnread" : "notice.markRead")}
        </Button>
      ),
    },
  ];
}

export function MailList() {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const control = useListState("-shown_at");
  const table = useMemo(() => {
    const mark: Mark = (ids, read) =>
      void act(async () => {
        await api.post("/api/notices/read", { ids, read });
        await client.invalidateQueries({ queryKey: ["notices"] });
      });
    return { columns: columns(t, mark), mark };
  }, [t, act, client]);
  const levels = [3, 2, 1].map((level) => ({ value: String(level), title: t(`notice.level.${level as 1 | 2 | 3}`) }));
  return (
    <QueryTable<Mail>
      screen="notices"
      testId="mail-table"
      source={SOURCE}
      control={control}
      columns={table.columns}
      exportable={false}
      fields={[
        { kind: "text", name: "q", label: t("notice.search"), primary: true },
        {
          kind: "choice",
          name: "event",
          label: t("notice.event"),
          primary: true,
          choices: EVENTS.map((value) => ({ value, title: t(`event.${value}` as "event.opened") })),
        },
        { kind: "choice", name: "severity", label: t("notice.severity"), choices: levels, primary: true },
        { kind: "yes", name: "unread", label: t("notice.unread"), primary: true },
      ]}
      actions={
        <Button onClick={() => table.mark(null, true)} data-testid="mail-read-all">
          {t("notice.markAll")}
        </Button>
      }
      rowKey={(row) => row.id}
      rowTestId={() => "mail-row"}
      empty={{ title: t("notice.empty"), hint: t("notice.emptyHint") }}
    />
  );
}

