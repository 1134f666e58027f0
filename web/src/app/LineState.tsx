/** The live light and the banner when the line to the hub is broken. */
import { DisconnectOutlined, LoadingOutlined, WifiOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Tooltip } from "antd";
import { useT } from "../i18n";
import { useLine } from "./live";

export function LineLight() {
  const line = useLine();
  const t = useT();
  const icon = line === "live" ? <WifiOutlined /> : line === "lost" ? <DisconnectOutlined /> : <LoadingOutlined />;
  return (
    <Tooltip title={t(`line.${line}.hint`)}>
      <span className={`fh-line fh-line-${line}`} data-testid="live-state" data-state={line}>
        {icon} {t(`line.${line}`)}
      </span>
    </Tooltip>
  );
}

export function LineBanner() {
  const line = useLine();
  const t = useT();
  const client = useQueryClient();
  if (line !== "lost") return null;
  return (
    <Alert
      banner
      type="warning"
      data-testid="offline-banner"
      title={t("line.banner")}
      action={
        <Button size="small" onClick={() => void client.invalidateQueries()}>
          {t("common.refresh")}
        </Button>
      }
    />
  );
}
