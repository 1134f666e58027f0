/** Heartbeat thresholds (心跳阈值) of every carrier and tracker. */
import { Link, useNavigate } from "react-router";
import type { BeatRow, BeatValues } from "../../api/types-heartbeat";
import { useT } from "../../i18n";
import { PageHead } from "../../parts/PageHead";
import { Flag } from "../../parts/Tags";
import { containsWords } from "../../table/localRows";
import { QueryTable } from "../../table/QueryTable";
import { useListState } from "../../table/useListState";

const SOURCE = {
  topic: "policies",
  path: "/api/policies/heartbeat",
  local: {
    match: (row: BeatRow, filters: Record<string, string>) => containsWords(filters.q, [row.carrier, row.title]),
  },
} as const;

export function BeatList() {
  const t = useT();
  const navigate = useNavigate();
  const control = useListState("");
  const number = (key: keyof BeatValues, title: string, unit: string) => ({
    key,
    title,
    width: 130,
    align: "right" as const,
    sort: key,
    text: (row: BeatRow) => row.values[key],
    render: (row: BeatRow) => (
      <span className="fh-number">
        {row.values[key]} {unit}
      </span>
    ),
  });
  return (
    <>
      <PageHead
        back={{ to: "/heartbeat", label: t("menu.heartbeat") }}
        title={t("menu.beats")}
        note={t("beat.policyIntro")}
      />
      <QueryTable<BeatRow>
        screen="beats"
        testId="beats-table"
        source={SOURCE}
        control={control}
        rowKey={(row) => row.carrier}
        rowTestId={(row) => `beat-row-${row.carrier}`}
        onOpen={(row) => navigate(`/heartbeat/policies/${encodeURIComponent(row.carrier)}`)}
        fields={[{ kind: "text", name: "q", label: t("shipment.carrier"), primary: true }]}
        columns={[
          {
            key: "title",
            title: t("beat.of"),
            width: 230,
            sort: "carrier",
            text: (row) => row.title,
            render: (row) => (
              <Link to={`/heartbeat/policies/${encodeURIComponent(row.carrier)}`}>{row.title}</Link>
            ),
          },
          number("interval_minutes", t("beat.interval_minutes"), t("beat.interval_minutes.unit")),
          number("empties", t("beat.emptiesRule"), t("beat.empties.unit")),
          number("calls_per_minute", t("beat.calls_per_minute"), t("beat.calls_per_minute.unit")),
          number("give_up_days", t("beat.give_up_days"), t("beat.give_up_days.unit")),
          number("due_hours", t("beat.due_hours"), t("beat.due_hours.unit")),
          {
            key: "version",
            title: t("policy.version"),
            width: 170,
            text: (row) => row.version,
            render: (row) => (
              <>
                {row.is_default ? <Flag mood="mute">{t("policy.shipped")}</Flag> : `v${row.version ?? 1}`}
                {row.has_draft && <Flag mood="warn">{t("policy.draft")}</Flag>}
              </>
            ),
          },
        ]}
      />
    </>
  );
}
