/** The inbox (收件箱): every message as it came, what became of it, and another judging on demand. */
import { WarningOutlined } from "@ant-design/icons";
import { Tabs } from "antd";
import { useMemo } from "react";
import { Link } from "react-router";
import { useFacets } from "../../api/queries";
import type { MessageRow } from "../../api/types";
import { useSession } from "../../app/session";
import { type Translate, useT, useTitle } from "../../i18n";
import { sizeWords } from "../../logic/body";
import { Blank, Copyable } from "../../parts/Copyable";
import { useAddress } from "../../parts/useAddress";
import { PageHead } from "../../parts/PageHead";
import { CountText, TimeText } from "../../parts/Values";
import { QueryTable } from "../../table/QueryTable";
import type { QueryColumn } from "../../table/types";
import { useListState } from "../../table/useListState";
import { MessageStatusTag } from "../evidence/MessageStatusTag";
import { RawDrawer } from "../evidence/RawDrawer";
import { RefusedList } from "./RefusedList";
import { ReplayBulk, ReplayOne } from "./Replay";

const WAYS = ["webhook", "file", "poll", "ruling", "api"];
const TABS = ["all", "pending", "judged", "set_aside"] as const;

/** The hub's default status is not asked for: the screen always says which. */
function messageQuery(filters: Record<string, string>): Record<string, string> {
  return { ...filters, status: filters.status ?? "all" };
}

const SOURCE = { topic: "messages", path: "/api/messages", toQuery: messageQuery } as const;

type Title = ReturnType<typeof useTitle>;

function messageColumns(t: Translate, title: Title): QueryColumn<MessageRow>[] {
  return [
    {
      key: "id",
      title: t("inbox.id"),
      width: 110,
      fixed: "left",
      render: (row) => (
        <Copyable text={row.id}>
          <Link to={`?open=${row.id}`}>{row.id}</Link>
        </Copyable>
      ),
    },
    {
      key: "received_at",
      title: t("inbox.receivedAt"),
      width: 140,
      sort: "received_at",
      render: (row) => <TimeText at={row.received_at} />,
    },
    { key: "source", title: t("raw.source"), width: 160, render: (row) => row.source_title },
    { key: "way", title: t("raw.way"), width: 80, render: (row) => title("way", row.way) },
    { key: "status", title: t("raw.status"), width: 100, render: (row) => <MessageStatusTag status={row.status} /> },
    {
      key: "summary",
      title: t("inbox.summary"),
      width: 380,
      render: (row) => (
        <span className="fh-clip" title={row.error ?? row.summary ?? ""}>
          {row.error ? (
            <span className="fh-problem">
              <WarningOutlined /> {row.error}
            </span>
          ) : (
            row.summary || <Blank />
          )}
        </span>
      ),
    },
    {
      key: "repeats",
      title: t("raw.repeats"),
      width: 80,
      align: "right",
      render: (row) => <CountText count={row.repeats} />,
    },
    { key: "size", title: t("raw.size"), width: 80, align: "right", render: (row) => sizeWords(row.size) },
    {
      key: "file",
      title: t("raw.file"),
      width: 200,
      optional: true,
      render: (row) => (row.file ? `${row.file}${row.line ? `:${row.line}` : ""}` : <Blank />),
    },
    {
      key: "connector",
      title: t("source.connector"),
      width: 120,
      optional: true,
      render: (row) => <code>{row.connector}</code>,
    },
    {
      key: "content_type",
      title: t("inbox.contentType"),
      width: 200,
      optional: true,
      render: (row) => row.content_type ?? <Blank />,
    },
  ];
}

export function Inbox() {
  const t = useT();
  const { params, begin } = useAddress();
  const view = params.get("view") === "refused" ? "refused" : "messages";
  return (
    <>
      <PageHead title={t("menu.inbox")} note={t("inbox.intro")} />
      <Tabs
        activeKey={view}
        onChange={(key) => begin({ view: key === "refused" ? key : "" })}
        className="fh-page-tabs"
        items={[
          { key: "messages", label: <span data-testid="inbox-messages">{t("inbox.messages")}</span> },
          { key: "refused", label: <span data-testid="inbox-refused">{t("inbox.refused")}</span> },
        ]}
      />
      {view === "refused" ? <RefusedList /> : <MessageList />}
    </>
  );
}

function MessageList() {
  const t = useT();
  const title = useTitle();
  const { can } = useSession();
  const facets = useFacets();
  const control = useListState("-received_at");
  const columns = useMemo(() => messageColumns(t, title), [t, title]);
  return (
    <>
      <QueryTable<MessageRow>
        screen="messages"
        testId="messages-table"
        source={SOURCE}
        control={control}
        columns={columns}
        fields={[
          { kind: "numbers", name: "q", label: t("inbox.numbers"), primary: true },
          { kind: "choice", name: "source", label: t("raw.source"), choices: facets.sources, primary: true },
          {
            kind: "choice",
            name: "way",
            label: t("raw.way"),
            choices: WAYS.map((value) => ({ value, title: title("way", value) })),
          },
          {
            kind: "days",
            name: "received",
            from: "received_from",
            to: "received_to",
            label: t("inbox.receivedAt"),
            primary: true,
          },
        ]}
        rowKey={(row) => row.id}
        rowTestId={(row) => `message-row-${row.id}`}
        tabs={{
          name: "status",
          first: "all",
          list: TABS.map((key) => ({
            key,
            label: key === "all" ? t("list.all") : title("messageStatus", key),
            alarming: key === "set_aside",
          })),
        }}
        views
        {...(can("inbox.replay")
          ? { bulk: (selection, clear) => <ReplayBulk selection={selection} onDone={clear} /> }
          : {})}
        onOpen={(row) => control.open(row.id)}
        activeId={control.openId}
        empty={{ title: t("inbox.empty"), hint: t("inbox.emptyHint") }}
      />
      {control.openId && (
        <RawDrawer
          messageId={control.openId}
          onClose={() => control.open(null)}
          actions={can("inbox.replay") && <ReplayOne id={control.openId} />}
        />
      )}
    </>
  );
}
