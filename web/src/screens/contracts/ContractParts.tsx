/** What one request to a carrier came to: its state, its finding, and letting it go. */
import { CheckCircleOutlined, ClockCircleOutlined, CloseCircleOutlined, StopOutlined, WarningOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Button, Popconfirm } from "antd";
import type { ReactNode } from "react";
import { api } from "../../api/client";
import { invalidate } from "../../api/queries";
import type { ContractRow } from "../../api/types-heartbeat";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { Flag } from "../../parts/Tags";
import { useAct } from "../../parts/useAct";

const MOODS: Record<ContractRow["state"], { mood: "ok" | "info" | "bad" | "mute"; icon: ReactNode }> = {
  asked: { mood: "info", icon: <ClockCircleOutlined /> },
  accepted: { mood: "ok", icon: <CheckCircleOutlined /> },
  refused: { mood: "bad", icon: <CloseCircleOutlined /> },
  withdrawn: { mood: "mute", icon: <StopOutlined /> },
};

export function ContractState({ row }: { row: ContractRow }) {
  const { mood, icon } = MOODS[row.state];
  return (
    <span title={row.error ?? ""}>
      <Flag mood={mood} icon={icon}>
        {row.state_title}
      </Flag>
      {row.error && <small className="fh-soft fh-clip">{row.error}</small>}
    </span>
  );
}

export function Finding({ row }: { row: ContractRow }) {
  if (!row.finding) return null;
  return (
    <span className="fh-clip" title={row.finding_words}>
      <Flag mood="warn" icon={<WarningOutlined />}>
        {row.finding_title}
      </Flag>{" "}
      <small className="fh-soft">{row.finding_words}</small>
    </span>
  );
}

export function WithdrawButton({ row }: { row: ContractRow }) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const { can } = useSession();
  if (!can("cases.rule") || row.state === "withdrawn") return null;
  const withdraw = () =>
    act(
      async () => {
        await api.post(`/api/contracts/${row.id}/withdraw`);
        invalidate(client, ["orders", "cases"]);
      },
      { done: t("contract.withdrawn") },
    );
  return (
    <Popconfirm title={t("contract.withdrawAsk")} onConfirm={withdraw}>
      <Button size="small" type="link" data-testid={`withdraw-${row.id}`}>
        {t("contract.withdraw")}
      </Button>
    </Popconfirm>
  );
}
