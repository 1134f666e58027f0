/** Screens for what is not there, and for our own faults. */
import { BugOutlined, CompassOutlined } from "@ant-design/icons";
import { Button, Result } from "antd";
import { useEffect } from "react";
import { isRouteErrorResponse, Link, useRouteError } from "react-router";
import { useT } from "../i18n";

export function NotFoundScreen() {
  const t = useT();
  return (
    <Result
      icon={<CompassOutlined />}
      title={t("fail.notFound")}
      subTitle={t("fail.notFound.hint")}
      data-testid="not-found"
      extra={
        <Link to="/workbench">
          <Button type="primary">{t("fail.home")}</Button>
        </Link>
      }
    />
  );
}

const RELOADED = "fenghe.reloaded";

/** After an upgrade an old page asks for parts that are gone: load the new one, once. */
function isMissingPart(error: unknown): boolean {
  return error instanceof TypeError && /dynamically imported module|module script/i.test(error.message);
}

export function CrashScreen() {
  const t = useT();
  const error = useRouteError();
  const missing = isMissingPart(error);
  useEffect(() => {
    if (!missing || sessionStorage.getItem(RELOADED)) return;
    sessionStorage.setItem(RELOADED, "1");
    window.location.reload();
  }, [missing]);
  if (isRouteErrorResponse(error) && error.status === 404) return <NotFoundScreen />;
  const words = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return (
    <Result
      icon={<BugOutlined />}
      title={t("fail.crash")}
      subTitle={t("fail.crash.hint")}
      data-testid="crashed"
      extra={
        <Button type="primary" onClick={() => window.location.reload()}>
          {t("fail.reload")}
        </Button>
      }
    >
      <pre className="fh-trace">{words}</pre>
    </Result>
  );
}
