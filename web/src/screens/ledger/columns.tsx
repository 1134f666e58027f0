/** Columns of vouchers: the number, what happened, both sides of the booking, and the document behind it. */
import { Link } from "react-router";
import type { Voucher } from "../../api/types-ledger";
import { type Translate, useT, useTitle } from "../../i18n";
import { Blank, Copyable } from "../../parts/Copyable";
import { Flag } from "../../parts/Tags";
import { MoneyText, TimeText } from "../../parts/Values";
import type { QueryColumn } from "../../table/types";

export function Entries({ voucher }: { voucher: Voucher }) {
  const t = useT();
  return (
    <ul className="fh-entries">
      {voucher.entries.map((each) => {
        const debit = each.debit_minor > 0;
        return (
          <li key={each.line} className={debit ? "" : "credit"}>
            <span className="fh-soft">{t(debit ? "posting.side.debit" : "posting.side.credit")}</span>
            <span title={each.account}>{each.account_title}</span>
            <MoneyText
              money={{ currency: voucher.currency, amount_minor: debit ? each.debit_minor : each.credit_minor }}
            />
          </li>
        );
      })}
    </ul>
  );
}

export function Document({ voucher }: { voucher: Voucher }) {
  const word = useTitle();
  const title = word("ledger.documentKind", voucher.document_kind);
  if (voucher.document_kind === "order") return <Link to={`/orders/${voucher.document_key}`}>{title}</Link>;
  return (
    <span>
      {title} <span className="fh-number fh-soft">{voucher.document_key}</span>
    </span>
  );
}

export function Reversal({ voucher }: { voucher: Voucher }) {
  const t = useT();
  if (voucher.reverses_no) return <Flag mood="info">{t("ledger.reverses", { no: voucher.reverses_no })}</Flag>;
  if (voucher.reversed_by) return <Flag mood="mute">{t("ledger.reversedBy", { no: voucher.reversed_by })}</Flag>;
  return null;
}

export function voucherColumns(t: Translate): QueryColumn<Voucher>[] {
  return [
    {
      key: "voucher_no",
      title: t("ledger.number"),
      width: 176,
      render: (row) => (
        <>
          <Copyable text={row.voucher_no} />
          <div>
            <Reversal voucher={row} />
          </div>
        </>
      ),
    },
    {
      key: "booked_on",
      title: t("ledger.bookedOn"),
      width: 104,
      sort: "booked_on",
      render: (row) => <span className="fh-number">{row.booked_on}</span>,
    },
    { key: "event", title: t("ledger.event"), width: 150, render: (row) => row.event_title },
    { key: "entries", title: t("ledger.entries"), width: 340, render: (row) => <Entries voucher={row} /> },
    {
      key: "total",
      title: t("ledger.amount"),
      width: 120,
      align: "right",
      sort: "total",
      render: (row) => <MoneyText money={{ currency: row.currency, amount_minor: row.total_minor }} />,
    },
    {
      key: "order_no",
      title: t("order.no"),
      width: 176,
      render: (row) => (row.order_no ? <Copyable text={row.order_no} /> : <Blank />),
    },
    { key: "document", title: t("ledger.document"), width: 150, render: (row) => <Document voucher={row} /> },
    {
      key: "posted",
      title: t("ledger.postedAt"),
      width: 140,
      sort: "posted",
      render: (row) => <TimeText at={row.posted_at} />,
    },
    {
      key: "rule",
      title: t("ledger.rule"),
      width: 200,
      optional: true,
      render: (row) => <span className="fh-number fh-soft">{row.rule_version}</span>,
    },
  ];
}
