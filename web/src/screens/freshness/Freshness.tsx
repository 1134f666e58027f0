/** Freshness (数据新鲜度): every source with its last good call and what is expected of it; a dead one stays on the list. */
import { useMemo } from "react";
import { Link } from "react-router";
import type { SourceFreshness } from "../../api/types";
import { type Translate, useT, useTitle } from "../../i18n";
import { Blank } from "../../parts/Copyable";
import { StandingTag, useFreshness } from "../../parts/Freshness";
import { PageHead } from "../../parts/PageHead";
import { AgoText, TimeText } from "../../parts/Values";
import { containsWords } from "../../table/localRows";
import { QueryTable } from "../../table/QueryTable";
import type { QueryColumn } from "../../table/types";
import { useListState } from "../../table/useListState";
import { SourceDrawer } from "./SourceDrawer";

const STANDINGS = ["silent", "never", "late", "unknown", "fresh", "off"] as const;
const SOURCE = {
  topic: "freshness",
  path: "/api/freshness",
  local: {
    match: (row: SourceFreshness, filters: Record<string, string>) =>
      (!filters.standing || filters.standing === row.standing) &&
      (!filters.kind || filters.kind === row.kind) &&
      containsWords(filters.q, [row.id, row.title]),
  },
} as const;

export function byWords(row: SourceFreshness, enough: number, t: Translate): string {
  if (row.by === "declared") return t("fresh.by.declared");
  return row.by === "learnt" ? t("fresh.by.learnt", { n: row.rests_on }) : t("fresh.by.none", { n: enough });
}

export function Freshness() {
  const t = useT();
  const title = useTitle();
  const control = useListState("");
  const { data } = useFreshness();
  const enough = data?.enough ?? 0;
  const columns = useMemo(() => columnsOf(t, title, enough), [t, title, enough]);
  const opened = data?.items.find((each) => each.id === control.openId);
  return (
    <>
      <PageHead
        title={t("menu.freshness")}
        note={t("fresh.intro")}
        actions={
          data && (
            <span className="fh-clock-cell" data-testid="worst">
              {t("fresh.worst")} <StandingTag standing={data.worst} title={data.worst_title} />
            </span>
          )
        }
      />
      <QueryTable<SourceFreshness>
        screen="freshness"
        testId="freshness-table"
        source={SOURCE}
        control={control}
        columns={columns}
        rowKey={(row) => row.id}
        rowTestId={(row) => `fresh-row-${row.id}`}
        fields={[
          { kind: "text", name: "q", label: t("list.words"), primary: true },
          {
            kind: "choice",
            name: "standing",
            label: t("fresh.standing"),
            choices: STANDINGS.map((value) => ({ value, title: title("standing", value) })),
            primary: true,
          },
        ]}
        onOpen={(row) => control.open(row.id)}
        activeId={control.openId}
        empty={{ title: t("fresh.none"), hint: t("fresh.noneHint") }}
      />
      {opened && <SourceDrawer key={opened.id} source={opened} enough={enough} onClose={() => control.open(null)} />}
    </>
  );
}

function columnsOf(
  t: Translate,
  title: ReturnType<typeof useTitle>,
  enough: number,
): QueryColumn<SourceFreshness>[] {
  const at = (key: "late_at" | "silent_at", word: "fresh.lateAt" | "fresh.silentAt") => ({
    key,
    title: t(word),
    width: 140,
    sort: key,
    text: (row: SourceFreshness) => row[key],
    render: (row: SourceFreshness) => <TimeText at={row[key]} />,
  });
  return [
    {
      key: "title",
      title: t("fresh.source"),
      width: 200,
      sort: "title",
      text: (row) => row.title,
      render: (row) => (
        <span className="fh-two-lines">
          <Link to={`/inbox?source=${encodeURIComponent(row.id)}`}>{row.title}</Link>
          <small>{title("sourceKind", row.kind)}</small>
        </span>
      ),
    },
    {
      key: "standing",
      title: t("fresh.standing"),
      width: 120,
      text: (row) => row.standing_title,
      render: (row) => <StandingTag standing={row.standing} title={row.standing_title} />,
    },
    {
      key: "last_good_at",
      title: t("fresh.lastGood"),
      width: 190,
      sort: "last_good_at",
      text: (row) => row.last_good_at,
      render: (row) => (
        <span className="fh-two-lines">
          <TimeText at={row.last_good_at} />
          <small>
            <AgoText at={row.last_good_at} /> {row.last_way}
          </small>
        </span>
      ),
    },
    {
      key: "by",
      title: t("fresh.by"),
      width: 190,
      text: (row) => byWords(row, enough, t),
      render: (row) => byWords(row, enough, t),
    },
    at("late_at", "fresh.lateAt"),
    at("silent_at", "fresh.silentAt"),
    {
      key: "case",
      title: t("menu.cases"),
      width: 90,
      text: (row) => row.case_open,
      render: (row) => (row.case_open ? <Link to="/cases?kind=source.silent">{t("clock.caseOpen")}</Link> : <Blank />),
    },
    {
      key: "last_any_at",
      title: t("fresh.lastAny"),
      width: 200,
      optional: true,
      text: (row) => row.last_any_at,
      render: (row) => <TimeText at={row.last_any_at} />,
    },
  ];
}
