/** Users, roles, tokens and the access log (用户与令牌). */
import { Tabs } from "antd";
import type { ReactNode } from "react";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { PageHead } from "../../parts/PageHead";
import { useAddress } from "../../parts/useAddress";
import { AccessLog } from "./AccessLog";
import { RoleMatrix } from "./RoleMatrix";
import { TokenList } from "./TokenList";
import { UserList } from "./UserList";

export function People() {
  const t = useT();
  const { can } = useSession();
  const { params, begin } = useAddress();
  const views: { key: string; label: string; shown: boolean; body: ReactNode }[] = [
    { key: "users", label: t("people.users"), shown: can("users.manage"), body: <UserList /> },
    { key: "roles", label: t("people.roles"), shown: can("users.manage", "audit.view"), body: <RoleMatrix /> },
    { key: "tokens", label: t("people.tokens"), shown: can("tokens.manage"), body: <TokenList /> },
    { key: "access", label: t("people.access"), shown: can("audit.view"), body: <AccessLog /> },
  ].filter((view) => view.shown);
  const current = views.find((view) => view.key === params.get("view")) ?? views[0];
  return (
    <>
      <PageHead title={t("menu.people")} />
      <Tabs
        activeKey={current?.key ?? ""}
        onChange={(view) => begin({ view })}
        className="fh-page-tabs"
        items={views.map((view) => ({
          key: view.key,
          label: <span data-testid={`people-${view.key}`}>{view.label}</span>,
        }))}
      />
      {current?.body}
    </>
  );
}
