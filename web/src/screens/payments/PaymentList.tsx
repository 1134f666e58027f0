/** Payments (支付单): every one that was told, and whose payment it is. */
import type { PaymentRow } from "../../api/types-payments";
import { paymentColumns } from "./columns";
import { MoneyList } from "./MoneyList";
import { PaymentDrawer } from "./PaymentDrawer";

const TABS = [
  { key: "all", label: "pay.tab.all" },
  { key: "refused", label: "pay.tab.refused", alarming: true },
  { key: "pending", label: "pay.tab.pending" },
  { key: "bound", label: "pay.tab.bound" },
  { key: "open", label: "pay.tab.open" },
] as const;

export function PaymentList() {
  return (
    <MoneyList<PaymentRow>
      screen="payments"
      row="payment"
      columns={paymentColumns}
      tabs={TABS}
      day={{ name: "paid", label: "pay.paidAt" }}
      empty={{ title: "pay.empty", hint: "pay.emptyHint" }}
      drawer={(id, onClose) => <PaymentDrawer id={id} onClose={onClose} />}
    />
  );
}
