/** The sign-in screen (登录). */
import { LockOutlined, UserOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, Input } from "antd";
import { useState } from "react";
import { Navigate, useNavigate, useSearchParams } from "react-router";
import { ApiError, api } from "../api/client";
import type { Me } from "../api/types";
import { useLanguage } from "../i18n";
import { problemWords } from "../parts/problemWords";
import { Logo } from "./Logo";
import { setLocale } from "./locale";
import { ME, useMe } from "./session";

interface Entered {
  username: string;
  password: string;
}

/** Only addresses of our own: a link must not send a signed-in person elsewhere. */
export function safeNext(next: string | null): string {
  return next?.startsWith("/") && !next.startsWith("//") && !next.startsWith("/\\") ? next : "/workbench";
}

export function SignIn() {
  const { t, locale } = useLanguage();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [params] = useSearchParams();
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const me = useMe();
  const next = safeNext(params.get("next"));
  if (me.data && !busy) return <Navigate to={next} replace />;
  const enter = async (entered: Entered) => {
    setBusy(true);
    setProblem(null);
    try {
      const signedIn = await api.post<Me>("/api/session", entered);
      client.setQueryData(ME, signedIn);
      navigate(next, { replace: true });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setProblem(error.status === 401 && !error.detail ? t("signIn.wrong") : problemWords(error, t).what);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="fh-signin">
      <section className="fh-signin-card">
        <header>
          <Logo size={40} />
          <div>
            <h1>{t("app.name")}</h1>
            <p>{t("app.promise")}</p>
          </div>
        </header>
        <Form<Entered> layout="vertical" onFinish={enter} requiredMark={false} size="large">
          <Form.Item name="username" rules={[{ required: true, message: t("signIn.needUser") }]}>
            <Input
              prefix={<UserOutlined />}
              placeholder={t("signIn.username")}
              aria-label={t("signIn.username")}
              autoComplete="username"
              autoFocus
              data-testid="login-username"
            />
          </Form.Item>
          <Form.Item name="password" rules={[{ required: true, message: t("signIn.needPassword") }]}>
            <Input.Password
              prefix={<LockOutlined />}
              placeholder={t("signIn.password")}
              aria-label={t("signIn.password")}
              autoComplete="current-password"
              data-testid="login-password"
            />
          </Form.Item>
          {problem && <Alert type="error" showIcon title={problem} data-testid="login-problem" />}
          <Button type="primary" htmlType="submit" block loading={busy} data-testid="login-submit">
            {t("signIn.submit")}
          </Button>
        </Form>
        <footer>
          <Button type="link" size="small" onClick={() => setLocale(locale === "en" ? "zh-CN" : "en")}>
            {locale === "en" ? "中文" : "English"}
          </Button>
          <span>{t("signIn.forgot")}</span>
        </footer>
      </section>
    </div>
  );
}
