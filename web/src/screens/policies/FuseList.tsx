/** Fuse thresholds (熔断阈值) of every carrier. */
import { Link, useNavigate } from "react-router";
import type { FuseRow } from "../../api/types";
import { useT } from "../../i18n";
import { PageHead } from "../../parts/PageHead";
import { Flag } from "../../parts/Tags";
import { containsWords } from "../../table/localRows";
import { QueryTable } from "../../table/QueryTable";
import { useListState } from "../../table/useListState";

const SOURCE = {
  topic: "policies",
  path: "/api/policies/fuse",
  local: {
    match: (row: FuseRow, filters: Record<string, string>) => containsWords(filters.q, [row.carrier, row.title]),
  },
} as const;

export function FuseList() {
  const t = useT();
  const navigate = useNavigate();
  const control = useListState("");
  const number = (key: "distance" | "age_hours" | "settle_seconds" | "reuse_hours", title: string, unit: string) => ({
    key,
    title,
    width: 150,
    align: "right" as const,
    sort: key,
    text: (row: FuseRow) => row[key],
    render: (row: FuseRow) => (
      <span className="fh-number">
        {row[key]} {unit}
      </span>
    ),
  });
  return (
    <>
      <PageHead title={t("menu.policies")} note={t("policy.intro")} />
      <QueryTable<FuseRow>
        screen="policies"
        testId="policies-table"
        source={SOURCE}
        control={control}
        rowKey={(row) => row.carrier}
        rowTestId={(row) => `policy-row-${row.carrier}`}
        onOpen={(row) => navigate(`/policies/${encodeURIComponent(row.carrier)}`)}
        fields={[{ kind: "text", name: "q", label: t("shipment.carrier"), primary: true }]}
        columns={[
          {
            key: "title",
            title: t("shipment.carrier"),
            width: 200,
            sort: "carrier",
            text: (row) => row.title,
            render: (row) => <Link to={`/policies/${encodeURIComponent(row.carrier)}`}>{row.title}</Link>,
          },
          number("distance", t("policy.distance"), t("unit.node")),
          number("age_hours", t("policy.age"), t("unit.hour")),
          number("settle_seconds", t("policy.settle"), t("unit.second")),
          number("reuse_hours", t("policy.reuse"), t("unit.hour")),
          {
            key: "version",
            title: t("policy.version"),
            width: 160,
            text: (row) => row.version,
            render: (row) => (row.is_default ? <Flag mood="mute">{t("policy.shipped")}</Flag> : `v${row.version ?? 1}`),
          },
        ]}
      />
    </>
  );
}
