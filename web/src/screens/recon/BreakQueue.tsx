/** The queue of breaks (差异): cards by cause, the reason on the row, work on many at once, and the sheet's way out and back. */
import { UploadOutlined } from "@ant-design/icons";
import { Alert, Button } from "antd";
import { useMemo, useState } from "react";
import { Link, useNavigate } from "react-router";
import { useGet } from "../../api/queries";
import type { Page } from "../../api/types";
import type { CauseSum, ReconBreak, ReconChoices, ReconRun } from "../../api/types-recon";
import { useSession } from "../../app/session";
import { type Translate, useT } from "../../i18n";
import { stepFrom } from "../../logic/queue";
import { formatDay } from "../../logic/time";
import { NeedsAny } from "../../parts/NeedsAny";
import { PageHead } from "../../parts/PageHead";
import { useKeys } from "../../parts/useKeys";
import { QueryTable } from "../../table/QueryTable";
import type { FilterField } from "../../table/types";
import { type ListControl, useListState } from "../../table/useListState";
import { BreakBulk } from "./BreakBulk";
import { BreakDrawer } from "./BreakDrawer";
import { breakColumns, numberOf } from "./columns";
import { CauseCards } from "./CauseCards";
import { useCause, useNames } from "./parts";
import { SheetDialog } from "./SheetDialog";

const DAY = /^\d{4}-\d\d-\d\d$/;
const NO_CHOICES: ReconChoices = { channels: [], providers: [], currencies: [], owners: [] };

/** The address's words as the hub's: days are whole days of China. */
export function breakQuery(filters: Record<string, string>): Record<string, string> {
  const day = (text: string | undefined) => (!text || DAY.test(text) ? (text ?? "") : formatDay(text));
  const { day_from, day_to, ...rest } = filters;
  const days = { ...(day_from ? { day_from: day(day_from) } : {}), ...(day_to ? { day_to: day(day_to) } : {}) };
  return { ...rest, ...days };
}

const SOURCE = { topic: "money", path: "/api/recon/breaks", toQuery: breakQuery } as const;

function useFields(choices: ReconChoices, t: Translate): FilterField[] {
  const names = useNames();
  const pick = (codes: string[], title: (code: string) => string) =>
    codes.map((value) => ({ value, title: title(value) }));
  return [
    { kind: "numbers", name: "number", label: t("break.number"), primary: true },
    { kind: "days", name: "day", from: "day_from", to: "day_to", label: t("break.day"), primary: true },
    { kind: "choice", name: "channel", label: t("break.channel"), choices: pick(choices.channels, names.channel) },
    { kind: "choice", name: "provider", label: t("break.provider"), choices: pick(choices.providers, names.provider) },
    {
      kind: "choice",
      name: "owner",
      label: t("break.owner"),
      primary: true,
      choices: [{ value: "-", title: t("break.nobody") }, ...pick(choices.owners, (name) => name)],
    },
    {
      kind: "choice",
      name: "fault",
      label: t("break.kind"),
      choices: [
        { value: "true", title: t("recon.fault") },
        { value: "false", title: t("recon.explained") },
      ],
    },
    {
      kind: "choice",
      name: "age",
      label: t("break.age"),
      choices: (["3", "7", "30"] as const).map((value) => ({ value, title: t(`break.age.${value}`) })),
    },
    { kind: "choice", name: "currency", label: t("break.currency"), choices: pick(choices.currencies, (code) => code) },
  ];
}

export function BreakQueue() {
  const t = useT();
  const { can } = useSession();
  const control = useListState("-amount");
  const choices = useGet<ReconChoices>("money", "/api/recon/choices").data ?? NO_CHOICES;
  const never = useGet<Page<ReconRun>>("money", "/api/recon/runs", { size: 1 }).data?.total === 0;
  const [rows, setRows] = useState<ReconBreak[]>([]);
  const [sheet, setSheet] = useState(false);
  const cause = useCause();
  const names = useNames();
  const columns = useMemo(() => breakColumns(t, cause, names), [t, cause, names]);
  const fields = useFields(choices, t);
  useRowKeys(rows, control);
  return (
    <NeedsAny anyOf={["money.view"]}>
      <PageHead
        title={t("menu.breaks")}
        note={t("break.keys")}
        actions={
          can("money.reconcile") && (
            <Button icon={<UploadOutlined />} onClick={() => setSheet(true)} data-testid="sheet-open">
              {t("sheet.upload")}
            </Button>
          )
        }
      />
      <RunNote control={control} />
      <Cards control={control} />
      <QueryTable<ReconBreak>
        screen="breaks"
        testId="breaks-table"
        source={SOURCE}
        control={control}
        columns={columns}
        fields={fields}
        rowKey={(row) => row.id}
        rowTestId={() => "break-row"}
        onRows={setRows}
        tabs={{
          name: "status",
          first: "open",
          list: (["open", "closed", "all"] as const).map((key) => ({ key, label: t(`break.tab.${key}`) })),
        }}
        views
        {...(can("money.reconcile")
          ? { bulk: (selection, clear) => <BreakBulk selection={selection} owners={choices.owners} onClear={clear} /> }
          : {})}
        onOpen={(row) => control.open(row.id)}
        activeId={control.openId}
        empty={
          never
            ? { title: t("break.never"), hint: t("break.neverHint") }
            : { title: t("break.empty"), hint: t("break.emptyHint") }
        }
      />
      {control.openId && <BreakDrawer id={control.openId} onClose={() => control.open(null)} />}
      {sheet && <SheetDialog onClose={() => setSheet(false)} />}
    </NeedsAny>
  );
}

/** J and K walk the rows, Enter opens, X shows the whole chain. */
function useRowKeys(rows: ReconBreak[], control: ListControl) {
  const navigate = useNavigate();
  const [at, setAt] = useState<string | null>(null);
  const ids = rows.map((row) => row.id);
  const step = (by: 1 | -1) => {
    const next = stepFrom(ids, at, by);
    setAt(next);
    const row = document.querySelectorAll<HTMLElement>("[data-testid=break-row]")[next ? ids.indexOf(next) : -1];
    for (const each of document.querySelectorAll(".fh-row-at")) each.classList.remove("fh-row-at");
    row?.classList.add("fh-row-at");
    row?.scrollIntoView({ block: "nearest" });
  };
  const current = rows.find((row) => row.id === at);
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    Enter: () => current && control.open(current.id),
    x: () => {
      const number = current && numberOf(current);
      if (number) navigate(`/trace?number=${encodeURIComponent(number)}`);
    },
  });
}

function RunNote({ control }: { control: ListControl }) {
  const t = useT();
  const run = control.state.filters.run;
  if (!run) return null;
  return (
    <Alert
      type="info"
      showIcon
      className="fh-gap"
      data-testid="run-note"
      title={
        <>
          {t("break.fromRun", { n: run })} <Link to={`/recon/runs/${run}`}>{t("recon.open")}</Link>
        </>
      }
      action={
        <Button size="small" onClick={() => control.setFilters({})}>
          {t("break.fromRunClear")}
        </Button>
      }
    />
  );
}

function Cards({ control }: { control: ListControl }) {
  const { cause = "", ...rest } = breakQuery(control.state.filters);
  const sums = useGet<CauseSum[]>("money", "/api/recon/causes", rest.run ? { ...rest, cause } : rest, { keep: true });
  if (!sums.data || sums.data.length === 0) return null;
  return (
    <CauseCards
      sums={sums.data}
      chosen={cause}
      onChoose={(next) => control.setFilters({ ...control.state.filters, cause: next })}
    />
  );
}
