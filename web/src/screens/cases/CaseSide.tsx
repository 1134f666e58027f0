/** Beside a case: who has it, until when, what people said and did. */
import {
  FileSearchOutlined,
  SendOutlined,
  UserAddOutlined,
  UserDeleteOutlined,
  UserSwitchOutlined,
} from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Button, Input } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { api } from "../../api/client";
import { invalidate } from "../../api/queries";
import type { CaseDetail } from "../../api/types";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { subjectPath } from "../../logic/subjects";
import { Blank, Copyable } from "../../parts/Copyable";
import { Panel } from "../../parts/Panel";
import { useAct } from "../../parts/useAct";
import { AgoText, DueText, TimeText } from "../../parts/Values";
import { RawDrawer } from "../evidence/RawDrawer";
import { AssignDialog, type Assignment } from "./AssignDialog";

export function CaseSide({ detail }: { detail: CaseDetail }) {
  return (
    <aside className="fh-case-side">
      <Facts detail={detail} />
      <Comments detail={detail} />
      <Log detail={detail} />
    </aside>
  );
}

function Facts({ detail }: { detail: CaseDetail }) {
  const t = useT();
  const [raw, setRaw] = useState(false);
  const open = detail.closed_at === null;
  const subject = subjectPath(detail.subject_kind, detail.subject_id);
  return (
    <Panel>
      <dl className="fh-facts">
        <dt>{t("case.owner")}</dt>
        <dd>
          {detail.owner?.name ?? <span className="fh-soft">{t("case.nobody")}</span>}
          {open && <OwnerActs detail={detail} />}
        </dd>
        <dt>{t("case.dueAt")}</dt>
        <dd>
          <DueText at={detail.due_at} closed={!open} />
        </dd>
        <dt>{t("case.openedAt")}</dt>
        <dd>
          <TimeText at={detail.opened_at} />
        </dd>
        <dt>{t("case.subject")}</dt>
        <dd>
          <Copyable text={detail.subject_label}>
            <Link to={subject}>{detail.subject_label}</Link>
          </Copyable>
        </dd>
        <dt>{t("order.no")}</dt>
        <dd>
          {detail.order_id ? (
            <Copyable text={detail.order_no}>
              <Link to={`/orders/${detail.order_id}`}>{detail.order_no}</Link>
            </Copyable>
          ) : (
            <Blank />
          )}
        </dd>
      </dl>
      {detail.raw_message_id && (
        <Button block icon={<FileSearchOutlined />} onClick={() => setRaw(true)} data-testid="open-raw">
          {t("case.raw")}
        </Button>
      )}
      {raw && detail.raw_message_id && <RawDrawer messageId={detail.raw_message_id} onClose={() => setRaw(false)} />}
    </Panel>
  );
}

/** Taking a case oneself, or giving it to somebody. */
function OwnerActs({ detail }: { detail: CaseDetail }) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const { me, can } = useSession();
  const [assigning, setAssigning] = useState(false);
  const mine = detail.owner?.id === me.id;
  const claimable = can("cases.assign") || (can("cases.rule") && detail.owner === null);
  const send = async (assignment: Assignment) => {
    await api.post(`/api/cases/${detail.id}/assign`, assignment);
    invalidate(client, ["cases"]);
  };
  const assign = (assignment: Assignment) => act(() => send(assignment), { done: t("case.assigned") });
  return (
    <span className="fh-facts-acts">
      {!mine && claimable && (
        <Button
          size="small"
          icon={<UserAddOutlined />}
          onClick={() => void assign({ owner: "me" })}
          data-testid="claim"
        >
          {t("case.claim")}
        </Button>
      )}
      {mine && (
        <Button
          size="small"
          icon={<UserDeleteOutlined />}
          onClick={() => void assign({ owner: null })}
          data-testid="let-go"
        >
          {t("case.letGo")}
        </Button>
      )}
      {can("cases.assign") && (
        <Button size="small" icon={<UserSwitchOutlined />} onClick={() => setAssigning(true)} data-testid="assign">
          {t("case.assign")}
        </Button>
      )}
      {assigning && <AssignDialog title={t("case.assign")} onAssign={assign} onClose={() => setAssigning(false)} />}
    </span>
  );
}

function Comments({ detail }: { detail: CaseDetail }) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const [text, setText] = useState("");
  const send = async () => {
    if (!text.trim()) return;
    const sent = await act(async () => {
      await api.post(`/api/cases/${detail.id}/comments`, { text: text.trim() });
      invalidate(client, ["cases"]);
    });
    if (sent) setText("");
  };
  return (
    <Panel title={t("case.comments", { n: detail.comments.length })}>
      <ul className="fh-comments">
        {detail.comments.map((each) => (
          <li key={each.id}>
            <b>{each.author}</b>
            <small className="fh-soft">
              <AgoText at={each.at} />
            </small>
            <p>{each.text}</p>
          </li>
        ))}
      </ul>
      <Input.TextArea
        rows={2}
        value={text}
        maxLength={1000}
        placeholder={t("case.commentHint")}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && void send()}
        data-testid="comment-input"
      />
      <Button
        size="small"
        icon={<SendOutlined />}
        disabled={!text.trim()}
        onClick={() => void send()}
        data-testid="comment-send"
      >
        {t("case.comment")}
      </Button>
    </Panel>
  );
}

function Log({ detail }: { detail: CaseDetail }) {
  const t = useT();
  return (
    <Panel title={t("case.log")}>
      <ol className="fh-log">
        {detail.log.map((each, at) => (
          <li key={`${each.at}-${at}`}>
            <TimeText at={each.at} /> <b>{each.who}</b> {each.what}
          </li>
        ))}
      </ol>
    </Panel>
  );
}
