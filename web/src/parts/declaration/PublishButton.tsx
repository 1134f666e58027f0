/** Publishing is open only to who may, when something differs, and after a dry run of exactly this draft. */
import { RocketOutlined } from "@ant-design/icons";
import { Button, Tooltip } from "antd";
import { useT } from "../../i18n";

interface Props {
  allowed: boolean;
  /** What to say to who may not. */
  needs: string;
  changes: number;
  fresh: boolean;
  onClick: () => void;
}

export function PublishButton({ allowed, needs, changes, fresh, onClick }: Props) {
  const t = useT();
  const blocked = [
    allowed ? "" : needs,
    changes > 0 ? "" : t("mapping.nothingToPublish"),
    fresh ? "" : t("mapping.dryRunFirst"),
  ].find(Boolean);
  return (
    <Tooltip title={blocked}>
      <Button
        type="primary"
        icon={<RocketOutlined />}
        disabled={blocked !== undefined}
        onClick={onClick}
        data-testid="publish"
      >
        {t("mapping.publish")}
      </Button>
    </Tooltip>
  );
}
