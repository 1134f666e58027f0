/** One list for all screens: filter, tabs, sort and page in the address; columns, density, batch and export. */
import { Pagination, Table, type TableProps, Tabs } from "antd";
import { type ReactNode, useEffect, useMemo, useState } from "react";
import { withQuery } from "../api/client";
import { useGet } from "../api/queries";
import type { Page } from "../api/types";
import { useSession } from "../app/session";
import { useT } from "../i18n";
import { toCsv } from "../logic/csv";
import { listQuery, SIZES } from "../logic/listState";
import { NOTHING, type Selection } from "../logic/selection";
import { formatSecond } from "../logic/time";
import { EmptyState } from "../parts/EmptyState";
import { ErrorPanel } from "../parts/ErrorPanel";
import { BulkBar } from "./BulkBar";
import { saveLink, saveText } from "./download";
import { FilterBar } from "./FilterBar";
import { localPage } from "./localRows";
import { QuickFilter } from "./QuickFilter";
import { SavedViews } from "./SavedViews";
import { SkeletonRows } from "./SkeletonRows";
import { ExportButton, TableTools } from "./TableTools";
import type { FilterField, ListSource, QueryColumn, TabSpec } from "./types";
import type { ListControl } from "./useListState";
import { isShown, type Prefs, usePrefs } from "./usePrefs";

const STICKY = { offsetHeader: 48 };
const DENSITY = { small: "small", medium: "medium", large: "large" } as const;

export interface QueryTableProps<Row extends object> {
  screen: string;
  source: ListSource<Row>;
  control: ListControl;
  columns: QueryColumn<Row>[];
  rowKey: (row: Row) => string;
  rowTestId?: (row: Row) => string;
  rowClass?: (row: Row) => string;
  fields?: FilterField[];
  tabs?: { name: string; first: string; list: TabSpec[] };
  views?: boolean;
  exportable?: boolean;
  bulk?: (selection: Selection, clear: () => void) => ReactNode;
  actions?: ReactNode;
  onOpen?: (row: Row) => void;
  onRows?: (rows: Row[]) => void;
  activeId?: string | null;
  empty?: { title: string; hint?: string; action?: ReactNode };
  testId?: string;
}

export function QueryTable<Row extends object>(props: QueryTableProps<Row>) {
  const { screen, source, control, tabs } = props;
  const { state } = control;
  const fields = props.fields ?? [];
  const single = fields.length === 1 && !tabs ? fields[0] : undefined;
  const [prefs, setPrefs] = usePrefs(screen);
  const [selection, setSelection] = useState<Selection>(NOTHING);
  const found = useRows(props);
  const { rows, total } = found;
  const filterKey = JSON.stringify(state.filters);
  useEffect(() => setSelection(NOTHING), [filterKey]);
  const { onRows } = props;
  useEffect(() => onRows?.(rows), [rows, onRows]);
  return (
    <div className="fh-list" data-testid={props.testId}>
      {fields.length > 0 && !single && (
        <FilterBar
          fields={fields}
          filters={state.filters}
          unfolded={prefs.unfolded}
          onUnfold={(unfolded) => setPrefs({ unfolded })}
          onApply={control.setFilters}
        />
      )}
      <div className="fh-list-card">
        <div className="fh-list-top">
          {tabs ? (
            <StateTabs tabs={tabs} control={control} counts={found.tabs} capped={found.cappedTabs} />
          ) : (
            <span className="fh-grow">{single && <QuickFilter field={single} control={control} />}</span>
          )}
          <ListTools list={props} found={found} prefs={prefs} onPrefs={setPrefs} />
        </div>
        {props.bulk && (
          <BulkBar selection={selection} total={total} filters={asked(source, state.filters)} onSelect={setSelection}>
            {props.bulk(selection, () => setSelection(NOTHING))}
          </BulkBar>
        )}
        <ListBody list={props} found={found} prefs={prefs} selection={selection} onSelect={setSelection} />
      </div>
    </div>
  );
}

interface PartProps<Row extends object> {
  list: QueryTableProps<Row>;
  found: ReturnType<typeof useRows<Row>>;
  prefs: Prefs;
}

function ListTools<Row extends object>(props: PartProps<Row> & { onPrefs: (change: Partial<Prefs>) => void }) {
  const { list, found, prefs, onPrefs } = props;
  const { screen, source, control, columns } = list;
  const { can } = useSession();
  const exportAs = (format: "csv" | "xlsx") => {
    if (source.local) return saveText(`${screen}.csv`, localCsv(columns, found.all), "text/csv;charset=utf-8");
    const query = { ...source.fixed, ...asked(source, control.state.filters), sort: control.state.sort, format };
    saveLink(withQuery(`${source.path}/export`, query));
  };
  return (
    <div className="fh-list-tools">
      {list.actions}
      {list.views && <SavedViews screen={screen} />}
      {list.exportable !== false && can("exports.create") && (
        <ExportButton total={found.total} csvOnly={Boolean(source.local)} onExport={exportAs} />
      )}
      <TableTools
        columns={columns}
        prefs={prefs}
        onPrefs={onPrefs}
        onRefresh={found.refetch}
        refreshing={found.fetching}
      />
    </div>
  );
}

interface BodyProps<Row extends object> extends PartProps<Row> {
  selection: Selection;
  onSelect: (selection: Selection) => void;
}

function ListBody<Row extends object>({ list, found, prefs, selection, onSelect }: BodyProps<Row>) {
  const t = useT();
  const { control, columns, rowKey } = list;
  const { state } = control;
  if (found.error) return <ErrorPanel error={found.error} onRetry={found.refetch} page />;
  if (found.loading) return <SkeletonRows />;
  const empty = list.empty ?? { title: t("list.empty"), hint: t("list.emptyHint") };
  return (
    <>
      <Table<Row>
        rowKey={rowKey}
        dataSource={found.rows}
        columns={shownColumns(columns, prefs, state.sort)}
        size={DENSITY[prefs.density]}
        sticky={STICKY}
        scroll={{ x: widthOf(columns, prefs, Boolean(list.bulk)) }}
        tableLayout="fixed"
        pagination={false}
        showSorterTooltip={false}
        className={found.stale ? "fh-stale" : ""}
        locale={{ emptyText: <EmptyState {...empty} /> }}
        onChange={(_, __, sorter) => control.set({ sort: sortWord(sorter), page: 1 })}
        onRow={(row) => rowProps(row, list)}
        {...(list.bulk ? { rowSelection: ticking(selection, onSelect, found.rows, rowKey) } : {})}
      />
      {found.total > 0 && (
        <Pagination
          className="fh-pages"
          size="small"
          current={state.page}
          pageSize={state.size}
          total={found.total}
          showSizeChanger
          pageSizeOptions={SIZES}
          showTotal={(all) => t("list.total", { n: `${all.toLocaleString("en-US")}${found.capped ? "+" : ""}` })}
          onChange={(page, size) => control.set(size === state.size ? { page } : { page: 1, size })}
        />
      )}
    </>
  );
}

function asked<Row>(source: ListSource<Row>, filters: Record<string, string>): Record<string, string> {
  return source.toQuery ? source.toQuery(filters) : filters;
}

function useRows<Row extends object>({ source, control, columns }: QueryTableProps<Row>) {
  const { state } = control;
  const query = source.local
    ? { ...source.fixed, ...source.toQuery?.(state.filters) }
    : { ...source.fixed, ...listQuery({ ...state, filters: asked(source, state.filters) }) };
  const answer = useGet<Page<Row> | Row[]>(source.topic, source.path, query, { keep: true });
  const { data } = answer;
  const read = useMemo(() => {
    if (!data) return { rows: [] as Row[], total: 0, all: [] as Row[], tabs: undefined };
    if (source.local) {
      const list = source.local.rows?.(data) ?? (Array.isArray(data) ? data : data.items);
      const page = localPage(list, state, columns, source.local.match);
      return { rows: page.items, total: page.total, all: page.all, tabs: undefined };
    }
    const page = Array.isArray(data) ? { items: data, total: data.length, tabs: undefined } : data;
    return { rows: page.items, total: page.total, all: page.items, tabs: page.tabs };
    // columns and match are rebuilt on every render; data and state say all that matters
  }, [data, state, Boolean(source.local)]);
  return {
    ...read,
    capped: !Array.isArray(data) && data?.capped === true,
    cappedTabs: Array.isArray(data) ? [] : (data?.capped_tabs ?? []),
    loading: answer.isPending,
    stale: answer.isPlaceholderData,
    fetching: answer.isFetching,
    error: answer.isError && !data ? answer.error : null,
    refetch: () => void answer.refetch(),
  };
}

interface TabsProps {
  tabs: { name: string; first: string; list: TabSpec[] };
  control: ListControl;
  counts: Record<string, number> | undefined;
  capped: readonly string[];
}

function StateTabs({ tabs, control, counts, capped }: TabsProps) {
  return (
    <Tabs
      className="fh-tabs"
      activeKey={control.state.filters[tabs.name] ?? tabs.first}
      onChange={(key) => control.setFilter(tabs.name, key === tabs.first ? "" : key)}
      items={tabs.list.map((tab) => ({
        key: tab.key,
        label: (
          <span data-testid={`tab-${tab.key}`}>
            {tab.label}
            {counts?.[tab.key] !== undefined && (
              <em className={tab.alarming && counts[tab.key] ? "fh-tab-count fh-alarm" : "fh-tab-count"}>
                {counts[tab.key]?.toLocaleString("en-US")}
                {capped.includes(tab.key) && "+"}
              </em>
            )}
          </span>
        ),
      }))}
    />
  );
}

function shownColumns<Row>(columns: QueryColumn<Row>[], prefs: Prefs, sort: string) {
  return columns
    .filter((column) => isShown(column, prefs))
    .map((column) => {
      const word = column.sort ?? column.key;
      const order = sort === word ? "ascend" : sort === `-${word}` ? "descend" : null;
      return {
        key: word,
        title: column.title,
        width: column.width,
        render: (_: unknown, row: Row) => column.render(row),
        ...(column.align ? { align: column.align } : {}),
        ...(column.fixed ? { fixed: column.fixed } : {}),
        ...(column.sort ? { sorter: true, sortOrder: order } : {}),
      } as NonNullable<TableProps<Row & object>["columns"]>[number];
    });
}

const TICK_WIDTH = 36;

/** Below this width the list scrolls sideways; above it the columns share what is left. */
function widthOf<Row>(columns: QueryColumn<Row>[], prefs: Prefs, ticks: boolean): number {
  const shown = columns.filter((column) => isShown(column, prefs));
  return shown.reduce((sum, column) => sum + column.width, ticks ? TICK_WIDTH : 0);
}

function sortWord(sorter: unknown): string {
  const { order, columnKey } = (Array.isArray(sorter) ? sorter[0] : sorter) as { order?: string; columnKey?: string };
  if (!order || !columnKey) return "";
  return order === "descend" ? `-${columnKey}` : columnKey;
}

function rowProps<Row extends object>(
  row: Row,
  { onOpen, rowTestId, rowClass, rowKey, activeId }: QueryTableProps<Row>,
) {
  const click = (event: { target: EventTarget }) => {
    const inside = event.target as HTMLElement;
    if (inside.closest("a, button, input, label, .ant-checkbox-wrapper, .ant-table-selection-column")) return;
    if (window.getSelection()?.toString()) return;
    onOpen?.(row);
  };
  return {
    className: [
      onOpen ? "fh-row-open" : "",
      activeId === rowKey(row) ? "fh-row-active" : "",
      rowClass?.(row) ?? "",
    ].join(" "),
    ...(onOpen ? { onClick: click } : {}),
    ...(rowTestId ? { "data-testid": rowTestId(row) } : {}),
  };
}

function ticking<Row extends object>(
  selection: Selection,
  onSelect: (selection: Selection) => void,
  rows: Row[],
  rowKey: (row: Row) => string,
): NonNullable<TableProps<Row>["rowSelection"]> {
  const all = selection.mode === "filter";
  return {
    columnWidth: TICK_WIDTH,
    fixed: true,
    preserveSelectedRowKeys: true,
    selectedRowKeys: all ? rows.map(rowKey) : [...selection.ids],
    onChange: (keys) => onSelect({ mode: "ids", ids: keys.map(String) }),
    getCheckboxProps: () => ({ disabled: all }),
  };
}

function localCsv<Row>(columns: QueryColumn<Row>[], rows: Row[]): string {
  const told = columns.filter((column) => column.text);
  return toCsv(
    told.map((column) => column.title),
    rows.map((row) => told.map((column) => readable(column.text?.(row)))),
  );
}

const INSTANT = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

/** Instants leave in Shanghai's time, as they stand on the screen. */
function readable<Value>(value: Value): Value | string {
  return typeof value === "string" && INSTANT.test(value) ? formatSecond(value) : value;
}
