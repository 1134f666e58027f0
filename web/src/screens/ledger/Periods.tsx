/** Months (会计期间): closed and re-opened by two, with a reason, on record. */
import { CheckOutlined, LockOutlined, UnlockOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Button, Popover, Skeleton } from "antd";
import { useState } from "react";
import { api } from "../../api/client";
import { useGet } from "../../api/queries";
import type { Period, PeriodChange } from "../../api/types-ledger";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { Panel } from "../../parts/Panel";
import { Flag } from "../../parts/Tags";
import { useAct } from "../../parts/useAct";
import { CountText, TimeText } from "../../parts/Values";
import { NoteDialog } from "../../parts/declaration/NoteDialog";
import { ExportMenu } from "./ExportMenu";

export function Periods() {
  const t = useT();
  const answer = useGet<Period[]>("money", "/api/ledger/periods");
  if (answer.isError && !answer.data) return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />;
  if (!answer.data) return <Skeleton active />;
  if (answer.data.length === 0) return <EmptyState title={t("ledger.noPeriod")} hint={t("ledger.emptyHint")} />;
  return (
    <Panel>
      <ul className="fh-periods" data-testid="periods">
        {answer.data.map((period) => (
          <Month key={period.name} period={period} />
        ))}
      </ul>
    </Panel>
  );
}

function Month({ period }: { period: Period }) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const { can } = useSession();
  const [asking, setAsking] = useState(false);
  const action = period.status === "open" ? "close" : "reopen";
  const path = `/api/ledger/periods/${period.name}`;
  const during = (work: () => Promise<unknown>, done: string) =>
    act(
      async () => {
        await work();
        await client.invalidateQueries({ queryKey: ["money"] });
      },
      { done },
    );
  const ask = async (reason: string) => {
    const worked = await during(() => api.post(`${path}/wish`, { action, reason }), t("period.asked"));
    if (worked) setAsking(false);
    return worked;
  };
  return (
    <li data-testid={`period-${period.name}`}>
      <b className="fh-number">{period.name}</b>
      <Flag
        mood={period.status === "open" ? "info" : "ok"}
        icon={period.status === "open" ? <UnlockOutlined /> : <LockOutlined />}
      >
        {t(`period.status.${period.status}`)}
      </Flag>
      <span className="fh-soft">
        {t("period.vouchers")} <CountText count={period.vouchers} />
      </span>
      {period.wish && (
        <span className="fh-wish" data-testid="wish">
          {t(`period.waits.${period.wish}`, { who: period.asked_by ?? "", reason: period.reason ?? "" })}
        </span>
      )}
      <span className="fh-grow" />
      {period.wish && can("money.approve") && (
        <>
          {!period.asked_by_me && (
            <Button
              type="primary"
              size="small"
              icon={<CheckOutlined />}
              onClick={() => void during(() => api.post(`${path}/approve`), t("period.done"))}
              data-testid="approve"
            >
              {t("period.approve")}
            </Button>
          )}
          <Button size="small" onClick={() => void during(() => api.delete(`${path}/wish`), t("period.done"))}>
            {t(period.asked_by_me ? "period.withdraw" : "period.refuse")}
          </Button>
        </>
      )}
      {!period.wish && can("money.approve") && (
        <Button size="small" onClick={() => setAsking(true)} data-testid={`ask-${action}`}>
          {t(`period.${action}`)}
        </Button>
      )}
      <History period={period.name} />
      <ExportMenu period={period.name} />
      {asking && (
        <NoteDialog
          title={`${t(`period.${action}`)} ${period.name}`}
          hint={t(`period.${action}Hint`)}
          okText={t(`period.${action}`)}
          onOk={ask}
          onClose={() => setAsking(false)}
        />
      )}
    </li>
  );
}

function History({ period }: { period: string }) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const answer = useGet<PeriodChange[]>("money", `/api/ledger/periods/${period}/history`, {}, { enabled: open });
  const content = answer.data?.length ? (
    <ol className="fh-history">
      {answer.data.map((each) => (
        <li key={each.at}>
          <b>{t(`period.action.${each.action}`)}</b> <TimeText at={each.at} />
          <p>
            {t("period.historyLine", { asked: each.asked_by, approved: each.approved_by, reason: each.reason })}
          </p>
        </li>
      ))}
    </ol>
  ) : (
    <EmptyState title={t("history.none")} />
  );
  return (
    <Popover content={content} trigger="click" open={open} onOpenChange={setOpen}>
      <Button size="small" type="text">
        {t("period.history")}
      </Button>
    </Popover>
  );
}
