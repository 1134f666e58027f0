/** All code lists (码表): how much of each is read, and where to start. */
import { EditOutlined } from "@ant-design/icons";
import { Progress } from "antd";
import { Link, useNavigate } from "react-router";
import type { MappingSummary } from "../../api/types";
import { type Translate, useT } from "../../i18n";
import { percent } from "../../logic/rules";
import { Blank } from "../../parts/Copyable";
import { PageHead } from "../../parts/PageHead";
import { Flag } from "../../parts/Tags";
import { countColumn, textColumn } from "../../table/cells";
import { containsWords } from "../../table/localRows";
import { QueryTable } from "../../table/QueryTable";
import type { QueryColumn } from "../../table/types";
import { useListState } from "../../table/useListState";

const SOURCE = {
  topic: "mappings",
  path: "/api/status-mappings",
  local: {
    match: (row: MappingSummary, filters: Record<string, string>) => containsWords(filters.q, [row.codes, row.title]),
  },
} as const;

function mappingColumns(t: Translate): QueryColumn<MappingSummary>[] {
  return [
    textColumn({
      key: "title",
      title: t("mapping.codes"),
      width: 220,
      of: (row) => row.title,
      render: (row) => <Link to={`/mapping/${encodeURIComponent(row.codes)}`}>{row.title}</Link>,
    }),
    textColumn({
      key: "codes",
      title: t("mapping.key"),
      of: (row) => row.codes,
      render: (row) => <code>{row.codes}</code>,
    }),
    {
      key: "coverage",
      title: t("mapping.coverage"),
      width: 240,
      sort: "coverage",
      text: (row) => row.coverage_72h,
      render: (row) => <CoverageCell ratio={row.coverage_72h} />,
    },
    countColumn({ key: "events", title: t("mapping.events72h"), width: 130, of: (row) => row.events_72h }),
    countColumn({
      key: "unmapped_codes",
      title: t("mapping.unmapped"),
      width: 120,
      of: (row) => row.unmapped_codes,
      render: (row) => <Flag mood={row.unmapped_codes ? "warn" : "ok"}>{row.unmapped_codes}</Flag>,
    }),
    textColumn({
      key: "version",
      title: t("mapping.published"),
      width: 120,
      of: (row) => (row.published_version ? `v${row.published_version}` : t("mapping.neverPublished")),
    }),
    {
      key: "draft",
      title: t("mapping.draft"),
      width: 110,
      text: (row) => row.has_draft,
      render: (row) =>
        row.has_draft ? (
          <Flag mood="info" icon={<EditOutlined />}>
            {t("mapping.hasDraft")}
          </Flag>
        ) : (
          <Blank />
        ),
    },
  ];
}

function CoverageCell({ ratio }: { ratio: number | null }) {
  if (ratio === null) return <Blank />;
  return (
    <span className="fh-cover-cell">
      <Progress percent={ratio * 100} showInfo={false} size="small" status="normal" />
      <b className="fh-number">{percent(ratio)}</b>
    </span>
  );
}

export function MappingList() {
  const t = useT();
  const navigate = useNavigate();
  const control = useListState("-unmapped_codes");
  return (
    <>
      <PageHead title={t("menu.mapping")} note={t("mapping.intro")} />
      <QueryTable<MappingSummary>
        screen="mappings"
        testId="mappings-table"
        source={SOURCE}
        control={control}
        fields={[{ kind: "text", name: "q", label: t("mapping.codes"), primary: true }]}
        rowKey={(row) => row.codes}
        rowTestId={(row) => `mapping-row-${row.codes}`}
        onOpen={(row) => navigate(`/mapping/${encodeURIComponent(row.codes)}`)}
        columns={mappingColumns(t)}
      />
    </>
  );
}
