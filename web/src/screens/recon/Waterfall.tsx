/** A run's waterfall: the levels, the picture, and the table with the run before beside it; all of it leads to the breaks. */
import { CheckCircleOutlined, DownloadOutlined, WarningOutlined } from "@ant-design/icons";
import { Button, Segmented, Select } from "antd";
import { lazy, Suspense, useMemo } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { useGet } from "../../api/queries";
import type { ReconRunPage, WaterfallLine } from "../../api/types-recon";
import { useT } from "../../i18n";
import { useAddress } from "../../parts/useAddress";
import { toCsv } from "../../logic/csv";
import { formatMoney } from "../../logic/money";
import { axisOf, type Bar, barsOf, currenciesOf, stepsOf } from "../../logic/waterfall";
import { Panel } from "../../parts/Panel";
import { saveText } from "../../table/download";
import { Amount, breaksPath, useCause, useNames } from "./parts";
import { WaterfallTable } from "./WaterfallTable";

const Chart = lazy(() => import("./WaterfallChart"));

/** The breaks behind a line, as this run stated them. */
export function lineTarget(
  page: ReconRunPage,
  line: WaterfallLine,
  part: { channel: string; provider: string },
): string | null {
  const { run } = page;
  if (!line.cause || !(line.cause in page.counts || line.cause === "accepted")) return null;
  return breaksPath({
    run: run.id,
    cause: line.cause,
    place: line.place,
    currency: line.currency,
    status: "all",
    ...(run.scope === "days" ? { day_from: run.day_from ?? "", day_to: run.day_to ?? "" } : {}),
    ...part,
  });
}

const STEPS = [1, 3, 5] as const;
const VOUCHERS = 4;

/** The level nobody told us anything of: the books', when there is no voucher at all. It is passed through, not compared. */
function unheard(page: ReconRunPage): number | null {
  return page.coverage.vouchers === false ? VOUCHERS : null;
}

/** One step of it alone, between its two levels: small causes are seen better. */
function stepBars(bars: Bar[], step: number): Bar[] {
  return step ? bars.filter((bar) => Math.abs(bar.line.place - step) <= 1) : bars;
}

export function Waterfall({ page }: { page: ReconRunPage }) {
  const t = useT();
  const navigate = useNavigate();
  const cause = useCause();
  const [search] = useSearchParams();
  const part = { channel: search.get("channel") ?? "", provider: search.get("provider") ?? "" };
  const currencies = useMemo(() => currenciesOf(page.waterfall), [page.waterfall]);
  const currency = search.get("currency") ?? currencies[0] ?? "CNY";
  const lines = useMemo(() => page.waterfall.filter((one) => one.currency === currency), [page.waterfall, currency]);
  const unknown = unheard(page);
  const step = Number(search.get("step") ?? 0);
  const bars = useMemo(
    () => stepBars(barsOf(lines), step).filter((bar) => bar.kind !== "level" || bar.line.place !== unknown),
    [lines, step, unknown],
  );
  const named = (line: WaterfallLine) =>
    line.cause ? cause(line.cause, line.title) : t(`recon.level.${line.place as 0 | 2 | 4 | 6}`);
  const titles = useMemo(() => bars.map((bar) => named(bar.line)), [bars, t]);
  const before = useGet<ReconRunPage>("money", `/api/recon/runs/${page.before_id}`, part, {
    enabled: page.before_id !== null,
  }).data;
  const open = (line: WaterfallLine) => {
    const target = lineTarget(page, line, part);
    if (target) navigate(target);
  };
  const save = () => {
    const rows = lines.map((one) => [
      one.currency,
      one.cause ? "" : named(one),
      one.cause ? named(one) : "",
      one.cause,
      one.count,
      formatMoney({ currency: one.currency, amount_minor: one.amount_minor }).replace(/[^\d.-]/g, ""),
    ]);
    const heads = ["break.currency", "recon.waterfall", "break.cause", "recon.item", "recon.count", "recon.amount"] as const;
    saveText(`waterfall-${page.run.id}.csv`, toCsv(heads.map((each) => t(each)), rows), "text/csv;charset=utf-8");
  };
  return (
    <>
      <Levels lines={lines} currency={currency} unknown={unknown} />
      <Panel
        title={t("recon.waterfall")}
        testId="waterfall"
        extra={
          <div className="fh-recon-tools">
            <StepPick lines={lines} />
            <Parts page={page} currencies={currencies} currency={currency} />
            <Button size="small" icon={<DownloadOutlined />} onClick={save} data-testid="waterfall-export">
              CSV
            </Button>
          </div>
        }
      >
        <p className="fh-soft fh-tight">{t(axisOf(bars).cut ? "recon.axis" : "recon.axisWhole")}</p>
        <Suspense fallback={<div className="fh-waterfall-chart" />}>
          <Chart bars={bars} titles={titles} currency={currency} label={t("recon.chartLabel")} onOpen={open} />
        </Suspense>
        <WaterfallTable
          page={page}
          lines={lines}
          before={before}
          named={named}
          target={(line) => lineTarget(page, line, part)}
        />
      </Panel>
    </>
  );
}

function Levels({ lines, currency, unknown }: { lines: WaterfallLine[]; currency: string; unknown: number | null }) {
  const t = useT();
  const left = stepsOf(lines).reduce((all, step) => all + Math.abs(step.left), 0);
  return (
    <div className="fh-recon-levels" data-testid="levels">
      {([0, 2, 4, 6] as const).map((place) => {
        const level = place !== unknown && lines.find((one) => !one.cause && one.place === place);
        return (
          <div key={place} className="fh-recon-level">
            <small>{t(`recon.level.${place}`)}</small>
            {level ? (
              <b>
                <Amount currency={currency} minor={level.amount_minor} />
              </b>
            ) : (
              <b className="fh-blank">{t("recon.notCompared")}</b>
            )}
          </div>
        );
      })}
      <div className={left === 0 ? "fh-recon-level exact" : "fh-recon-level off"} data-testid="unexplained">
        <small>{t("recon.leftAll")}</small>
        <b>
          {left === 0 ? <CheckCircleOutlined /> : <WarningOutlined />} <Amount currency={currency} minor={left} />
        </b>
        <small>{t(left === 0 ? "recon.exact" : "recon.notExact")}</small>
      </div>
    </div>
  );
}

function StepPick({ lines }: { lines: WaterfallLine[] }) {
  const t = useT();
  const { params: search, put } = useAddress();
  const there = STEPS.filter((step) => lines.some((line) => line.place === step + 1));
  const pick = (value: string) => put({ step: value === "all" ? "" : value }, { replace: true });
  return (
    <Segmented
      size="small"
      value={search.get("step") ?? "all"}
      options={[
        { value: "all", label: t("recon.step.all") },
        ...there.map((step) => ({ value: String(step), label: t(`recon.step.${step}`) })),
      ]}
      onChange={pick}
      data-testid="step-pick"
    />
  );
}

function Parts({ page, currencies, currency }: { page: ReconRunPage; currencies: string[]; currency: string }) {
  const t = useT();
  const names = useNames();
  const { params: search, put } = useAddress();
  const set = (name: string, value: string | undefined) => put({ [name]: value }, { replace: true });
  const picks = [
    { name: "channel", label: t("break.channel"), codes: page.channels, title: names.channel },
    { name: "provider", label: t("break.provider"), codes: page.providers, title: names.provider },
  ];
  return (
    <>
      {currencies.length > 1 && (
        <Segmented
          size="small"
          options={currencies}
          value={currency}
          onChange={(value) => set("currency", value)}
          data-testid="currency"
        />
      )}
      {picks.map((pick) => (
        <Select
          key={pick.name}
          size="small"
          allowClear
          placeholder={`${pick.label}：${t("recon.filterAll")}`}
          popupMatchSelectWidth={false}
          style={{ minWidth: 130 }}
          value={search.get(pick.name) ?? undefined}
          options={pick.codes.map((code) => ({ value: code, label: pick.title(code) }))}
          onChange={(value?: string) => set(pick.name, value)}
          data-testid={`part-${pick.name}`}
        />
      ))}
    </>
  );
}
