/** One voucher as it stands in the books, down to the raw message. */
import { Button, Drawer } from "antd";
import { useState } from "react";
import type { Voucher } from "../../api/types-ledger";
import { useT } from "../../i18n";
import { Blank, Copyable } from "../../parts/Copyable";
import { Facts } from "../../parts/Facts";
import { MoneyText, TimeText } from "../../parts/Values";
import { RawDrawer } from "../evidence/RawDrawer";
import { Document, Reversal } from "./columns";

export function VoucherDrawer({ voucher, onClose }: { voucher: Voucher; onClose: () => void }) {
  const t = useT();
  const [raw, setRaw] = useState(false);
  const facts = [
    { key: "event", label: t("ledger.event"), children: voucher.event_title },
    { key: "period", label: t("ledger.period"), children: voucher.period },
    { key: "booked", label: t("ledger.bookedOn"), children: voucher.booked_on },
    { key: "order", label: t("order.no"), children: <Copyable text={voucher.order_no} /> },
    { key: "document", label: t("ledger.document"), children: <Document voucher={voucher} /> },
    { key: "posted", label: t("ledger.postedAt"), children: <TimeText at={voucher.posted_at} /> },
    { key: "rule", label: t("ledger.rule"), children: <span className="fh-number">{voucher.rule_version}</span> },
    {
      key: "raw",
      label: t("ledger.message"),
      children: voucher.message_id ? (
        <Button size="small" type="link" onClick={() => setRaw(true)}>
          {voucher.message_id}
        </Button>
      ) : (
        <Blank />
      ),
    },
  ];
  return (
    <Drawer open onClose={onClose} size={640} title={<Copyable text={voucher.voucher_no} />}>
      <div data-testid="voucher-drawer">
        <Reversal voucher={voucher} />
        <Facts items={facts} />
        <table className="fh-voucher">
          <thead>
            <tr>
              <th>{t("ledger.memo")}</th>
              <th>{t("ledger.account")}</th>
              <th>{t("ledger.debit")}</th>
              <th>{t("ledger.credit")}</th>
            </tr>
          </thead>
          <tbody>
            {voucher.entries.map((each) => (
              <tr key={each.line}>
                <td>{voucher.memo}</td>
                <td>
                  <span className="fh-number fh-soft">{each.account}</span> {each.account_title}
                </td>
                <Side currency={voucher.currency} amount={each.debit_minor} />
                <Side currency={voucher.currency} amount={each.credit_minor} />
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <td colSpan={2}>{t("ledger.total")}</td>
              <Side currency={voucher.currency} amount={voucher.total_minor} />
              <Side currency={voucher.currency} amount={voucher.total_minor} />
            </tr>
          </tfoot>
        </table>
      </div>
      {raw && voucher.message_id && <RawDrawer messageId={voucher.message_id} onClose={() => setRaw(false)} />}
    </Drawer>
  );
}

function Side({ currency, amount }: { currency: string; amount: number }) {
  return <td className="right">{amount > 0 && <MoneyText money={{ currency, amount_minor: amount }} />}</td>;
}
