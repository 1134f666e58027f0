/** Beside every list: refresh, density, columns, export. */
import { ColumnHeightOutlined, DownloadOutlined, ReloadOutlined, SettingOutlined } from "@ant-design/icons";
import { Button, Checkbox, Dropdown, Popover, Tooltip } from "antd";
import { useT } from "../i18n";
import { type Density, flip, isShown, type Prefs } from "./usePrefs";

interface Props {
  columns: { key: string; title: string; optional?: boolean }[];
  prefs: Prefs;
  onPrefs: (change: Partial<Prefs>) => void;
  onRefresh: () => void;
  refreshing: boolean;
}

export function TableTools({ columns, prefs, onPrefs, onRefresh, refreshing }: Props) {
  const t = useT();
  const densities: Density[] = ["small", "medium", "large"];
  return (
    <>
      <Tooltip title={t("common.refresh")}>
        <Button
          type="text"
          icon={<ReloadOutlined spin={refreshing} />}
          aria-label={t("common.refresh")}
          onClick={onRefresh}
          data-testid="list-refresh"
        />
      </Tooltip>
      <Dropdown
        trigger={["click"]}
        menu={{
          selectable: true,
          selectedKeys: [prefs.density],
          items: densities.map((key) => ({ key, label: t(`density.${key}`) })),
          onClick: ({ key }) => onPrefs({ density: key as Density }),
        }}
      >
        <Button type="text" icon={<ColumnHeightOutlined />} aria-label={t("list.density")} data-testid="list-density" />
      </Dropdown>
      <Popover
        trigger="click"
        placement="bottomRight"
        title={t("list.columns")}
        content={
          <div className="fh-columns" data-testid="column-choices">
            {columns.map((column) => (
              <Checkbox
                key={column.key}
                checked={isShown(column, prefs)}
                onChange={() => onPrefs({ flipped: flip(prefs, column.key) })}
              >
                {column.title}
              </Checkbox>
            ))}
            <Button size="small" type="link" onClick={() => onPrefs({ flipped: [] })}>
              {t("list.columnsReset")}
            </Button>
          </div>
        }
      >
        <Button type="text" icon={<SettingOutlined />} aria-label={t("list.columns")} data-testid="list-columns" />
      </Popover>
    </>
  );
}

interface ExportProps {
  total: number;
  /** Lists the browser exports itself know no Excel. */
  csvOnly: boolean;
  onExport: (format: "csv" | "xlsx") => void;
}

export function ExportButton({ total, csvOnly, onExport }: ExportProps) {
  const t = useT();
  return (
    <Dropdown
      trigger={["click"]}
      disabled={total === 0}
      menu={{
        items: [
          { key: "csv", label: <span data-testid="export-csv">CSV</span> },
          ...(csvOnly ? [] : [{ key: "xlsx", label: <span data-testid="export-xlsx">Excel (.xlsx)</span> }]),
        ],
        onClick: ({ key }) => onExport(key as "csv" | "xlsx"),
      }}
    >
      <Button icon={<DownloadOutlined />} data-testid="export">
        {t("list.export")}
      </Button>
    </Dropdown>
  );
}
