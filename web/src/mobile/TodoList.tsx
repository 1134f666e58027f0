/** The to-do list on the phone (待办): my cases, those nobody took, and my letters. */
import { useQueryClient } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { api } from "../api/client";
import { useGet } from "../api/queries";
import type { CaseRow, Page } from "../api/types";
import type { Mail } from "../api/types-notices";
import { useT, useTitle } from "../i18n";
import { formatMinute } from "../logic/time";
import { SeverityTag } from "../parts/Tags";
import { DueText } from "../parts/Values";
import { Head, Nothing, Wrong } from "./parts";

const SIZE = 50;
const VIEWS = ["mine", "free", "news"] as const;

export function TodoList() {
  const t = useT();
  const [params] = useSearchParams();
  const { data } = useGet<{ unread: number }>("notices", "/api/notices/unread");
  const view = VIEWS.find((each) => each === params.get("view")) ?? "mine";
  return (
    <>
      <Head title={t("mobile.todo")}>
        <Link to="/workbench">{t("mobile.desktop")}</Link>
      </Head>
      <nav className="mb-tabs">
        {VIEWS.map((each) => (
          <Link
            key={each}
            to={`/m?view=${each}`}
            replace
            aria-current={each === view ? "page" : undefined}
            data-testid={`mobile-tab-${each}`}
          >
            {t(`mobile.${each}`)}
            {each === "news" && data?.unread ? ` ${data.unread}` : ""}
          </Link>
        ))}
      </nav>
      {view === "news" ? <News /> : <Cases owner={view === "mine" ? "me" : "none"} />}
    </>
  );
}

function Cases({ owner }: { owner: "me" | "none" }) {
  const t = useT();
  const answer = useGet<Page<CaseRow>>("cases", "/api/cases", { owner, size: SIZE });
  if (answer.isError && !answer.data) return <Wrong error={answer.error} onRetry={() => void answer.refetch()} />;
  if (!answer.data) return null;
  const { items, total } = answer.data;
  if (items.length === 0) {
    const mine = owner === "me";
    return (
      <Nothing
        title={t(mine ? "mobile.noMine" : "mobile.noFree")}
        hint={t(mine ? "mobile.noMineHint" : "mobile.noFreeHint")}
      />
    );
  }
  return (
    <>
      <ul className="mb-list">
        {items.map((row) => (
          <li key={row.id}>
            <CaseCard row={row} />
          </li>
        ))}
      </ul>
      <p className="mb-nothing">
        {total > items.length ? t("mobile.more", { n: total - items.length }) : t("mobile.total", { n: total })}
      </p>
    </>
  );
}

export function CaseCard({ row }: { row: CaseRow }) {
  const title = useTitle();
  return (
    <Link to={`/m/cases/${row.id}`} className="mb-card" data-testid="mobile-case">
      <SeverityTag severity={row.severity} />{" "}
      <span className="mb-soft">
        #{row.id} {title("caseKind", row.kind, row.kind_title)}
      </span>
      <b>{row.title}</b>
      <small>
        {row.order_no ?? row.subject_label} · {formatMinute(row.opened_at)}{" "}
        <DueText at={row.due_at} closed={row.closed_at !== null} />
      </small>
    </Link>
  );
}

function News() {
  const t = useT();
  const client = useQueryClient();
  const answer = useGet<Page<Mail>>("notices", "/api/notices", { size: SIZE });
  if (answer.isError && !answer.data) return <Wrong error={answer.error} onRetry={() => void answer.refetch()} />;
  if (!answer.data) return null;
  if (answer.data.items.length === 0) return <Nothing title={t("notice.empty")} hint={t("notice.emptyHint")} />;
  const read = async (mail: Mail) => {
    if (mail.read) return;
    await api.post("/api/notices/read", { ids: [mail.id] });
    await client.invalidateQueries({ queryKey: ["notices"] });
  };
  return (
    <ul className="mb-list">
      {answer.data.items.map((mail) => (
        <li key={mail.id} className={mail.read ? "" : "mb-unread"}>
          <Link to={mail.case_id ? `/m/cases/${mail.case_id}` : "/m?view=free"} onClick={() => void read(mail)}>
            <b>{mail.title}</b>
            <small>
              {mail.event_title} · {formatMinute(mail.at)}
            </small>
          </Link>
        </li>
      ))}
    </ul>
  );
}
