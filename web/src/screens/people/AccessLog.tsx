/** Who saw and did what (访问日志). */
import type { AccessRow } from "../../api/types";
import { useT, useTitle } from "../../i18n";
import { formatSecond } from "../../logic/time";
import { Blank } from "../../parts/Copyable";
import { QueryTable } from "../../table/QueryTable";
import { useListState } from "../../table/useListState";

const SOURCE = {
  topic: "people",
  path: "/api/access-log",
  fixed: { limit: "500" },
  toQuery: ({ user = "", q = "" }: Record<string, string>) => ({ user, q }),
  local: { match: () => true },
} as const;

export function AccessLog() {
  const t = useT();
  const title = useTitle();
  const control = useListState("-at");
  return (
    <QueryTable<AccessRow>
      screen="access"
      testId="access-table"
      source={SOURCE}
      control={control}
      rowKey={(row) => `${row.at}-${row.user}-${row.action}-${row.target}`}
      fields={[
        { kind: "text", name: "user", label: t("signIn.username"), primary: true },
        { kind: "text", name: "q", label: t("access.target"), primary: true },
      ]}
      columns={[
        {
          key: "at",
          title: t("access.at"),
          width: 170,
          sort: "at",
          text: (row) => row.at,
          render: (row) => <span className="fh-number">{formatSecond(row.at)}</span>,
        },
        {
          key: "user",
          title: t("access.user"),
          width: 140,
          sort: "user",
          text: (row) => row.user,
          render: (row) => row.user,
        },
        {
          key: "action",
          title: t("access.action"),
          width: 260,
          sort: "action",
          text: (row) => title("action", row.action),
          render: (row) => <span title={row.action}>{title("action", row.action)}</span>,
        },
        {
          key: "target",
          title: t("access.target"),
          width: 300,
          text: (row) => row.target,
          render: (row) => row.target ?? <Blank />,
        },
        { key: "ip", title: "IP", width: 150, text: (row) => row.ip, render: (row) => row.ip ?? <Blank /> },
      ]}
    />
  );
}
