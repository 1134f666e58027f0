/** The raw message behind a piece of evidence (原始报文): the bytes as they came, and what we read in them. */
import { DownloadOutlined } from "@ant-design/icons";
import { Alert, Button, Drawer, Segmented, Skeleton, Tabs } from "antd";
import { useState } from "react";
import { useGet } from "../../api/queries";
import type { MessageDetail } from "../../api/types";
import { useT, useTitle } from "../../i18n";
import { readableBody, sizeWords } from "../../logic/body";
import { formatSecond } from "../../logic/time";
import { Copyable } from "../../parts/Copyable";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { Facts } from "../../parts/Facts";
import { EffectTag, StateTag } from "../../parts/Tags";
import { saveLink } from "../../table/download";
import { MessageStatusTag } from "./MessageStatusTag";

interface Props {
  messageId: string;
  item?: number | null;
  onClose: () => void;
  actions?: React.ReactNode;
}

export function RawDrawer({ messageId, item, onClose, actions }: Props) {
  const t = useT();
  const answer = useGet<MessageDetail>("messages", `/api/messages/${messageId}`);
  return (
    <Drawer open onClose={onClose} size={760} title={t("raw.title", { id: messageId })} extra={actions}>
      <div data-testid="raw-drawer">
        {answer.isError && <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />}
        {answer.isPending && <Skeleton active paragraph={{ rows: 10 }} />}
        {answer.data && <RawMessage message={answer.data} item={item ?? null} />}
      </div>
    </Drawer>
  );
}

export function RawMessage({ message, item }: { message: MessageDetail; item: number | null }) {
  const t = useT();
  return (
    <div className="fh-raw">
      <MessageFacts message={message} />
      {message.error && <Alert type="warning" showIcon title={t("raw.error")} description={message.error} />}
      {message.unreadable.length > 0 && <Unreadable message={message} />}
      <Tabs
        items={[
          { key: "body", label: t("raw.body"), children: <Body message={message} /> },
          {
            key: "items",
            label: t("raw.items", { n: message.items.length }),
            children: <Items message={message} item={item} />,
          },
          { key: "headers", label: t("raw.headers"), children: <Headers headers={message.headers} /> },
        ]}
      />
    </div>
  );
}

function MessageFacts({ message }: { message: MessageDetail }) {
  const t = useT();
  const title = useTitle();
  const where = message.file ? `${message.file}${message.line ? `:${message.line}` : ""}` : null;
  return (
    <Facts
      items={[
        { key: "source", label: t("raw.source"), children: `${message.source_title} (${message.source})` },
        { key: "way", label: t("raw.way"), children: title("way", message.way) },
        { key: "heard", label: t("clock.heard"), children: formatSecond(message.received_at) },
        { key: "status", label: t("raw.status"), children: <MessageStatusTag status={message.status} /> },
        { key: "size", label: t("raw.size"), children: sizeWords(message.size) },
        { key: "repeats", label: t("raw.repeats"), children: t("raw.repeatsTimes", { n: message.repeats }) },
        ...(where ? [{ key: "file", label: t("raw.file"), wide: true, children: <Copyable text={where} /> }] : []),
        {
          key: "sha",
          label: "SHA-256",
          wide: true,
          children: (
            <span className="fh-hash">
              <Copyable text={message.sha256} />
            </span>
          ),
        },
      ]}
    />
  );
}

function Body({ message }: { message: MessageDetail }) {
  const t = useT();
  const [pretty, setPretty] = useState(true);
  if (message.body_text === null) {
    return (
      <EmptyState
        title={t("raw.binary")}
        hint={t("raw.binaryHint", { size: sizeWords(message.size) })}
        action={message.body_base64 && <SaveBytes base64={message.body_base64} id={message.id} />}
      />
    );
  }
  const readable = readableBody(message.body_text, message.content_type);
  return (
    <>
      <div className="fh-raw-tools">
        <Segmented
          size="small"
          value={pretty ? "pretty" : "exact"}
          onChange={(value) => setPretty(value === "pretty")}
          options={[
            { value: "pretty", label: t("raw.pretty") },
            { value: "exact", label: t("raw.exact") },
          ]}
        />
        <span className="fh-soft">{message.content_type}</span>
        <span className="fh-grow" />
        <Copyable text={message.body_text}>{t("common.copy")}</Copyable>
      </div>
      {message.body_truncated && <Alert type="info" showIcon title={t("raw.truncated")} />}
      <pre className="fh-code" data-testid="raw-body">
        {pretty ? readable.text : message.body_text}
      </pre>
    </>
  );
}

function SaveBytes({ base64, id }: { base64: string; id: string }) {
  const t = useT();
  const href = `data:application/octet-stream;base64,${base64}`;
  return (
    <Button icon={<DownloadOutlined />} onClick={() => saveLink(href, `message-${id}.bin`)}>
      {t("raw.save")}
    </Button>
  );
}

function Items({ message, item }: { message: MessageDetail; item: number | null }) {
  const t = useT();
  if (message.items.length === 0) return <EmptyState title={t("raw.noItems")} hint={t("raw.noItemsHint")} />;
  return (
    <ul className="fh-items">
      {message.items.map((each) => (
        <li key={`${each.item}-${each.subject_label}`} className={each.item === item ? "fh-item-on" : ""}>
          <span className="fh-number fh-soft">#{each.item}</span>
          <b>{each.subject_label}</b>
          <code>{each.code ?? "—"}</code>
          <span className="fh-grow">{each.text}</span>
          {each.claimed && (
            <StateTag state={each.claimed} kind={each.subject_kind === "order" ? "order" : "shipment"} />
          )}
          <EffectTag effect={each.effect} />
          <time className="fh-number fh-soft">{formatSecond(each.occurred_at) || t("clock.unsaid")}</time>
        </li>
      ))}
    </ul>
  );
}

function Headers({ headers }: { headers: Record<string, string> }) {
  return (
    <table className="fh-headers">
      <tbody>
        {Object.entries(headers).map(([name, value]) => (
          <tr key={name}>
            <th>{name}</th>
            <td>
              <Copyable text={value} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Unreadable({ message }: { message: MessageDetail }) {
  const t = useT();
  return (
    <Alert
      type="error"
      showIcon
      title={t("raw.unreadable", { n: message.unreadable.length })}
      description={
        <ul className="fh-unreadable">
          {message.unreadable.map((each) => (
            <li key={`${each.item}-${each.field}`}>
              {t("raw.unreadableLine", { item: each.item, field: each.field, expected: each.expected, got: each.got })}
            </li>
          ))}
        </ul>
      }
    />
  );
}
