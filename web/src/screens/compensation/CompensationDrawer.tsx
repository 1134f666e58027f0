/** One compensation whole: what will be done in words, the break with both its sides, and what happened. */
import { Button, Drawer, Skeleton, Timeline } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { api } from "../../api/client";
import { invalidate, useGet } from "../../api/queries";
import { useQueryClient } from "@tanstack/react-query";
import type { BreakDocument, CompensationPageData } from "../../api/types-compensation";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import type { Word } from "../../i18n/words";
import { Blank, Copyable } from "../../parts/Copyable";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { Facts } from "../../parts/Facts";
import { Flag } from "../../parts/Tags";
import { MoneyText, TimeText } from "../../parts/Values";
import { useAct } from "../../parts/useAct";
import { RawDrawer } from "../evidence/RawDrawer";
import { NoteDialog } from "../../parts/declaration/NoteDialog";
import { Person, StateMark } from "./columns";
import { DecideButtons } from "./DecideButtons";

export function CompensationDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useT();
  const answer = useGet<CompensationPageData>("money", `/api/compensations/${id}`);
  return (
    <Drawer
      open
      onClose={onClose}
      size={820}
      title={answer.data ? t(`comp.kind.${answer.data.item.kind}`) : t("menu.compensation")}
    >
      <div data-testid="compensation-drawer">
        {answer.isError && !answer.data && <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />}
        {answer.isPending && <Skeleton active paragraph={{ rows: 10 }} />}
        {answer.data && <Whole page={answer.data} />}
      </div>
    </Drawer>
  );
}

function Whole({ page }: { page: CompensationPageData }) {
  const t = useT();
  const { item } = page;
  const money = (amount_minor: number | null | undefined) => (
    <MoneyText money={amount_minor == null ? null : { currency: item.currency, amount_minor }} />
  );
  return (
    <>
      <p className="fh-finding-words" data-testid="compensation-words">
        {item.words}
      </p>
      <Facts
        items={[
          { key: "state", label: t("comp.state"), children: <StateMark state={item.state} /> },
          { key: "amount", label: t("comp.amount"), children: money(item.amount_minor) },
          {
            key: "cause",
            label: t("comp.cause"),
            children: (
              <>
                {item.cause_title}{" "}
                <Flag mood={item.break_status === "open" ? "warn" : "ok"}>
                  {t(item.break_status === "open" ? "comp.openBreak" : "comp.closedBreak")}
                </Flag>
              </>
            ),
          },
          {
            key: "order",
            label: t("comp.order"),
            children: item.order_no ? (
              <Copyable text={item.order_no}>
                <Link to={`/trace?number=${encodeURIComponent(item.order_no)}`}>{item.order_no}</Link>
              </Copyable>
            ) : (
              <Blank />
            ),
          },
          { key: "by", label: t("comp.proposedBy"), children: <Person name={item.proposed_by} /> },
          { key: "decided", label: t("comp.decidedBy"), children: <Person name={item.decided_by} /> },
          { key: "why", label: t("comp.why"), wide: true, children: item.why || item.waits || page.note || <Blank /> },
        ]}
      />
      <Acts page={page} />
      <h3>{t("comp.break")}</h3>
      <Documents documents={page.documents} currency={item.currency} />
      <h3>{t("comp.history")}</h3>
      <History page={page} />
    </>
  );
}

function Acts({ page }: { page: CompensationPageData }) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const { can } = useSession();
  const [raw, setRaw] = useState(false);
  const [absent, setAbsent] = useState(false);
  const { item } = page;
  const again = () =>
    void act(
      async () => {
        await api.post(`/api/compensations/${item.id}/again`, {});
        invalidate(client, ["money", "workbench"]);
      },
      { done: t("comp.againDone") },
    );
  const sayAbsent = (reason: string) =>
    act(
      async () => {
        await api.post(`/api/compensations/${item.id}/absent`, { reason });
        setAbsent(false);
        invalidate(client, ["money", "workbench"]);
      },
      { done: t("comp.absentDone") },
    );
  return (
    <div className="fh-finding-acts">
      {item.state === "proposed" && (
        <DecideButtons selection={{ mode: "ids", ids: [item.id] }} own={item.own} onDone={() => undefined} />
      )}
      {(item.state === "failed" || item.state === "refused") && item.break_status === "open" && can("money.reconcile") && (
        <Button onClick={again} data-testid="compensation-again">
          {t("comp.again")}
        </Button>
      )}
      {item.unanswered && item.break_status === "open" && can("money.reconcile") && (
        <Button onClick={() => setAbsent(true)} data-testid="compensation-absent">
          {t("comp.absent")}
        </Button>
      )}
      {absent && (
        <NoteDialog
          title={t("comp.absentTitle")}
          hint={t("comp.absentHint")}
          okText={t("comp.absentGo")}
          onOk={sayAbsent}
          onClose={() => setAbsent(false)}
        />
      )}
      {item.message_id && can("inbox.view") && <Button onClick={() => setRaw(true)}>{t("comp.reply")}</Button>}
      {raw && item.message_id && <RawDrawer messageId={item.message_id} onClose={() => setRaw(false)} />}
    </div>
  );
}

const KNOWN = new Set(["order", "payment", "refund", "voucher", "refund_voucher"]);

function Documents({ documents, currency }: { documents: BreakDocument[]; currency: string }) {
  const t = useT();
  const named = (kind: string) => (KNOWN.has(kind) ? t(`comp.doc.${kind}` as Word) : kind);
  return (
    <table className="fh-balance" data-testid="compensation-documents">
      <tbody>
        {documents.map((one, at) => (
          <tr key={`${one.kind}-${one.number}-${at}`}>
            <td className="fh-soft">{t(one.side === "ours" ? "comp.ours" : "comp.theirs")}</td>
            <td>
              {one.kind.startsWith("missing:") ? (
                <Flag mood="bad">{t("comp.missing", { what: named(one.kind.slice(8)) })}</Flag>
              ) : (
                named(one.kind)
              )}
            </td>
            <td className="fh-number">
              <Copyable text={one.number} />
            </td>
            <td>
              <TimeText at={one.at} />
            </td>
            <td className="right">
              <MoneyText money={one.amount_minor == null ? null : { currency, amount_minor: one.amount_minor }} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function History({ page }: { page: CompensationPageData }) {
  const t = useT();
  return (
    <Timeline
      items={page.events.map((one) => ({
        content: (
          <span data-testid="compensation-event">
            <TimeText at={one.at} /> <b>{t(`comp.event.${one.event}` as Word)}</b>{" "}
            <span className="fh-soft">
              <Person name={one.author} /> {String(one.body.why ?? "")}
            </span>
          </span>
        ),
      }))}
    />
  );
}
