/** A finding's case, or the one click that makes it one (建工单); twice is once. */
import { PlusOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { App, Button } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { api } from "../../api/client";
import { invalidate } from "../../api/queries";
import type { CallbackFinding } from "../../api/types-callbacks";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { Blank } from "../../parts/Copyable";
import { useAct } from "../../parts/useAct";

interface Props {
  row: CallbackFinding;
  auditId: string;
  size?: "small" | "middle";
}

export function CaseCell({ row, auditId, size = "small" }: Props) {
  const t = useT();
  const { can } = useSession();
  const act = useAct();
  const client = useQueryClient();
  const { message } = App.useApp();
  const [busy, setBusy] = useState(false);
  if (row.case_id) {
    return (
      <Link to={`/cases/${row.case_id}`} data-testid={`case-of-${row.id}`}>
        {t("callback.openCase", { id: row.case_id })}
      </Link>
    );
  }
  if (!can("cases.rule", "cases.assign")) return <Blank />;
  const raise = async () => {
    setBusy(true);
    await act(async () => {
      const made = await api.post<{ case_id: string; fresh: boolean }>(
        `/api/callbacks/audits/${auditId}/findings/${row.id}/case`,
      );
      void message.success(t(made.fresh ? "callback.raised" : "callback.raisedBefore", { id: made.case_id }));
      invalidate(client, ["callbacks", "cases", "workbench"]);
    });
    setBusy(false);
  };
  return (
    <Button size={size} icon={<PlusOutlined />} loading={busy} onClick={raise} data-testid={`raise-${row.id}`}>
      {t("callback.raise")}
    </Button>
  );
}
