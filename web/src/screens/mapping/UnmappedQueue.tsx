/** The queue of codes nobody has mapped yet (待映射队列), the busiest first. */
import { Button } from "antd";
import { Link, useNavigate } from "react-router";
import type { UnmappedCode } from "../../api/types";
import { type Translate, useT } from "../../i18n";
import { Copyable } from "../../parts/Copyable";
import { PageHead } from "../../parts/PageHead";
import { CountText } from "../../parts/Values";
import { countColumn, textColumn, timeColumn } from "../../table/cells";
import { containsWords } from "../../table/localRows";
import { QueryTable } from "../../table/QueryTable";
import type { QueryColumn } from "../../table/types";
import { useListState } from "../../table/useListState";

const SOURCE = {
  topic: "mappings",
  path: "/api/unmapped",
  local: {
    match: (row: UnmappedCode, filters: Record<string, string>) =>
      containsWords(filters.q, [row.code, row.sample_text, row.codes_title]),
  },
} as const;

function mapperAddress(row: UnmappedCode): string {
  return `/mapping/${encodeURIComponent(row.codes)}?code=${encodeURIComponent(row.code)}`;
}

function unmappedColumns(t: Translate): QueryColumn<UnmappedCode>[] {
  return [
    textColumn({
      key: "code",
      title: t("rule.code"),
      of: (row) => row.code,
      render: (row) =>
        row.code ? (
          <Copyable text={row.code}>
            <code>{row.code}</code>
          </Copyable>
        ) : (
          <span className="fh-soft">{t("mapping.noCode")}</span>
        ),
    }),
    textColumn({ key: "codes", title: t("mapping.codes"), of: (row) => row.codes_title }),
    textColumn({
      key: "text",
      title: t("unmapped.sample"),
      width: 300,
      of: (row) => row.sample_text,
      render: (row) => (
        <span className="fh-clip" title={row.sample_text ?? ""}>
          {row.sample_text}
        </span>
      ),
    }),
    countColumn({
      key: "events",
      title: t("unmapped.events"),
      of: (row) => row.events,
      render: (row) => (
        <>
          <CountText count={row.events} />
          {row.capped && "+"}
        </>
      ),
    }),
    countColumn({ key: "shipments", title: t("menu.shipments"), width: 90, of: (row) => row.shipments }),
    timeColumn({ key: "first", title: t("unmapped.first"), of: (row) => row.first_seen_at }),
    timeColumn({ key: "last", title: t("unmapped.last"), of: (row) => row.last_seen_at }),
    {
      key: "go",
      title: "",
      width: 90,
      render: (row) => (
        <Link to={mapperAddress(row)}>
          <Button size="small" type="primary" ghost>
            {t("unmapped.map")}
          </Button>
        </Link>
      ),
    },
  ];
}

export function UnmappedQueue() {
  const t = useT();
  const navigate = useNavigate();
  const control = useListState("-events");
  return (
    <>
      <PageHead title={t("menu.unmapped")} note={t("unmapped.intro")} />
      <QueryTable<UnmappedCode>
        screen="unmapped"
        testId="unmapped-table"
        source={SOURCE}
        control={control}
        fields={[{ kind: "text", name: "q", label: t("mapping.findCode"), primary: true }]}
        rowKey={(row) => `${row.codes}:${row.code}`}
        rowTestId={(row) => `unmapped-row-${row.code}`}
        onOpen={(row) => navigate(mapperAddress(row))}
        empty={{ title: t("mapping.allMapped"), hint: t("mapping.allMappedHint") }}
        columns={unmappedColumns(t)}
      />
    </>
  );
}
