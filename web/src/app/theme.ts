/** Colours and density of the screens, light and dark (主题). */
import { theme as antTheme, type ThemeConfig } from "antd";
import { useSyncExternalStore } from "react";

export type Mode = "light" | "dark";

const KEY = "fenghe.mode";
const listeners = new Set<() => void>();

function systemMode(): Mode {
  return window.matchMedia?.("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function currentMode(): Mode {
  const stored = localStorage.getItem(KEY);
  return stored === "light" || stored === "dark" ? stored : systemMode();
}

export function setMode(mode: Mode): void {
  localStorage.setItem(KEY, mode);
  applyMode(mode);
  for (const tell of listeners) tell();
}

export function applyMode(mode: Mode): void {
  document.documentElement.dataset.theme = mode;
}

export function useMode(): Mode {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, currentMode);
}

/** Whether somebody has asked their system for less movement. */
function wantsStillness(): boolean {
  return window.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false;
}

const FONT =
  '"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC",system-ui,-apple-system,"Segoe UI",sans-serif';

const SHARED = { fontFamily: FONT, fontSize: 13, borderRadius: 6, controlHeight: 30, wireframe: false };

const LIGHT: ThemeConfig["token"] = {
  ...SHARED,
  colorPrimary: "#2f54c8",
  colorInfo: "#2f54c8",
  colorLink: "#2f54c8",
  colorBgLayout: "#f3f4f7",
  colorTextBase: "#1b2230",
  colorBorderSecondary: "#e7e9ef",
};

const DARK: ThemeConfig["token"] = {
  ...SHARED,
  colorPrimary: "#6c8cf5",
  colorInfo: "#6c8cf5",
  colorLink: "#8ea6ff",
  colorBgBase: "#12151b",
  colorBgLayout: "#0d0f14",
  colorBgContainer: "#161a22",
  colorBgElevated: "#1d222c",
  colorTextBase: "#e6e9f0",
  colorBorderSecondary: "#262c38",
};

export function themeFor(mode: Mode): ThemeConfig {
  return {
    algorithm: mode === "dark" ? antTheme.darkAlgorithm : antTheme.defaultAlgorithm,
    token: { ...(mode === "dark" ? DARK : LIGHT), motion: !wantsStillness() },
    components: {
      Layout: { headerHeight: 48, headerPadding: "0 16px", siderBg: mode === "dark" ? "#12151b" : "#ffffff" },
      Menu: {
        itemHeight: 36,
        itemMarginBlock: 2,
        itemBorderRadius: 6,
        activeBarBorderWidth: 0,
        itemSelectedBg: mode === "dark" ? "#1f2944" : "#e9eefb",
      },
      Table: { cellPaddingBlockSM: 6, cellPaddingInlineSM: 8, headerBorderRadius: 0 },
      Tabs: { horizontalMargin: "0 0 8px 0" },
      Card: { headerHeightSM: 40 },
    },
  };
}
