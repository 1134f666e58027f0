/** How long stages usually take, learnt from own history, with what each rests on. */
import type { ExpectedItem } from "../../api/types";
import { useT, useTitle } from "../../i18n";
import { durationWords, formatDay } from "../../logic/time";
import { Flag } from "../../parts/Tags";
import { CountText, useUnits } from "../../parts/Values";
import { containsWords } from "../../table/localRows";
import { QueryTable } from "../../table/QueryTable";
import { useListState } from "../../table/useListState";

const SOURCE = {
  topic: "clocks",
  path: "/api/clocks/expected",
  local: {
    match: (row: ExpectedItem, filters: Record<string, string>) =>
      (!filters.stage || filters.stage === row.stage) && containsWords(filters.q, [row.about, row.scope_title]),
  },
} as const;
const STAGES = ["ship", "pickup", "first_transit", "stall", "delivery", "sign"] as const;

export function ExpectedTimes() {
  const t = useT();
  const title = useTitle();
  const units = useUnits();
  const control = useListState("-cases");
  return (
    <>
      <p className="fh-soft">{t("expected.intro")}</p>
      <QueryTable<ExpectedItem>
        screen="expected"
        testId="expected-table"
        source={SOURCE}
        control={control}
        rowKey={(row) => row.id}
        fields={[
          {
            kind: "choice",
            name: "stage",
            label: t("clock.stage"),
            choices: STAGES.map((value) => ({ value, title: title("clock.stage", value) })),
            primary: true,
          },
          { kind: "text", name: "q", label: t("list.words"), primary: true },
        ]}
        columns={[
          {
            key: "stage",
            title: t("clock.stage"),
            width: 110,
            sort: "stage",
            text: (row) => row.stage_title,
            render: (row) => title("clock.stage", row.stage, row.stage_title),
          },
          {
            key: "scope",
            title: t("expected.scope"),
            width: 150,
            text: (row) => row.scope_title,
            render: (row) => row.scope_title,
          },
          { key: "about", title: t("expected.about"), width: 220, text: (row) => row.about, render: (row) => row.about },
          {
            key: "half",
            title: t("expected.half"),
            width: 140,
            align: "right",
            sort: "half",
            text: (row) => row.half_seconds,
            render: (row) => (row.enough ? durationWords(row.half_seconds, units) : "—"),
          },
          {
            key: "most",
            title: t("expected.most"),
            width: 140,
            align: "right",
            sort: "most",
            text: (row) => row.most_seconds,
            render: (row) => (row.enough ? durationWords(row.most_seconds, units) : "—"),
          },
          {
            key: "cases",
            title: t("expected.cases"),
            width: 190,
            align: "right",
            sort: "cases",
            text: (row) => row.cases,
            render: (row) => (
              <span className="fh-clock-cell">
                {!row.enough && <Flag mood="mute">{t("expected.few")}</Flag>}
                <CountText count={row.cases} />
              </span>
            ),
          },
          {
            key: "window",
            title: t("expected.window"),
            width: 210,
            text: (row) => `${formatDay(row.window_from)} – ${formatDay(row.window_to)}`,
            render: (row) => (
              <span className="fh-number fh-soft">
                {formatDay(row.window_from)} – {formatDay(row.window_to)}
              </span>
            ),
          },
        ]}
        empty={{ title: t("expected.none"), hint: t("expected.noneHint") }}
      />
    </>
  );
}
