/** Who is signed in; language, dark mode, password, sign-out. */
import {
  GlobalOutlined,
  KeyOutlined,
  LogoutOutlined,
  MoonOutlined,
  SunOutlined,
  UserOutlined,
} from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Button, Dropdown, type MenuProps, Tooltip } from "antd";
import { useEffect, useState } from "react";
import { api } from "../api/client";
import type { Locale } from "../api/types";
import { useT, useTitle } from "../i18n";
import { useAct } from "../parts/useAct";
import { setLocale, useLocale } from "./locale";
import { PasswordDialog } from "./PasswordDialog";
import { ME, useSession } from "./session";
import { setMode, useMode } from "./theme";

export function AccountMenu() {
  const { me } = useSession();
  const client = useQueryClient();
  const t = useT();
  const title = useTitle();
  const act = useAct();
  const [changing, setChanging] = useState(false);
  useEffect(() => setLocale(me.locale), [me.locale]);
  const signOut = () =>
    act(async () => {
      await api.delete("/api/session");
      client.setQueryData(ME, null);
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== ME[0] });
    });
  const items: MenuProps["items"] = [
    { key: "who", disabled: true, label: me.roles.map((role) => title("role", role)).join(" · ") || me.username },
    { type: "divider" },
    { key: "password", icon: <KeyOutlined />, label: t("account.password"), onClick: () => setChanging(true) },
    {
      key: "out",
      icon: <LogoutOutlined />,
      label: <span data-testid="sign-out">{t("account.signOut")}</span>,
      onClick: signOut,
    },
  ];
  return (
    <>
      <LanguageSwitch />
      <ModeSwitch />
      <Dropdown menu={{ items }} trigger={["click"]}>
        <Button type="text" icon={<UserOutlined />} data-testid="account">
          {me.name}
        </Button>
      </Dropdown>
      {changing && <PasswordDialog onClose={() => setChanging(false)} />}
    </>
  );
}

function LanguageSwitch() {
  const locale = useLocale();
  const client = useQueryClient();
  const act = useAct();
  const other: Locale = locale === "en" ? "zh-CN" : "en";
  const change = () =>
    act(async () => {
      client.setQueryData(ME, await api.patch("/api/me", { locale: other }));
      setLocale(other);
    });
  return (
    <Button type="text" icon={<GlobalOutlined />} onClick={change} data-testid="switch-language">
      {other === "en" ? "EN" : "中文"}
    </Button>
  );
}

function ModeSwitch() {
  const mode = useMode();
  const t = useT();
  const other = mode === "dark" ? "light" : "dark";
  return (
    <Tooltip title={t(`mode.${other}`)}>
      <Button
        type="text"
        aria-label={t(`mode.${other}`)}
        icon={mode === "dark" ? <SunOutlined /> : <MoonOutlined />}
        onClick={() => setMode(other)}
        data-testid="switch-mode"
      />
    </Tooltip>
  );
}
