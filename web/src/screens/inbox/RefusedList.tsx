/** Deliveries refused at the door (拒收): counted, never evidence. */
import type { RefusedDelivery } from "../../api/types";
import { useT, useTitle } from "../../i18n";
import { Blank } from "../../parts/Copyable";
import { Flag } from "../../parts/Tags";
import { CountText, TimeText } from "../../parts/Values";
import { containsWords } from "../../table/localRows";
import { QueryTable } from "../../table/QueryTable";
import { useListState } from "../../table/useListState";

const SOURCE = {
  topic: "messages",
  path: "/api/messages/refused",
  local: {
    match: (row: RefusedDelivery, filters: Record<string, string>) =>
      containsWords(filters.q, [row.source, row.source_title, row.reason, row.ip]),
  },
} as const;

export function RefusedList() {
  const t = useT();
  const title = useTitle();
  const control = useListState("-at");
  return (
    <QueryTable<RefusedDelivery>
      screen="refused"
      testId="refused-table"
      source={SOURCE}
      control={control}
      rowKey={(row) => `${row.source}-${row.at}-${row.reason}-${row.ip}`}
      fields={[{ kind: "text", name: "q", label: t("list.words"), primary: true }]}
      empty={{ title: t("inbox.refusedEmpty") }}
      columns={[
        {
          key: "at",
          title: t("inbox.receivedAt"),
          width: 150,
          sort: "at",
          text: (row) => row.at,
          render: (row) => <TimeText at={row.at} />,
        },
        {
          key: "source",
          title: t("raw.source"),
          width: 180,
          sort: "source",
          text: (row) => row.source_title ?? row.source,
          render: (row) => row.source_title ?? row.source,
        },
        {
          key: "reason",
          title: t("audit.reason"),
          width: 260,
          sort: "reason",
          text: (row) => title("refused", row.reason),
          render: (row) => <Flag mood="bad">{title("refused", row.reason)}</Flag>,
        },
        { key: "ip", title: "IP", width: 150, text: (row) => row.ip, render: (row) => row.ip ?? <Blank /> },
        {
          key: "count",
          title: t("inbox.times"),
          width: 90,
          align: "right",
          sort: "count",
          text: (row) => row.count,
          render: (row) => <CountText count={row.count} />,
        },
      ]}
    />
  );
}
