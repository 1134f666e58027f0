/** Today's flow by the hour: received, judged, set aside. The only chart, so ECharts is loaded only here. */
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { type EChartsType, init, use as register } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import type { FlowHour } from "../../api/types";
import { type Mode, useMode } from "../../app/theme";
import { type Translate, useT } from "../../i18n";
import { hourOfDay } from "../../logic/time";

register([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

const COLOURS: Record<Mode, { bars: string; line: string; aside: string; text: string; grid: string; card: string }> = {
  light: { bars: "#9db3ee", line: "#2f54c8", aside: "#c2410c", text: "#5b6475", grid: "#e7e9ef", card: "#ffffff" },
  dark: { bars: "#3d4f86", line: "#8ea6ff", aside: "#f0883e", text: "#9aa3b5", grid: "#262c38", card: "#1d222c" },
};

function options(hours: FlowHour[], mode: Mode, t: Translate) {
  const colour = COLOURS[mode];
  return {
    animation: false,
    grid: { left: 44, right: 12, top: 34, bottom: 24 },
    textStyle: { color: colour.text },
    legend: { top: 0, right: 0, itemHeight: 8, itemWidth: 14, textStyle: { color: colour.text } },
    tooltip: {
      trigger: "axis",
      backgroundColor: colour.card,
      borderColor: colour.grid,
      textStyle: { color: mode === "dark" ? "#e6e9f0" : "#1b2230", fontSize: 12 },
    },
    xAxis: {
      type: "category",
      data: hours.map((each) => `${hourOfDay(each.hour)}:00`),
      axisLine: { lineStyle: { color: colour.grid } },
      axisLabel: { color: colour.text },
      axisTick: { show: false },
    },
    yAxis: {
      type: "value",
      minInterval: 1,
      splitLine: { lineStyle: { color: colour.grid, type: "dashed" } },
      axisLabel: { color: colour.text },
    },
    series: [
      {
        name: t("bench.received"),
        type: "bar",
        barMaxWidth: 22,
        itemStyle: { color: colour.bars, borderRadius: [3, 3, 0, 0] },
        data: hours.map((each) => each.received),
      },
      {
        name: t("bench.judged"),
        type: "line",
        symbolSize: 5,
        lineStyle: { width: 2 },
        itemStyle: { color: colour.line },
        data: hours.map((each) => each.judged),
      },
      {
        name: t("bench.setAside"),
        type: "line",
        symbol: "diamond",
        symbolSize: 7,
        lineStyle: { width: 2, type: "dashed" },
        itemStyle: { color: colour.aside },
        data: hours.map((each) => each.set_aside),
      },
    ],
  };
}

export default function FlowChart({ hours }: { hours: FlowHour[] }) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);
  const mode = useMode();
  const t = useT();
  useEffect(() => {
    if (!box.current) return;
    const drawn = init(box.current);
    chart.current = drawn;
    const watcher = new ResizeObserver(() => drawn.resize());
    watcher.observe(box.current);
    return () => {
      watcher.disconnect();
      drawn.dispose();
      chart.current = null;
    };
  }, []);
  useEffect(() => chart.current?.setOption(options(hours, mode, t)), [hours, mode, t]);
  return <div ref={box} className="fh-chart" data-testid="flow-chart" role="img" aria-label={t("bench.today")} />;
}
