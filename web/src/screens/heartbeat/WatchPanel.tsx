/** One parcel's heartbeat and contract: when it was asked, what came back, what the carrier promised. */
import { BellOutlined, CheckCircleOutlined, CloseCircleOutlined, MinusCircleOutlined, NotificationOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Button, Skeleton } from "antd";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { ApiError, api } from "../../api/client";
import { invalidate, useGet } from "../../api/queries";
import type { ContractRow, Pulse, WatchPage } from "../../api/types-heartbeat";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { Facts } from "../../parts/Facts";
import { Flag } from "../../parts/Tags";
import { useAct } from "../../parts/useAct";
import { AgoText, TimeText } from "../../parts/Values";
import { ContractTable } from "../contracts/ContractTable";
import { SilentTag } from "./SilentTag";

export function WatchPanel({ shipmentId }: { shipmentId: string }) {
  const t = useT();
  const answer = useGet<WatchPage>("orders", `/api/shipments/${shipmentId}/watch`);
  const contracts = useGet<ContractRow[]>("orders", `/api/shipments/${shipmentId}/contracts`);
  const missing = answer.error instanceof ApiError && answer.error.status === 404;
  return (
    <div className="fh-watch" data-testid="watch-panel">
      {answer.isError && !missing && <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />}
      {missing && <EmptyState title={t("beat.notWatched")} hint={t("beat.notWatchedHint")} />}
      {answer.isPending && <Skeleton active />}
      {answer.data && <Watch watch={answer.data} />}
      <h3>{t("contract.ofOrder")}</h3>
      {contracts.data && <ContractTable rows={contracts.data} />}
      {contracts.data && answer.data?.source && !contracts.data.some(isSubscription) && (
        <SubscribeButton shipmentId={shipmentId} />
      )}
    </div>
  );
}

function isSubscription(row: ContractRow): boolean {
  return row.act === "track.subscribe" && (row.state === "asked" || row.state === "accepted");
}

function Watch({ watch }: { watch: WatchPage }) {
  const t = useT();
  return (
    <>
      <Facts
        items={[
          {
            key: "standing",
            label: t("beat.standing"),
            children:
              watch.phase === "stopped" ? (
                <Flag mood="mute">{watch.stopped_title}</Flag>
              ) : watch.silent_since ? (
                <>
                  <SilentTag /> {watch.case_id && <Link to={`/cases/${watch.case_id}`}>{t("beat.openCase")}</Link>}
                </>
              ) : (
                t("beat.progress", { n: watch.empties, of: watch.alert_after })
              ),
          },
          { key: "track", label: t("beat.track"), children: <code>{watch.track_id}</code> },
          { key: "source", label: t("beat.askedOf"), children: watch.source_title || t("beat.nobody") },
          ...(watch.asks_no ? [{ key: "no", label: t("beat.follows"), children: <code>{watch.asks_no}</code> }] : []),
          { key: "answered", label: t("beat.answeredAt"), children: <AgoText at={watch.answered_at} /> },
          { key: "news", label: t("beat.newsAt"), children: <TimeText at={watch.news_at} /> },
          { key: "due", label: t("beat.dueAt"), children: <TimeText at={watch.due_at} /> },
          ...(watch.last_error
            ? [{ key: "error", label: t("beat.lastError"), children: <span className="fh-bad">{watch.last_error}</span> }]
            : []),
        ]}
      />
      <h3>{t("beat.recent")}</h3>
      {watch.recent.length === 0 ? (
        <EmptyState title={t("beat.noPolls")} />
      ) : (
        <ul className="fh-pulses">
          {watch.recent.map((each) => (
            <PulseCard key={each.at} pulse={each} />
          ))}
        </ul>
      )}
    </>
  );
}

const LOOKS: Record<Pulse["outcome"], { mood: "ok" | "warn" | "bad" | "mute"; icon: ReactNode }> = {
  news: { mood: "ok", icon: <CheckCircleOutlined /> },
  empty: { mood: "warn", icon: <BellOutlined /> },
  error: { mood: "bad", icon: <CloseCircleOutlined /> },
  answered: { mood: "mute", icon: <MinusCircleOutlined /> },
};

function PulseCard({ pulse }: { pulse: Pulse }) {
  const t = useT();
  const { mood, icon } = LOOKS[pulse.outcome];
  return (
    <li>
      <Flag mood={mood} icon={icon}>
        {pulse.outcome_title}
      </Flag>
      <div>
        <TimeText at={pulse.at} />
      </div>
      <div>
        {pulse.events !== null && t("beat.events", { n: pulse.events })}
        {pulse.message_id && (
          <>
            {" · "}
            <Link to={`/inbox?open=${pulse.message_id}`}>{t("beat.raw", { id: pulse.message_id })}</Link>
          </>
        )}
      </div>
    </li>
  );
}

function SubscribeButton({ shipmentId }: { shipmentId: string }) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const { can } = useSession();
  if (!can("cases.rule")) return null;
  const subscribe = () =>
    act(
      async () => {
        await api.post(`/api/shipments/${shipmentId}/subscribe`);
        invalidate(client, ["orders"]);
      },
      { done: t("contract.subscribed") },
    );
  return (
    <Button icon={<NotificationOutlined />} onClick={subscribe} data-testid="subscribe">
      {t("contract.subscribe")}
    </Button>
  );
}
