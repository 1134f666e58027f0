/** The frame around every screen: menu, search, live light, account. */
import { MenuFoldOutlined, MenuUnfoldOutlined, SearchOutlined } from "@ant-design/icons";
import { Badge, Button, Layout, Menu, type MenuProps } from "antd";
import { Suspense, useEffect, useState } from "react";
import { Link, Outlet, useLocation, useNavigation } from "react-router";
import { useGet } from "../api/queries";
import type { Workbench } from "../api/types";
import { useT } from "../i18n";
import { NeedsAny } from "../parts/NeedsAny";
import { AccountMenu } from "./AccountMenu";
import { Bell } from "./Bell";
import { GlobalSearch } from "./GlobalSearch";
import { LineBanner, LineLight } from "./LineState";
import { Logo } from "./Logo";
import { useLive } from "./live";
import { activeEntry, MENU, type MenuEntry } from "./menu";
import { useSession } from "./session";

const FOLD_KEY = "fenghe.menu.folded";

export function Shell() {
  useLive();
  const [folded, setFolded] = useState(() => localStorage.getItem(FOLD_KEY) === "1");
  const [searching, setSearching] = useState(false);
  useSearchKey(() => setSearching(true));
  const fold = () => {
    localStorage.setItem(FOLD_KEY, folded ? "0" : "1");
    setFolded(!folded);
  };
  return (
    <Layout className="fh-shell">
      <Layout.Sider className="fh-sider" width={196} collapsedWidth={56} collapsed={folded}>
        <Link to="/workbench" className="fh-brand">
          <Logo />
          {!folded && <BrandName />}
        </Link>
        <SideMenu folded={folded} />
        <Button
          type="text"
          className="fh-fold"
          icon={folded ? <MenuUnfoldOutlined /> : <MenuFoldOutlined />}
          onClick={fold}
          aria-label="fold"
          data-testid="menu-fold"
        />
      </Layout.Sider>
      <Layout className="fh-main">
        <header className="fh-header">
          <SearchOpener onOpen={() => setSearching(true)} />
          <span className="fh-grow" />
          <LineLight />
          <Bell />
          <AccountMenu />
        </header>
        <LineBanner />
        <main className="fh-content">
          <ScreenOutlet />
        </main>
      </Layout>
      {searching && <GlobalSearch onClose={() => setSearching(false)} />}
    </Layout>
  );
}

function BrandName() {
  const t = useT();
  return (
    <span className="fh-brand-name">
      {t("app.name")}
      <small>{t("app.tagline")}</small>
    </span>
  );
}

function ScreenOutlet() {
  const { pathname } = useLocation();
  const navigation = useNavigation();
  const needs = activeEntry(pathname)?.anyOf ?? [];
  return (
    <div className={navigation.state === "loading" ? "fh-screen fh-leaving" : "fh-screen"}>
      <NeedsAny anyOf={needs}>
        <Suspense fallback={null}>
          <Outlet />
        </Suspense>
      </NeedsAny>
    </div>
  );
}

function useSearchKey(onOpen: () => void) {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        onOpen();
      }
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  });
}

function SearchOpener({ onOpen }: { onOpen: () => void }) {
  const t = useT();
  return (
    <button type="button" className="fh-search-opener" onClick={onOpen} data-testid="global-search">
      <SearchOutlined />
      <span>{t("search.placeholder")}</span>
      <kbd>Ctrl K</kbd>
    </button>
  );
}

function SideMenu({ folded }: { folded: boolean }) {
  const t = useT();
  const { can } = useSession();
  const { pathname } = useLocation();
  const { data } = useGet<Workbench>("workbench", "/api/workbench");
  const allowed = (entry: MenuEntry) => entry.anyOf.length === 0 || can(...entry.anyOf);
  const items: MenuProps["items"] = MENU.map((group) => ({
    key: group.word,
    type: "group" as const,
    label: folded ? "" : t(group.word),
    children: group.entries.filter(allowed).map((entry) => ({
      key: entry.key,
      icon: entry.icon,
      title: t(entry.word),
      label: (
        <Link to={entry.to} data-testid={`nav-${entry.key}`} className="fh-nav">
          <span>{t(entry.word)}</span>
          {entry.badge && data && <NavCount count={data.counts[entry.badge]} />}
        </Link>
      ),
    })),
  })).filter((group) => group.children.length > 0);
  return (
    <Menu
      mode="inline"
      className="fh-menu"
      inlineIndent={12}
      items={items}
      selectedKeys={[activeEntry(pathname)?.key ?? ""]}
    />
  );
}

function NavCount({ count }: { count: number }) {
  return <Badge count={count} overflowCount={999} size="small" className="fh-nav-count" />;
}
