/** A month's vouchers as Kingdee and Yonyou take them. */
import { DownloadOutlined } from "@ant-design/icons";
import { Button, Dropdown } from "antd";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { saveLink } from "../../table/download";

const PROGRAMS = ["kingdee", "yonyou"] as const;

export function ExportMenu({ period }: { period: string }) {
  const t = useT();
  const { can } = useSession();
  if (!can("exports.create")) return null;
  return (
    <Dropdown
      menu={{
        items: PROGRAMS.map((program) => ({ key: program, label: t(`ledger.export.${program}`) })),
        onClick: ({ key }) => saveLink(`/api/ledger/export/${period}?program=${key}`),
      }}
    >
      <Button size="small" icon={<DownloadOutlined />} data-testid="ledger-export">
        {t("ledger.export")}
      </Button>
    </Dropdown>
  );
}
