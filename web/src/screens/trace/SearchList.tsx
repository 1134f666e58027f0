/** Searches: whom each asked, when, what was answered in plain words, and which gaps it closed. */
import {
  CheckCircleOutlined,
  ClockCircleOutlined,
  CloseCircleOutlined,
  MinusCircleOutlined,
  StopOutlined,
  SyncOutlined,
} from "@ant-design/icons";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { QuestionStatus, SearchQuestion, SearchView } from "../../api/types-seeking";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import type { Word } from "../../i18n/words";
import { Flag } from "../../parts/Tags";
import { AgoText, TimeText } from "../../parts/Values";

interface Props {
  searches: SearchView[];
  onRaw: (messageId: string) => void;
  /** Each names its number and leads to its chain. */
  named?: boolean;
}

export function SearchList({ searches, onRaw, named = false }: Props) {
  return (
    <div className="fh-searches">
      {searches.map((each, at) => (
        <Search key={each.id} search={each} onRaw={onRaw} named={named} open={at === 0 && !named} />
      ))}
    </div>
  );
}

function Search({ search, onRaw, named, open }: { search: SearchView; onRaw: (id: string) => void; named: boolean; open: boolean }) {
  const t = useT();
  const running = search.status === "running";
  const answered = search.questions.filter((each) => each.status !== "waiting").length;
  const left = search.gaps.filter((each) => !each.closed);
  return (
    <details className="fh-search" open={open || running} data-testid={`search-${search.status}`}>
      <summary>
        <Flag mood={running ? "info" : search.closed ? "ok" : "mute"}>
          {running
            ? t("seek.progress", { done: answered, all: search.questions.length })
            : search.closed
              ? t("seek.closed", { n: search.closed })
              : t("seek.none")}
        </Flag>
        {named && <Link to={chainOf(search)}>{search.number}</Link>}
        <b>{search.words}</b>
        <span className="fh-grow" />
        <span className="fh-soft">
          {t("seek.by", { person: search.asked_by })} · <AgoText at={search.asked_at} />
        </span>
      </summary>
      <table className="fh-questions">
        <thead>
          <tr>
            <th>{t("seek.who")}</th>
            <th>{t("seek.what")}</th>
            <th>{t("seek.result")}</th>
            <th>{t("seek.answer")}</th>
            <th>{t("seek.when")}</th>
          </tr>
        </thead>
        <tbody>
          {search.questions.map((each, at) => (
            <Question key={`${each.who}-${at}`} question={each} onRaw={onRaw} />
          ))}
        </tbody>
      </table>
      {!running && left.length > 0 && (
        <p className="fh-soft">{t("seek.stillOpen", { words: left.map((each) => each.words).join("；") })}</p>
      )}
    </details>
  );
}

const ICONS: Record<QuestionStatus, ReactNode> = {
  waiting: <SyncOutlined spin />,
  found: <CheckCircleOutlined />,
  nothing: <MinusCircleOutlined />,
  failed: <CloseCircleOutlined />,
  not_asked: <StopOutlined />,
  late: <ClockCircleOutlined />,
};

function Question({ question, onRaw }: { question: SearchQuestion; onRaw: (id: string) => void }) {
  const t = useT();
  const { can } = useSession();
  return (
    <tr data-testid={`question-${question.who}`} data-status={question.status}>
      <td>{t(`seek.who.${question.who}` as Word)}</td>
      <td>{question.words}</td>
      <td className={`fh-q-${question.status}`}>
        {ICONS[question.status]} {t(`seek.status.${question.status}`)}
      </td>
      <td>
        {question.answer || <span className="fh-blank">—</span>}{" "}
        {question.message_id && can("inbox.view") && (
          <button type="button" className="fh-link" onClick={() => onRaw(question.message_id ?? "")}>
            {t("trace.raw")}
          </button>
        )}
      </td>
      <td className="fh-soft">
        <TimeText at={question.answered_at ?? question.asked_at} />
      </td>
    </tr>
  );
}

function chainOf(search: SearchView): string {
  const which = search.which ? `&which=${encodeURIComponent(search.which)}` : "";
  return `/trace?number=${encodeURIComponent(search.number)}${which}`;
}
