/** Refunds (退款单): what went back, and to whose order it belongs. */
import type { RefundRow } from "../../api/types-payments";
import { refundColumns } from "./columns";
import { MoneyList } from "./MoneyList";
import { RefundDrawer } from "./RefundDrawer";

const TABS = [
  { key: "all", label: "refund.tab.all" },
  { key: "going", label: "refund.tab.going" },
  { key: "failed", label: "refund.tab.failed", alarming: true },
  { key: "unbound", label: "refund.tab.unbound", alarming: true },
  { key: "done", label: "refund.tab.done" },
] as const;

export function RefundList() {
  return (
    <MoneyList<RefundRow>
      screen="refunds"
      row="refund"
      columns={refundColumns}
      tabs={TABS}
      day={{ name: "refunded", label: "refund.at" }}
      empty={{ title: "refund.empty", hint: "refund.emptyHint" }}
      drawer={(id, onClose) => <RefundDrawer id={id} onClose={onClose} />}
    />
  );
}
