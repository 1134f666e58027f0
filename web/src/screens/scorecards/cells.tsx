/** Cells of a scorecard: a share with its denominator, a mean with how many it knows; each leads to its parcels. */
import type { ReactNode } from "react";
import type { Share, Span } from "../../api/types";
import { useT } from "../../i18n";
import { durationWords } from "../../logic/time";
import { Blank } from "../../parts/Copyable";
import { useUnits } from "../../parts/Values";

export type Drill = (part: string) => void;

export function percent(bp: number): string {
  return `${Math.floor(bp / 100)}.${String(bp % 100).padStart(2, "0").slice(0, 1)}%`;
}

interface ShareProps {
  share: Share;
  part: string;
  onDrill: Drill | null;
  /** More is worse. */
  bad?: boolean;
  note?: ReactNode;
}

export function ShareCell({ share, part, onDrill, bad = false, note }: ShareProps) {
  const t = useT();
  if (share.bp === null) {
    return (
      <>
        <Blank />
        <small>{note ?? t("score.noData")}</small>
      </>
    );
  }
  return (
    <>
      <Number onClick={onDrill && share.count > 0 ? () => onDrill(part) : null} testId={`share-${part}`}>
        {percent(share.bp)}
      </Number>
      <span className={bad ? "fh-share-bar bad" : "fh-share-bar"} style={{ width: 64 }}>
        <i style={{ width: `${Math.min(share.bp / 100, 100)}%` }} />
      </span>
      <small>
        {share.count.toLocaleString("en-US")} / {share.of.toLocaleString("en-US")}
        {note && <> · {note}</>}
      </small>
    </>
  );
}

export function SpanCell({ span, name, onDrill }: { span: Span; name: string; onDrill: Drill | null }) {
  const t = useT();
  const units = useUnits();
  return (
    <>
      {span.seconds === null ? (
        <Blank />
      ) : (
        <Number onClick={onDrill ? () => onDrill(`${name}_known`) : null} testId={`span-${name}`}>
          {durationWords(span.seconds - (span.seconds % 60), units)}
        </Number>
      )}
      <small>
        n={span.known.toLocaleString("en-US")}
        {span.unknown > 0 && (
          <>
            {" · "}
            <Number onClick={onDrill ? () => onDrill(`${name}_unknown`) : null}>
              {t("score.unknown", { n: span.unknown.toLocaleString("en-US") })}
            </Number>
          </>
        )}
      </small>
    </>
  );
}

export function Number({
  onClick,
  children,
  testId,
}: {
  onClick: (() => void) | null;
  children: ReactNode;
  testId?: string;
}) {
  if (!onClick) return <span className="fh-number">{children}</span>;
  return (
    <button type="button" className="fh-link fh-number" onClick={onClick} data-testid={testId}>
      {children}
    </button>
  );
}
