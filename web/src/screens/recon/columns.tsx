/** Columns of breaks: the number, the cause, what it should be against what it is, and who works on it. */
import type { ReconBreak } from "../../api/types-recon";
import { type Translate, useT, useTitle } from "../../i18n";
import { Blank, Copyable } from "../../parts/Copyable";
import { Flag } from "../../parts/Tags";
import { AgoText } from "../../parts/Values";
import type { QueryColumn } from "../../table/types";
import { Amount, FaultTag, type useNames } from "./parts";

export function Difference({ row }: { row: ReconBreak }) {
  const t = useT();
  const words = useTitle();
  return (
    <span className="fh-recon-difference">
      <span>
        <span className="fh-soft">
          {words("differ", row.field)} {t("break.ours")}
        </span>{" "}
        <Amount currency={row.currency} minor={row.ours_minor} />
        <span className="fh-soft"> {t("break.theirs")}</span>{" "}
        <Amount currency={row.currency} minor={row.theirs_minor} />
      </span>
      {row.note && (
        <span className="fh-soft fh-clip" title={row.note}>
          {row.note}
        </span>
      )}
    </span>
  );
}

/** What a break is called by: its order, its payment, or the pay-out or bank line it hangs on. */
export function numberOf(row: ReconBreak): string {
  return row.order_no || row.payment_no || (row.documents.find((one) => one.number)?.number ?? "");
}

export function breakColumns(
  t: Translate,
  cause: (code: string, title?: string) => string,
  names: ReturnType<typeof useNames>,
): QueryColumn<ReconBreak>[] {
  return [
    {
      key: "number",
      title: t("break.number"),
      width: 200,
      fixed: "left",
      render: (row) => (numberOf(row) ? <Copyable text={numberOf(row)} /> : <Blank />),
    },
    {
      key: "cause",
      title: t("break.cause"),
      width: 150,
      render: (row) => (
        <>
          <b>{cause(row.cause, row.title)}</b> {!row.fault && <FaultTag fault={false} />}
          {row.status === "closed" && <Flag mood="ok">{t("break.tab.closed")}</Flag>}
        </>
      ),
    },
    { key: "reason", title: t("break.reason"), width: 255, render: (row) => <Difference row={row} /> },
    {
      key: "amount",
      title: t("break.difference"),
      width: 110,
      align: "right",
      sort: "amount",
      render: (row) => (
        <b>
          <Amount currency={row.currency} minor={row.amount_minor} plus />
        </b>
      ),
    },
    {
      key: "day",
      title: t("break.day"),
      width: 98,
      sort: "day",
      render: (row) => (row.day ? <span className="fh-number">{row.day}</span> : <Blank />),
    },
    {
      key: "channel",
      title: t("break.channel"),
      width: 130,
      render: (row) => (
        <span className="fh-clip">
          {[row.channel && names.channel(row.channel), row.provider && names.provider(row.provider)]
            .filter(Boolean)
            .join(" · ") || <Blank />}
        </span>
      ),
    },
    {
      key: "found_at",
      title: t("break.found"),
      width: 84,
      sort: "found_at",
      render: (row) => <AgoText at={row.found_at} />,
    },
    { key: "owner", title: t("break.owner"), width: 92, render: (row) => row.owner ?? <Blank /> },
    {
      key: "decision",
      title: t("break.decision"),
      width: 130,
      render: (row) => <Work row={row} />,
    },
    { key: "shop", title: t("order.shop"), width: 120, optional: true, render: (row) => row.shop || <Blank /> },
  ];
}

function Work({ row }: { row: ReconBreak }) {
  const words = useTitle();
  if (!row.decision && !row.comment) return <Blank />;
  return (
    <span className="fh-clip" title={row.comment}>
      {row.decision && <Flag mood="info">{words("decision", row.decision)}</Flag>}{" "}
      <span className="fh-soft">{row.comment}</span>
    </span>
  );
}
