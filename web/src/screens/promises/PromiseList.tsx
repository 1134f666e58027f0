/** Promises (时效承诺) of every channel. */
import { Link, useNavigate } from "react-router";
import type { PromiseRow } from "../../api/types";
import { useT } from "../../i18n";
import { PageHead } from "../../parts/PageHead";
import { Flag } from "../../parts/Tags";
import { containsWords } from "../../table/localRows";
import { QueryTable } from "../../table/QueryTable";
import { useListState } from "../../table/useListState";

const SOURCE = {
  topic: "promises",
  path: "/api/promises",
  local: {
    match: (row: PromiseRow, filters: Record<string, string>) => containsWords(filters.q, [row.name, row.title]),
  },
} as const;

export function PromiseList() {
  const t = useT();
  const navigate = useNavigate();
  const control = useListState("");
  return (
    <>
      <PageHead title={t("menu.promises")} note={t("promise.intro")} />
      <QueryTable<PromiseRow>
        screen="promises"
        testId="promises-table"
        source={SOURCE}
        control={control}
        rowKey={(row) => row.name}
        rowTestId={(row) => `promise-row-${row.name}`}
        onOpen={(row) => navigate(`/promises/${encodeURIComponent(row.name)}`)}
        fields={[{ kind: "text", name: "q", label: t("promise.channel"), primary: true }]}
        columns={[
          {
            key: "title",
            title: t("promise.channel"),
            width: 240,
            sort: "title",
            text: (row) => row.title,
            render: (row) => <Link to={`/promises/${encodeURIComponent(row.name)}`}>{row.title}</Link>,
          },
          { key: "ship", title: t("promise.ship"), width: 240, text: (row) => row.ship, render: (row) => row.ship },
          {
            key: "rules",
            title: t("promise.rules"),
            width: 90,
            align: "right",
            sort: "rules",
            text: (row) => row.rules,
            render: (row) => <span className="fh-number">{row.rules}</span>,
          },
          {
            key: "version",
            title: t("promise.version"),
            width: 200,
            text: (row) => row.version,
            render: (row) => (
              <span className="fh-clock-cell">
                {row.is_shipped ? <Flag mood="mute">{t("promise.shipped")}</Flag> : `v${row.version}`}
                {row.has_draft && <Flag mood="warn">{t("promise.hasDraft")}</Flag>}
              </span>
            ),
          },
        ]}
      />
    </>
  );
}
