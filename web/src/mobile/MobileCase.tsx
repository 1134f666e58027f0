/** A case on the phone (手机工单): what is the matter, both sides, and the ruling under the thumb. */
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link, useParams } from "react-router";
import { api } from "../api/client";
import { invalidate, useGet } from "../api/queries";
import type { CaseDetail, Decision, TimelineItem } from "../api/types";
import { useSession } from "../app/session";
import { useT, useTitle } from "../i18n";
import { rulingRights } from "../logic/decisions";
import { formatMinute } from "../logic/time";
import { problemWords } from "../parts/problemWords";
import { SeverityTag, StateTag } from "../parts/Tags";
import { DueText } from "../parts/Values";
import { Block, Facts, Happening, Head, Nothing, Wrong } from "./parts";

interface Said {
  wrong: boolean;
  words: string;
}

export function MobileCase() {
  const { id = "" } = useParams();
  const answer = useGet<CaseDetail>("cases", `/api/cases/${id}`);
  if (answer.isError && !answer.data) return <Wrong error={answer.error} onRetry={() => void answer.refetch()} />;
  if (!answer.data) return <Head title={`#${id}`} back="/m" />;
  return <CaseView key={id} detail={answer.data} />;
}

/** Doing something to this case; what came of it is said on the page, in plain words. */
function useCaseAct(id: string) {
  const t = useT();
  const client = useQueryClient();
  const [said, setSaid] = useState<Said | null>(null);
  const [busy, setBusy] = useState(false);
  const act = async (path: string, body: unknown, done: string): Promise<boolean> => {
    setBusy(true);
    let well = true;
    try {
      const fresh = await api.post<CaseDetail>(`/api/cases/${id}/${path}`, body);
      client.setQueryData(["cases", `/api/cases/${id}`, {}], fresh);
      setSaid({ wrong: false, words: done });
    } catch (error) {
      const { what, next } = problemWords(error, t);
      setSaid({ wrong: true, words: [what, next].filter(Boolean).join(" ") });
      well = false;
    }
    invalidate(client, ["cases", "workbench"]);
    setBusy(false);
    return well;
  };
  return { act, said, busy };
}

function CaseView({ detail }: { detail: CaseDetail }) {
  const t = useT();
  const title = useTitle();
  const { me, can } = useSession();
  const { act, said, busy } = useCaseAct(detail.id);
  const [deciding, setDeciding] = useState<Decision | null>(null);
  const open = detail.closed_at === null;
  const ruling = open && can(...rulingRights(detail.subject_kind));
  const rule = async (decision: Decision, reason: string) => {
    await act("ruling", { decision, reason }, t("mobile.done"));
    setDeciding(null);
  };
  return (
    <div data-testid="mobile-case-page">
      <Head title={`#${detail.id} ${title("caseKind", detail.kind, detail.kind_title)}`} back="/m">
        {detail.order_id && can("orders.view") && (
          <Link to={`/m/orders/${detail.order_id}`} data-testid="mobile-order-link">
            {t("mobile.order")}
          </Link>
        )}
      </Head>
      {said && (
        <p className={said.wrong ? "mb-note mb-wrong" : "mb-note"} role="status" data-testid="mobile-said">
          {said.words}
        </p>
      )}
      <Block>
        <SeverityTag severity={detail.severity} /> <b>{detail.title}</b>
        <p data-testid="mobile-explanation">{detail.explanation}</p>
        <Facts
          rows={[
            [t("order.no"), detail.order_no],
            [t("shipment.no"), detail.subject_kind === "shipment" ? detail.subject_label : null],
            [t("case.openedAt"), formatMinute(detail.opened_at)],
            [t("case.dueAt"), detail.due_at && <DueText at={detail.due_at} closed={!open} />],
            [t("case.owner"), detail.owner?.name],
          ]}
        />
        {open && !detail.owner && can("cases.rule", "cases.assign") && (
          <button
            type="button"
            className="mb-button"
            disabled={busy}
            onClick={() => void act("assign", { owner: me.id }, t("mobile.taken"))}
            data-testid="mobile-take"
          >
            {t("mobile.take")}
          </button>
        )}
      </Block>
      <Block title={t("mobile.evidence")}>
        <div className="mb-sides">
          <Side word={t("side.ours")} state={detail.ours} title={detail.ours_title} items={detail.evidence.ours} />
          <Side
            theirs
            word={t("side.theirs")}
            state={detail.theirs}
            title={detail.theirs_title}
            items={detail.evidence.theirs}
          />
        </div>
      </Block>
      <Comments detail={detail} busy={busy} onSay={(text) => act("comments", { text }, t("mobile.done"))} />
      {ruling && detail.decisions.length > 0 && (
        <div className="mb-bar" data-testid="mobile-decisions">
          {detail.decisions.map((decision) => (
            <button
              type="button"
              key={decision}
              className={decision === "accept_theirs" ? "mb-button mb-primary" : "mb-button"}
              onClick={() => setDeciding(decision)}
              data-testid={`mobile-decide-${decision}`}
            >
              {t(`decide.${decision}`)}
            </button>
          ))}
        </div>
      )}
      {deciding && (
        <ReasonSheet
          decision={deciding}
          busy={busy}
          onClose={() => setDeciding(null)}
          onConfirm={(reason) => void rule(deciding, reason)}
        />
      )}
    </div>
  );
}

interface SideProps {
  word: string;
  state: string | null;
  title: string | null;
  items: TimelineItem[];
  theirs?: boolean;
}

function Side({ word, state, title, items, theirs = false }: SideProps) {
  const t = useT();
  return (
    <section className={theirs ? "mb-side mb-side-theirs" : "mb-side"}>
      <span className="mb-soft">{word}</span>
      <div>
        <StateTag state={state} title={title} />
      </div>
      {items.length === 0 && <p className="mb-soft">{t("mobile.noEvidence")}</p>}
      {items.slice(-4).map((item) => (
        <Happening key={item.key} item={item} />
      ))}
    </section>
  );
}

interface CommentProps {
  detail: CaseDetail;
  busy: boolean;
  onSay: (text: string) => Promise<boolean>;
}

function Comments({ detail, busy, onSay }: CommentProps) {
  const t = useT();
  const [text, setText] = useState("");
  const say = async (event: FormEvent) => {
    event.preventDefault();
    if (await onSay(text.trim())) setText("");
  };
  return (
    <Block title={t("mobile.comments")} testId="mobile-comments">
      {detail.comments.length === 0 && <Nothing title={t("mobile.noComments")} />}
      {detail.comments.map((one) => (
        <div key={one.id} className="mb-event">
          {one.text}
          <div className="mb-soft">
            {one.author} · {formatMinute(one.at)}
          </div>
        </div>
      ))}
      <form onSubmit={say}>
        <textarea
          value={text}
          maxLength={4000}
          aria-label={t("mobile.comment")}
          placeholder={`${t("mobile.comment")} @`}
          onChange={(event) => setText(event.target.value)}
          data-testid="mobile-comment"
        />
        <button type="submit" className="mb-button" disabled={busy || !text.trim()} data-testid="mobile-say">
          {t("mobile.send")}
        </button>
      </form>
    </Block>
  );
}

interface SheetProps {
  decision: Decision;
  busy: boolean;
  onClose: () => void;
  onConfirm: (reason: string) => void;
}

function ReasonSheet({ decision, busy, onClose, onConfirm }: SheetProps) {
  const t = useT();
  const [reason, setReason] = useState("");
  return (
    <div className="mb-sheet" role="dialog" aria-modal="true" aria-label={t(`decide.${decision}`)}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onConfirm(reason.trim());
        }}
      >
        <b>{t(`decide.${decision}`)}</b>
        <textarea
          autoFocus
          maxLength={500}
          value={reason}
          placeholder={t("mobile.reason")}
          aria-label={t("mobile.reason")}
          onChange={(event) => setReason(event.target.value)}
          data-testid="mobile-reason"
        />
        <div className="mb-usual">
          {t(`decide.${decision}.usual`)
            .split("|")
            .map((each) => (
              <button type="button" key={each} onClick={() => setReason(each)}>
                {each}
              </button>
            ))}
        </div>
        <div className="mb-row">
          <button type="button" className="mb-button" onClick={onClose}>
            {t("mobile.cancel")}
          </button>
          <button
            type="submit"
            className="mb-button mb-primary"
            disabled={busy || !reason.trim()}
            data-testid="mobile-confirm"
          >
            {t("mobile.confirm")}
          </button>
        </div>
      </form>
    </div>
  );
}
