/** Everything the screens share: cache, language, theme, and the gate before them. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { App as AntApp, ConfigProvider } from "antd";
import enUS from "antd/locale/en_US";
import zhCN from "antd/locale/zh_CN";
import dayjs from "dayjs";
import "dayjs/locale/zh-cn";
import { useEffect } from "react";
import { RouterProvider } from "react-router";
import { ApiError } from "../api/client";
import { LanguageProvider } from "../i18n";
import { useLocale } from "./locale";
import { router } from "./routes";
import { themeFor, useMode } from "./theme";

const FRESH_MS = 10_000;
const MOST_RETRIES = 2;

/** Only what may heal by itself is asked again: a refusal stays a refusal. */
function worthRetrying(failures: number, error: unknown): boolean {
  const passing = error instanceof ApiError && (error.status === 0 || error.status >= 502);
  return passing && failures < MOST_RETRIES;
}

const client = new QueryClient({
  defaultOptions: { queries: { staleTime: FRESH_MS, retry: worthRetrying, refetchOnWindowFocus: false } },
});

export function App() {
  const mode = useMode();
  const locale = useLocale();
  useEffect(() => {
    document.documentElement.lang = locale;
    dayjs.locale(locale === "en" ? "en" : "zh-cn");
  }, [locale]);
  return (
    <ConfigProvider
      locale={locale === "en" ? enUS : zhCN}
      theme={themeFor(mode)}
      button={{ autoInsertSpace: false }}
      componentSize="middle"
    >
      <LanguageProvider locale={locale}>
        <AntApp message={{ maxCount: 3 }}>
          <QueryClientProvider client={client}>
            <RouterProvider router={router} />
          </QueryClientProvider>
        </AntApp>
      </LanguageProvider>
    </ConfigProvider>
  );
}
