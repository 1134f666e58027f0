/** Small parts of clocks: how one stands, what it may cost, what history says of it. */
import {
  CheckCircleOutlined,
  ClockCircleOutlined,
  CloseCircleOutlined,
  FieldTimeOutlined,
  MinusCircleOutlined,
  QuestionCircleOutlined,
} from "@ant-design/icons";
import { Tooltip } from "antd";
import type { ReactNode } from "react";
import type { ClockItem, ClockOutcome, Money } from "../../api/types";
import { useT, useTitle } from "../../i18n";
import { formatMoney } from "../../logic/money";
import { durationWords } from "../../logic/time";
import { Blank } from "../../parts/Copyable";
import { Flag } from "../../parts/Tags";
import { DueText, TimeText, useUnits } from "../../parts/Values";

type Mood = "ok" | "warn" | "bad" | "mute" | "info";

const LOOKS: Record<ClockOutcome, { mood: Mood; icon: ReactNode }> = {
  running: { mood: "info", icon: <ClockCircleOutlined /> },
  breached: { mood: "bad", icon: <CloseCircleOutlined /> },
  lapsed: { mood: "bad", icon: <QuestionCircleOutlined /> },
  in_time: { mood: "ok", icon: <CheckCircleOutlined /> },
  late: { mood: "warn", icon: <FieldTimeOutlined /> },
  done: { mood: "ok", icon: <CheckCircleOutlined /> },
  unknown: { mood: "mute", icon: <QuestionCircleOutlined /> },
  void: { mood: "mute", icon: <MinusCircleOutlined /> },
};

export function OutcomeTag({ row }: { row: ClockItem }) {
  const title = useTitle();
  const t = useT();
  if (row.at_risk) {
    return (
      <Flag mood="warn" icon={<FieldTimeOutlined />}>
        {t("clock.atRisk")}
      </Flag>
    );
  }
  return (
    <Flag mood={LOOKS[row.outcome].mood} icon={LOOKS[row.outcome].icon}>
      {title("clock.outcome", row.outcome)}
    </Flag>
  );
}

export function LeftText({ row }: { row: ClockItem }) {
  const t = useT();
  const over = row.outcome !== "running" && row.outcome !== "breached" && row.outcome !== "lapsed";
  if (!over) return <DueText at={row.due_at} />;
  if (!row.done_at) return <Blank />;
  return (
    <span>
      {!row.exact && <small className="fh-soft">{t("clock.notExact")} </small>}
      <TimeText at={row.done_at} />
    </span>
  );
}

/** What a breach costs: nothing, so much, or nobody told. */
export function RiskText({ risk, asked }: { risk: Money | null; asked: boolean }) {
  const t = useT();
  if (!asked) return <Blank />;
  if (!risk) return <span className="fh-soft">{t("clock.riskUnknown")}</span>;
  return risk.amount_minor === 0 ? <Blank /> : <span className="fh-money">{formatMoney(risk)}</span>;
}

export function ForecastText({ row }: { row: ClockItem }) {
  const t = useT();
  const units = useUnits();
  const { forecast } = row;
  if (row.outcome !== "running" && row.outcome !== "breached") return <Blank />;
  if (!forecast) return <span className="fh-soft">{t("clock.forecastUnknown")}</span>;
  const late = forecast.late_seconds ?? 0;
  const what =
    forecast.likely_at === null
      ? t("clock.beyond")
      : late > 0
        ? t("clock.late", { d: durationWords(late, units, 1) })
        : t("clock.inTime");
  return (
    <Tooltip title={t("clock.restsOn", { n: forecast.cases, scope: forecast.scope_title })}>
      <span className="fh-two-lines">
        <span className={late > 0 || forecast.likely_at === null ? "fh-due-soon" : ""}>
          {what}
          {forecast.late_percent !== null && ` · ${t("clock.latePercent", { p: forecast.late_percent })}`}
        </span>
        <small>{t("clock.restsOn", { n: forecast.cases, scope: forecast.scope_title })}</small>
      </span>
    </Tooltip>
  );
}
