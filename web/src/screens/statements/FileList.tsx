/** Files of statements with their funnels, and one beside the list: what it said of itself and everything that is wrong. */
import { CheckCircleOutlined, ClockCircleOutlined, WarningOutlined } from "@ant-design/icons";
import { useMemo } from "react";
import { useGet } from "../../api/queries";
import type { StatementFacets, StatementFileRow } from "../../api/types-statements";
import { type Translate, useT } from "../../i18n";
import { Blank } from "../../parts/Copyable";
import { Flag } from "../../parts/Tags";
import { CountText, MoneyText, TimeText } from "../../parts/Values";
import { QueryTable } from "../../table/QueryTable";
import type { QueryColumn } from "../../table/types";
import { useListState } from "../../table/useListState";
import { FileDrawer } from "./FileDrawer";

const TABS = ["all", "complete", "incomplete", "unfinished"] as const;

export function CheckTag({ file }: { file: StatementFileRow }) {
  const t = useT();
  if (!file.finished)
    return (
      <Flag mood="warn" icon={<ClockCircleOutlined />}>
        {t("stmt.unfinished")}
      </Flag>
    );
  return file.complete ? (
    <Flag mood="ok" icon={<CheckCircleOutlined />}>
      {t("stmt.agrees")}
    </Flag>
  ) : (
    <Flag mood="bad" icon={<WarningOutlined />}>
      {t("stmt.differs", { n: file.problem_count })}
    </Flag>
  );
}

export function period(from: string | null, to: string | null): string {
  if (!from && !to) return "";
  return from === to || !to ? (from ?? "") : `${from ?? "…"} — ${to}`;
}

function count(key: "read" | "stored" | "duplicate" | "set_aside", title: string): QueryColumn<StatementFileRow> {
  return { key, title, width: 72, align: "right", render: (row) => <CountText count={row[key]} /> };
}

function fileColumns(t: Translate): QueryColumn<StatementFileRow>[] {
  return [
    {
      key: "name",
      title: t("stmt.file"),
      width: 230,
      fixed: "left",
      sort: "name",
      render: (row) => (
        <span className="fh-clip" title={row.name}>
          {row.name}
        </span>
      ),
    },
    { key: "check", title: t("stmt.check"), width: 150, render: (row) => <CheckTag file={row} /> },
    count("read", t("stmt.read")),
    count("stored", t("stmt.stored")),
    count("duplicate", t("stmt.duplicate")),
    count("set_aside", t("stmt.setAside")),
    {
      key: "in",
      title: t("stmt.in"),
      width: 120,
      align: "right",
      render: (row) => row.moved.map((one) => <MoneyText key={one.currency} money={one.money_in} />),
    },
    {
      key: "out",
      title: t("stmt.out"),
      width: 120,
      align: "right",
      render: (row) => row.moved.map((one) => <MoneyText key={one.currency} money={one.money_out} />),
    },
    { key: "layout", title: t("stmt.layout"), width: 150, render: (row) => row.layout_title },
    { key: "source", title: t("stmt.source"), width: 120, render: (row) => row.source_title },
    { key: "account", title: t("stmt.account"), width: 150, render: (row) => row.account || <Blank /> },
    {
      key: "period",
      title: t("stmt.period"),
      width: 190,
      sort: "period_from",
      render: (row) => <span className="fh-number">{period(row.period_from, row.period_to) || <Blank />}</span>,
    },
    { key: "imported_by", title: t("stmt.by"), width: 90, optional: true, render: (row) => row.imported_by },
    {
      key: "imported_at",
      title: t("stmt.at"),
      width: 140,
      sort: "imported_at",
      render: (row) => <TimeText at={row.imported_at} />,
    },
  ];
}

export function FileList() {
  const t = useT();
  const control = useListState("-imported_at");
  const facets = useGet<StatementFacets>("statements", "/api/statement-facets").data;
  const columns = useMemo(() => fileColumns(t), [t]);
  return (
    <>
      <QueryTable<StatementFileRow>
        screen="statement_files"
        testId="statement-files"
        source={{ topic: "statements", path: "/api/statement-files" }}
        control={control}
        columns={columns}
        fields={[
          { kind: "text", name: "q", label: t("stmt.nameSearch"), primary: true },
          { kind: "choice", name: "source", label: t("stmt.source"), choices: facets?.sources ?? [], primary: true },
          { kind: "choice", name: "provider", label: t("stmt.provider"), choices: facets?.providers ?? [] },
          { kind: "choice", name: "layout", label: t("stmt.layout"), choices: facets?.layouts ?? [] },
          {
            kind: "days",
            name: "imported",
            from: "imported_from",
            to: "imported_to",
            label: t("stmt.importedAt"),
            primary: true,
          },
        ]}
        rowKey={(row) => row.id}
        rowTestId={(row) => `statement-file-${row.id}`}
        tabs={{
          name: "state",
          first: "all",
          list: TABS.map((key) => ({ key, label: t(`stmt.tab.${key}`), alarming: key === "incomplete" })),
        }}
        views
        onOpen={(row) => control.open(row.id)}
        activeId={control.openId}
        empty={{ title: t("stmt.noFiles"), hint: t("stmt.noFilesHint") }}
      />
      {control.openId && <FileDrawer id={control.openId} onClose={() => control.open(null)} />}
    </>
  );
}
