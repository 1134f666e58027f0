/** One card: how its times spread, day by day, and the parcels behind the number that was clicked. */
import { DownloadOutlined, WarningOutlined } from "@ant-design/icons";
import { Button, Drawer, Pagination, Select, Skeleton, Table } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { withQuery } from "../../api/client";
import { useGet } from "../../api/queries";
import type { CardDetail, Page, ScoredShipment } from "../../api/types";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { durationWords } from "../../logic/time";
import { Blank, Copyable } from "../../parts/Copyable";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { Panel } from "../../parts/Panel";
import { Flag, StateTag } from "../../parts/Tags";
import { useUnits } from "../../parts/Values";
import { saveLink } from "../../table/download";
import { percent } from "./cells";

const PARTS = [
  "all",
  "on_time",
  "late",
  "promise_unknown",
  "pickup_late",
  "pickup_known",
  "pickup_unknown",
  "delivery_known",
  "delivery_unknown",
  "total_known",
  "total_unknown",
  "delivered",
  "trouble",
  "silent",
  "lost",
  "returned",
] as const;
const SIZE = 20;

interface Props {
  query: { dim: string; since: string; until: string; a: string; b: string };
  part: string;
  onPart: (part: string) => void;
  onClose: () => void;
}

export function ScoreDrawer({ query, part, onPart, onClose }: Props) {
  const { data } = useGet<CardDetail>("clocks", "/api/scorecards/card", query, { keep: true });
  return (
    <Drawer open onClose={onClose} size={980} title={data?.title ?? ""}>
      <div className="fh-detail" data-testid="score-drawer">
        {data ? <Spreads detail={data} /> : <Skeleton active paragraph={{ rows: 2 }} />}
        <Behind query={query} part={part} onPart={onPart} />
        {data && <Days detail={data} />}
      </div>
    </Drawer>
  );
}

function Spreads({ detail }: { detail: CardDetail }) {
  const t = useT();
  const units = useUnits();
  const words = (seconds: number | null) => (seconds === null ? "—" : durationWords(seconds - (seconds % 60), units));
  return (
    <div className="fh-spreads">
      {(["pickup", "delivery", "total"] as const).map((name) => (
        <Panel key={name} title={t(`score.${name}`)}>
          <span className="fh-two-lines">
            <span>
              {t("score.half")} <b>{words(detail[name].half)}</b>
            </span>
            <span>
              {t("score.most")} <b>{words(detail[name].most)}</b>
            </span>
          </span>
        </Panel>
      ))}
    </div>
  );
}

function Behind({ query, part, onPart }: Omit<Props, "onClose">) {
  const t = useT();
  const { can } = useSession();
  const units = useUnits();
  const [page, setPage] = useState({ part, at: 1 });
  const at = page.part === part ? page.at : 1;
  const asked = { ...query, part };
  const path = "/api/scorecards/shipments";
  const answer = useGet<Page<ScoredShipment>>("clocks", path, { ...asked, page: at, size: SIZE }, { keep: true });
  const took = (seconds: number | null) =>
    seconds === null ? <Blank /> : durationWords(seconds - (seconds % 60), units);
  return (
    <Panel
      title={t("score.behind")}
      extra={
        <>
          <Select
            value={part}
            popupMatchSelectWidth={false}
            options={PARTS.map((value) => ({ value, label: t(`score.part.${value}`) }))}
            onChange={onPart}
            data-testid="score-part"
          />
          {can("exports.create") && (
            <Button
              size="small"
              icon={<DownloadOutlined />}
              onClick={() => saveLink(withQuery(`${path}/export`, { ...asked, format: "xlsx" }))}
            >
              {t("list.export")}
            </Button>
          )}
        </>
      }
    >
      {answer.isError && !answer.data ? (
        <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />
      ) : (
        <Table<ScoredShipment>
          rowKey="id"
          size="small"
          loading={answer.isPending}
          dataSource={answer.data?.items ?? []}
          pagination={false}
          scroll={{ x: "max-content" }}
          locale={{ emptyText: <EmptyState title={t("list.empty")} /> }}
          onRow={(row) => ({ "data-testid": `scored-${row.id}` }) as object}
          columns={[
            {
              key: "tracking",
              title: t("menu.shipments"),
              width: 170,
              render: (_, row) => (
                <Copyable text={row.tracking_no}>
                  <Link to={`/shipments/${row.id}`}>{row.tracking_no}</Link>
                </Copyable>
              ),
            },
            { key: "day", title: t("score.period"), width: 96, render: (_, row) => row.day },
            { key: "route", title: t("score.route"), width: 130, render: (_, row) => row.route },
            {
              key: "state",
              title: t("shipment.state"),
              width: 120,
              render: (_, row) => <StateTag state={row.state} title={row.state_title} />,
            },
            { key: "pickup", title: t("score.pickup"), width: 96, render: (_, row) => took(row.pickup_seconds) },
            { key: "delivery", title: t("score.delivery"), width: 96, render: (_, row) => took(row.delivery_seconds) },
            { key: "total", title: t("score.total"), width: 110, render: (_, row) => took(row.total_seconds) },
            { key: "signed", title: t("score.signed"), width: 100, render: (_, row) => row.on_time },
            {
              key: "flags",
              title: "",
              width: 90,
              render: (_, row) =>
                (row.trouble || row.silent) && (
                  <Flag mood="bad" icon={<WarningOutlined />}>
                    {t(row.silent ? "score.part.silent" : "score.part.trouble")}
                  </Flag>
                ),
            },
          ]}
        />
      )}
      {answer.data && answer.data.total > SIZE && (
        <Pagination
          className="fh-actions"
          size="small"
          current={at}
          pageSize={SIZE}
          total={answer.data.total}
          showSizeChanger={false}
          showTotal={(all) => t("list.total", { n: `${all.toLocaleString("en-US")}${answer.data?.capped ? "+" : ""}` })}
          onChange={(next) => setPage({ part, at: next })}
        />
      )}
    </Panel>
  );
}

function Days({ detail }: { detail: CardDetail }) {
  const t = useT();
  const units = useUnits();
  const took = (seconds: number | null) => (seconds === null ? "—" : durationWords(seconds - (seconds % 60), units));
  const share = (bp: number | null) => (bp === null ? "—" : percent(bp));
  return (
    <Panel title={t("score.byDay")}>
      <table className="fh-trial" data-testid="score-days">
        <thead>
          <tr>
            <th>{t("score.period")}</th>
            <th>{t("score.shipments")}</th>
            <th>{t("score.onTime")}</th>
            <th>{t("score.pickup")}</th>
            <th>{t("score.delivery")}</th>
            <th>{t("score.total")}</th>
            <th>{t("score.trouble")}</th>
          </tr>
        </thead>
        <tbody>
          {[...detail.days].reverse().map(({ day, card }) => (
            <tr key={day}>
              <td>{day}</td>
              <td>{card.shipments.toLocaleString("en-US")}</td>
              <td>{share(card.on_time.bp)}</td>
              <td>{took(card.pickup.seconds)}</td>
              <td>{took(card.delivery.seconds)}</td>
              <td>{took(card.total.seconds)}</td>
              <td>{share(card.trouble.bp)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
