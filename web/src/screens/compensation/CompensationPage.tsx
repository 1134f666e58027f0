/** 补偿审批: what repairs the breaks, what could not be repaired and why, and what may be done at all. */
import { Tabs } from "antd";
import { useT } from "../../i18n";
import { NeedsAny } from "../../parts/NeedsAny";
import { useAddress } from "../../parts/useAddress";
import { PageHead } from "../../parts/PageHead";
import { ReminderView } from "../reminders/ReminderView";
import { AsideList } from "./AsideList";
import { CompensationList } from "./CompensationList";
import { RuleList } from "./RuleList";

const VIEWS = { list: CompensationList, reminders: ReminderView, aside: AsideList, rules: RuleList } as const;

type View = keyof typeof VIEWS;

export function CompensationPage() {
  const t = useT();
  const { params: search, begin } = useAddress();
  const asked = search.get("view") ?? "list";
  const view: View = asked in VIEWS ? (asked as View) : "list";
  const Body = VIEWS[view];
  return (
    <NeedsAny anyOf={["money.view"]}>
      <PageHead title={t("menu.compensation")} note={t("comp.intro")} />
      <Tabs
        activeKey={view}
        items={(Object.keys(VIEWS) as View[]).map((key) => ({ key, label: t(`comp.${key}`) }))}
        onChange={(key) => begin({ view: key === "list" ? "" : key })}
      />
      <Body />
    </NeedsAny>
  );
}
