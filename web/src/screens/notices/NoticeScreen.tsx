/** Notifications (通知): one's own inbox and wishes for everybody; robots, rules and the log for who manages them. */
import { Tabs } from "antd";
import type { ReactNode } from "react";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { PageHead } from "../../parts/PageHead";
import { useAddress } from "../../parts/useAddress";
import { DeliveryLog } from "./DeliveryLog";
import { MailList } from "./MailList";
import { Preferences } from "./Preferences";
import { RobotList } from "./RobotList";
import { RuleList } from "./RuleList";

export function NoticeScreen() {
  const t = useT();
  const { can } = useSession();
  const { params, begin } = useAddress();
  const manages = can("notices.manage");
  const views: { key: string; label: string; shown: boolean; body: ReactNode }[] = [
    { key: "mine", label: t("notice.mine"), shown: true, body: <MailList /> },
    { key: "rules", label: t("notice.rules"), shown: manages, body: <RuleList /> },
    { key: "robots", label: t("notice.robots"), shown: manages, body: <RobotList /> },
    { key: "log", label: t("notice.log"), shown: manages, body: <DeliveryLog /> },
    { key: "wishes", label: t("notice.wishes"), shown: true, body: <Preferences /> },
  ].filter((view) => view.shown);
  const current = views.find((view) => view.key === params.get("view")) ?? views[0];
  return (
    <>
      <PageHead title={t("menu.notices")} note={t("notice.intro")} />
      <Tabs
        activeKey={current?.key ?? ""}
        onChange={(view) => begin({ view })}
        className="fh-page-tabs"
        items={views.map((view) => ({
          key: view.key,
          label: <span data-testid={`notices-${view.key}`}>{view.label}</span>,
        }))}
      />
      {current?.body}
    </>
  );
}
