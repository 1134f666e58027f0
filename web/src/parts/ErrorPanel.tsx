/** A failed part of a screen: plain words, the next step, a trace to copy, and another try. */
import { CompassOutlined, ReloadOutlined, WarningOutlined } from "@ant-design/icons";
import { Alert, Button, Result, Typography } from "antd";
import { ApiError } from "../api/client";
import { useT } from "../i18n";
import { problemWords } from "./problemWords";

interface Props {
  error: unknown;
  onRetry?: () => void;
  page?: boolean;
}

export function ErrorPanel({ error, onRetry, page = false }: Props) {
  const t = useT();
  const { what, next, trace } = problemWords(error, t);
  const retry = onRetry && (
    <Button icon={<ReloadOutlined />} onClick={onRetry} data-testid="retry">
      {t("common.retry")}
    </Button>
  );
  const copy = (
    <Typography.Text className="fh-trace-line" copyable={{ text: trace }} type="secondary">
      {t("problem.trace")} {trace}
    </Typography.Text>
  );
  if (page) {
    const icon = error instanceof ApiError && error.status === 404 ? <CompassOutlined /> : <WarningOutlined />;
    return (
      <Result icon={icon} title={what} subTitle={next} extra={retry} data-testid="error-panel">
        <div className="fh-center">{copy}</div>
      </Result>
    );
  }
  const body = (
    <>
      {next && <p className="fh-tight">{next}</p>}
      {copy}
    </>
  );
  return <Alert type="error" showIcon title={what} description={body} action={retry} data-testid="error-panel" />;
}
