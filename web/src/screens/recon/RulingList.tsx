/** Rulings (人工裁定): those that wait for a second person first; whoever proposed one sees why he may not approve it. */
import { CheckOutlined, CloseOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Button, Popconfirm, Skeleton, Tooltip } from "antd";
import { Link } from "react-router";
import { api } from "../../api/client";
import { useGet } from "../../api/queries";
import type { Ruling } from "../../api/types-recon";
import { useSession } from "../../app/session";
import { useT, useTitle } from "../../i18n";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { Panel } from "../../parts/Panel";
import { Flag } from "../../parts/Tags";
import { useAct } from "../../parts/useAct";
import { TimeText } from "../../parts/Values";
import { Amount } from "./parts";

const MOODS = { proposed: "warn", approved: "ok", rejected: "mute", withdrawn: "mute" } as const;

export function RulingList() {
  const t = useT();
  const answer = useGet<Ruling[]>("money", "/api/recon/rulings");
  if (answer.isError && !answer.data) return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />;
  if (!answer.data) return <Skeleton active />;
  if (answer.data.length === 0) return <EmptyState title={t("ruling.none")} hint={t("ruling.noneHint")} />;
  const sorted = [...answer.data].sort((a, b) => Number(b.status === "proposed") - Number(a.status === "proposed"));
  return (
    <Panel>
      <ol className="fh-history" data-testid="rulings">
        {sorted.map((each) => (
          <RulingLine key={each.id} ruling={each} />
        ))}
      </ol>
    </Panel>
  );
}

export function RulingLine({ ruling }: { ruling: Ruling }) {
  const t = useT();
  return (
    <li data-testid={`ruling-${ruling.status}`}>
      <div>
        <Flag mood={MOODS[ruling.status]}>{t(`ruling.status.${ruling.status}`)}</Flag>
        <b>{t(`ruling.${ruling.act}`)}</b>
        <Subject ruling={ruling} />
        <span className="fh-grow" />
        {ruling.status === "proposed" && <Decide ruling={ruling} />}
      </div>
      <p>{ruling.reason}</p>
      <small className="fh-soft">
        {t("ruling.by")} {ruling.proposed_by} · <TimeText at={ruling.proposed_at} />
        {ruling.decided_by && (
          <>
            {"　"}
            {t("ruling.decidedBy")} {ruling.decided_by} · <TimeText at={ruling.decided_at} />
          </>
        )}
      </small>
    </li>
  );
}

function Subject({ ruling }: { ruling: Ruling }) {
  const words = useTitle();
  if (ruling.break_id) {
    return (
      <>
        <Link to={`/recon/breaks?status=all&open=${ruling.break_id}`}>
          {ruling.cause_title} {ruling.number}
        </Link>
        <Amount currency={ruling.currency} minor={ruling.amount_minor} plus />
      </>
    );
  }
  const number = ruling.body.order_no ?? "";
  return (
    <span>
      {words("document", ruling.body.kind)} {ruling.body.id}
      {ruling.act === "match" && number && (
        <>
          {" → "}
          <Link to={`/trace?number=${encodeURIComponent(number)}`}>{number}</Link>
        </>
      )}
    </span>
  );
}

function Decide({ ruling }: { ruling: Ruling }) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const { can } = useSession();
  if (!can("money.reconcile")) return null;
  const decide = (approve: boolean) =>
    act(
      async () => {
        await api.post(`/api/recon/rulings/${ruling.id}/decision`, { approve });
        await client.invalidateQueries({ queryKey: ["money"] });
      },
      { done: t(approve ? "ruling.approved" : "ruling.rejected") },
    );
  if (ruling.own) {
    return (
      <>
        <span className="fh-soft" data-testid="ruling-own">
          {t("ruling.own")}
        </span>
        <Tooltip title={t("ruling.own")}>
          <Button size="small" disabled icon={<CheckOutlined />}>
            {t("ruling.approve")}
          </Button>
        </Tooltip>
      </>
    );
  }
  return (
    <>
      <Popconfirm title={`${t("ruling.reject")}?`} onConfirm={() => void decide(false)}>
        <Button size="small" icon={<CloseOutlined />} data-testid="ruling-reject">
          {t("ruling.reject")}
        </Button>
      </Popconfirm>
      <Button
        size="small"
        type="primary"
        icon={<CheckOutlined />}
        onClick={() => void decide(true)}
        data-testid="ruling-approve"
      >
        {t("ruling.approve")}
      </Button>
    </>
  );
}
