/** The ledger (总账): vouchers, trial balance, months, what is not booked, and the rules behind it. */
import { Tabs } from "antd";
import { useT } from "../../i18n";
import { NeedsAny } from "../../parts/NeedsAny";
import { useAddress } from "../../parts/useAddress";
import { PageHead } from "../../parts/PageHead";
import { BalanceSheet } from "./BalanceSheet";
import { Periods } from "./Periods";
import { RuleList } from "./RuleList";
import { UnpostedList } from "./UnpostedList";
import { VoucherList } from "./VoucherList";

const VIEWS = {
  vouchers: VoucherList,
  balance: BalanceSheet,
  periods: Periods,
  unposted: UnpostedList,
  rules: RuleList,
} as const;

type View = keyof typeof VIEWS;

export function LedgerPage() {
  const t = useT();
  const { params: search, begin } = useAddress();
  const asked = search.get("view") ?? "vouchers";
  const view: View = asked in VIEWS ? (asked as View) : "vouchers";
  const Body = VIEWS[view];
  return (
    <NeedsAny anyOf={["money.view"]}>
      <PageHead title={t("menu.ledger")} note={t("ledger.intro")} />
      <Tabs
        activeKey={view}
        items={(Object.keys(VIEWS) as View[]).map((key) => ({ key, label: t(`ledger.${key}`) }))}
        onChange={(key) => begin({ view: key === "vouchers" ? "" : key })}
      />
      <Body />
    </NeedsAny>
  );
}
