/** Scorecards (记分卡): carriers, routes, shops over a span of days; every number leads to its parcels. */
import { DownloadOutlined } from "@ant-design/icons";
import { Button, DatePicker, Segmented, Skeleton } from "antd";
import dayjs from "dayjs";
import { withQuery } from "../../api/client";
import { useGet } from "../../api/queries";
import type { Card, CardRow, ScorePage } from "../../api/types";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { EmptyState } from "../../parts/EmptyState";
import { useAddress } from "../../parts/useAddress";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { FreshnessBar } from "../../parts/Freshness";
import { PageHead } from "../../parts/PageHead";
import { saveLink } from "../../table/download";
import { type Drill, Number, ShareCell, SpanCell } from "./cells";
import { ScoreDrawer } from "./ScoreDrawer";

const DIMS = ["carrier", "route", "shop"] as const;
const SPANS = [7, 30, 90] as const;

export function Scorecards() {
  const t = useT();
  const { params, put } = useAddress();
  const dim = DIMS.find((each) => each === params.get("dim")) ?? "carrier";
  const query = { dim, since: params.get("since") ?? "", until: params.get("until") ?? "" };
  const answer = useGet<ScorePage>("clocks", "/api/scorecards", query, { keep: true });
  const open = params.has("part")
    ? { a: params.get("a") ?? "", b: params.get("b") ?? "", part: params.get("part") ?? "all" }
    : null;
  return (
    <>
      <PageHead title={t("menu.scorecards")} note={t("score.intro")} actions={<FreshnessBar kind="carrier" />} />
      <Top dim={dim} query={query} page={answer.data} onPut={put} />
      {answer.isError && !answer.data && <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} page />}
      {answer.isPending && <Skeleton active paragraph={{ rows: 8 }} />}
      {answer.data && (
        <Cards page={answer.data} onDrill={(row, part) => put({ a: row.a || null, b: row.b || null, part })} />
      )}
      {open && (
        <ScoreDrawer
          key={`${dim}-${open.a}-${open.b}`}
          query={{ ...query, a: open.a, b: open.b }}
          part={open.part}
          onPart={(part) => put({ part })}
          onClose={() => put({ a: null, b: null, part: null })}
        />
      )}
    </>
  );
}

interface TopProps {
  dim: (typeof DIMS)[number];
  query: { dim: string; since: string; until: string };
  page: ScorePage | undefined;
  onPut: (part: Record<string, string | null>) => void;
}

function Top({ dim, query, page, onPut }: TopProps) {
  const t = useT();
  const { can } = useSession();
  const until = page?.until ?? "";
  const days = page ? dayjs(page.until).diff(dayjs(page.since), "day") + 1 : 30;
  const back = (count: number) =>
    onPut({ since: dayjs(until).subtract(count - 1, "day").format("YYYY-MM-DD"), until });
  return (
    <div className="fh-scores-top">
      <Segmented
        value={dim}
        options={DIMS.map((value) => ({
          value,
          label: <span data-testid={`dim-${value}`}>{t(`score.dim.${value}`)}</span>,
        }))}
        onChange={(next) => onPut({ dim: next === "carrier" ? null : next, a: null, b: null, part: null })}
      />
      <span className="fh-soft">{t("score.period")}</span>
      <DatePicker.RangePicker
        allowClear={false}
        value={page ? [dayjs(page.since), dayjs(page.until)] : null}
        onChange={(range) =>
          onPut({
            since: range?.[0]?.format("YYYY-MM-DD") ?? null,
            until: range?.[1]?.format("YYYY-MM-DD") ?? null,
          })
        }
      />
      {SPANS.map((count) => (
        <Button
          key={count}
          size="small"
          type={days === count ? "primary" : "default"}
          ghost={days === count}
          disabled={!page}
          onClick={() => back(count)}
          data-testid={`days-${count}`}
        >
          {t(`score.days${count}`)}
        </Button>
      ))}
      <span className="fh-grow" />
      {page && page.waiting > 0 && <span className="fh-soft">{t("score.waiting", { n: page.waiting })}</span>}
      {can("exports.create") &&
        (["csv", "xlsx"] as const).map((format) => (
          <Button
            key={format}
            icon={<DownloadOutlined />}
            onClick={() => saveLink(withQuery("/api/scorecards/export", { ...query, format }))}
            data-testid={`export-${format}`}
          >
            {t("list.export")} {format === "csv" ? "CSV" : "Excel"}
          </Button>
        ))}
    </div>
  );
}

function Cards({ page, onDrill }: { page: ScorePage; onDrill: (row: CardRow, part: string) => void }) {
  const t = useT();
  if (page.rows.length === 0) return <EmptyState title={t("score.none")} hint={t("score.noneHint")} />;
  const head = [
    t(`score.dim.${page.dim}`), t("score.shipments"), t("score.onTime"), t("score.pickup"), t("score.pickupInTime"),
    t("score.delivery"), t("score.total"), t("score.trouble"), t("score.silent"), t("score.lost"), t("score.returned"),
  ];
  return (
    <div className="fh-scores-wrap">
      <table className="fh-scores" data-testid="scorecard">
        <thead>
          <tr>
            {head.map((word) => (
              <th key={word}>{word}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {page.rows.length > 1 && (
            <tr className="total">
              <Line title={t("score.all")} card={page.total} onDrill={null} />
            </tr>
          )}
          {page.rows.map((row) => (
            <tr key={`${row.a}|${row.b}`} data-testid={`card-${row.a}${row.b ? `-${row.b}` : ""}`}>
              <Line title={row.title} card={row.card} onDrill={(part) => onDrill(row, part)} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Line({ title, card, onDrill }: { title: string; card: Card; onDrill: Drill | null }) {
  const t = useT();
  const pending = card.on_time_unknown
    ? t("score.pending", { n: card.on_time_unknown.toLocaleString("en-US") })
    : undefined;
  return (
    <>
      <td>
        <Number onClick={onDrill && (() => onDrill("all"))}>{title}</Number>
      </td>
      <td>
        <Number onClick={onDrill && (() => onDrill("all"))} testId="share-all">
          {card.shipments.toLocaleString("en-US")}
        </Number>
        <small>
          {t("score.part.delivered")} {card.delivered.toLocaleString("en-US")}
        </small>
      </td>
      <td>
        <ShareCell share={card.on_time} part="on_time" onDrill={onDrill} note={pending} />
      </td>
      <td>
        <SpanCell span={card.pickup} name="pickup" onDrill={onDrill} />
      </td>
      <td>
        <ShareCell share={card.pickup_in_time} part="pickup_known" onDrill={onDrill} />
      </td>
      <td>
        <SpanCell span={card.delivery} name="delivery" onDrill={onDrill} />
      </td>
      <td>
        <SpanCell span={card.total} name="total" onDrill={onDrill} />
      </td>
      {(["trouble", "silent", "lost", "returned"] as const).map((name) => (
        <td key={name}>
          <ShareCell share={card[name]} part={name} onDrill={onDrill} bad />
        </td>
      ))}
    </>
  );
}
