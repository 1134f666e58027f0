/** What the phone's pages are made of: head, facts, empty and failed states, one scan of a history. */
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { TimelineItem } from "../api/types-orders";
import { useT } from "../i18n";
import { formatMinute } from "../logic/time";
import { problemWords } from "../parts/problemWords";

export function Head({ title, back, children }: { title: string; back?: string; children?: ReactNode }) {
  const t = useT();
  return (
    <header className="mb-head">
      {back && (
        <Link to={back} aria-label={t("mobile.back")} data-testid="mobile-back">
          ‹ {t("mobile.back")}
        </Link>
      )}
      <h1>{title}</h1>
      {children}
    </header>
  );
}

export function Block({ title, children, testId }: { title?: string; children: ReactNode; testId?: string }) {
  return (
    <section className="mb-block" data-testid={testId}>
      {title && <h2>{title}</h2>}
      {children}
    </section>
  );
}

export function Facts({ rows }: { rows: [string, ReactNode][] }) {
  return (
    <dl className="mb-facts">
      {rows
        .filter(([, value]) => value !== null && value !== undefined && value !== "")
        .map(([name, value]) => [<dt key={`${name}t`}>{name}</dt>, <dd key={`${name}d`}>{value}</dd>])}
    </dl>
  );
}

export function Nothing({ title, hint }: { title: string; hint?: string }) {
  return (
    <div className="mb-nothing">
      <b>{title}</b>
      {hint}
    </div>
  );
}

export function Wrong({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const t = useT();
  const { what, next } = problemWords(error, t);
  return (
    <div className="mb-nothing" data-testid="mobile-wrong">
      <b>{what}</b>
      <p>{next}</p>
      <button type="button" className="mb-button" onClick={onRetry}>
        {t("common.retry")}
      </button>
    </div>
  );
}

export function Happening({ item }: { item: TimelineItem }) {
  return (
    <div className="mb-event">
      <b>{item.claimed_title ?? item.effect_title}</b> {item.text}
      <div className="mb-soft">
        {item.source_title} · {formatMinute(item.occurred_at ?? item.heard_at)}
      </div>
    </div>
  );
}
