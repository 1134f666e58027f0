/** The waterfall drawn (对账瀑布图): levels as columns, causes floating between them; a bar leads to its breaks. */
import { CustomChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { type EChartsType, init, use as register } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import type { WaterfallLine } from "../../api/types-recon";
import { type Mode, useMode } from "../../app/theme";
import { useT } from "../../i18n";
import { formatMoney } from "../../logic/money";
import { axisOf, type Bar } from "../../logic/waterfall";

register([CustomChart, GridComponent, TooltipComponent, CanvasRenderer]);

const COLOURS: Record<Mode, Record<Bar["kind"] | "text" | "soft" | "grid" | "card", string>> = {
  light: {
    level: "#2f54c8",
    fault: "#d64545",
    normal: "#8b95a8",
    text: "#1b2230",
    soft: "#5b6475",
    grid: "#e7e9ef",
    card: "#ffffff",
  },
  dark: {
    level: "#6d88f0",
    fault: "#e26a6a",
    normal: "#7d879b",
    text: "#e6e9f0",
    soft: "#9aa3b5",
    grid: "#262c38",
    card: "#1d222c",
  },
};
const BAR_PIXELS = 60;
const WIDEST_BAR = 46;

interface Props {
  bars: Bar[];
  titles: string[];
  currency: string;
  label: string;
  onOpen: (line: WaterfallLine) => void;
}

interface Api {
  value: (at: number) => number;
  coord: (point: [number, number]) => [number, number];
  size: (extent: [number, number]) => [number, number];
}

/** The sign of the currency stands in the heading; a bar has no room for it. */
const short = (bar: Bar, currency: string) => signed(bar, currency).replace(/[^\d.,+-]/g, "");

const signed = (bar: Bar, currency: string) =>
  `${bar.kind !== "level" && bar.line.amount_minor > 0 ? "+" : ""}${formatMoney({ currency, amount_minor: bar.line.amount_minor })}`;

function drawn(bars: Bar[], currency: string, mode: Mode, min: number) {
  const colour = COLOURS[mode];
  return (params: { dataIndex: number }, api: Api) => {
    const bar = bars[params.dataIndex];
    if (!bar) return null;
    const [from, to] = bar.kind === "level" ? [Math.max(min, Math.min(0, bar.to)), bar.to] : [bar.from, bar.to];
    const [x, y1] = api.coord([params.dataIndex, Math.max(from, to)]);
    const [, y2] = api.coord([params.dataIndex, Math.min(from, to)]);
    const width = Math.min(WIDEST_BAR, api.size([1, 0])[0] * 0.66);
    return {
      type: "group",
      children: [
        {
          type: "rect",
          shape: { x: x - width / 2, y: y1, width, height: Math.max(2, y2 - y1), r: 2 },
          style: { fill: colour[bar.kind] },
        },
        {
          type: "text",
          style: {
            text: short(bar, currency),
            x,
            y: y1 - 6,
            align: "center",
            verticalAlign: "bottom",
            fill: bar.kind === "fault" ? colour.fault : colour.text,
            font: "11px sans-serif",
          },
        },
      ],
    };
  };
}

/** Four signs a line, so that neighbours do not touch. */
function folded(title: string): string {
  return (title.match(/.{1,4}/gu) ?? [title]).join("\n");
}

function options({ bars, titles, currency }: Props, mode: Mode) {
  const colour = COLOURS[mode];
  const { min, max } = axisOf(bars);
  return {
    animation: false,
    grid: { left: 12, right: 12, top: 26, bottom: 56 },
    tooltip: {
      trigger: "item",
      backgroundColor: colour.card,
      borderColor: colour.grid,
      textStyle: { color: colour.text, fontSize: 12 },
      formatter: ({ dataIndex }: { dataIndex: number }) => {
        const bar = bars[dataIndex];
        return bar ? `${titles[dataIndex]}<br/><b>${signed(bar, currency)}</b>　${bar.line.count.toLocaleString("en-US")}` : "";
      },
    },
    xAxis: {
      type: "category",
      data: titles.map(folded),
      axisLine: { lineStyle: { color: colour.grid } },
      axisTick: { show: false },
      axisLabel: { color: colour.soft, interval: 0, fontSize: 11, lineHeight: 14 },
    },
    yAxis: {
      type: "value",
      min,
      max,
      axisLabel: { show: false },
      splitLine: { lineStyle: { color: colour.grid, type: "dashed" } },
    },
    series: [
      {
        type: "custom",
        renderItem: drawn(bars, currency, mode, min),
        encode: { x: 0, y: [1, 2] },
        data: bars.map((bar, at) => [at, bar.from, bar.to]),
        cursor: "pointer",
      },
    ],
  };
}

export default function WaterfallChart(props: Props) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const mode = useMode();
  const t = useT();
  useEffect(() => {
    if (!box.current) return;
    const made = init(box.current);
    chart.current = made;
    made.on("click", ({ dataIndex }) => {
      const bar = dataIndex === undefined ? undefined : latest.current.bars[dataIndex];
      if (bar) latest.current.onOpen(bar.line);
    });
    const watcher = new ResizeObserver(() => made.resize());
    watcher.observe(box.current);
    return () => {
      watcher.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, []);
  useEffect(
    () => chart.current?.setOption(options(props, mode) as never, { notMerge: true }),
    [props.bars, props.titles, props.currency, mode, t],
  );
  return (
    <div className="fh-waterfall-scroll">
      <div
        ref={box}
        className="fh-waterfall-chart"
        style={{ minWidth: props.bars.length * BAR_PIXELS }}
        data-testid="waterfall-chart"
        role="img"
        aria-label={props.label}
      />
    </div>
  );
}
