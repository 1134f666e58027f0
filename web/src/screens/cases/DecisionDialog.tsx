/** One ruling (人工裁定): what it will do, in words, and why; the reason is not optional. */
import { useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Input, Modal } from "antd";
import { type KeyboardEvent, useState } from "react";
import { ApiError, api } from "../../api/client";
import { invalidate } from "../../api/queries";
import type { CaseDetail, CaseRow, Decision } from "../../api/types";
import { useT, useTitle } from "../../i18n";
import { decideWord } from "../../logic/decisions";
import { useAct } from "../../parts/useAct";

interface Props {
  row: CaseRow;
  decision: Decision;
  onClose: () => void;
  onDone?: (row: CaseRow) => void;
}

export function DecisionDialog({ row, decision, onClose, onDone }: Props) {
  const t = useT();
  const title = useTitle();
  const act = useAct();
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async () => {
    setBusy(true);
    await act(
      async () => {
        try {
          const settled = await api.post<CaseDetail>(`/api/cases/${row.id}/ruling`, {
            decision,
            reason: reason.trim(),
          });
          if (settled) client.setQueryData(["cases", `/api/cases/${row.id}`, {}], settled);
          onDone?.(row);
        } catch (error) {
          if (!(error instanceof ApiError && error.status === 409)) throw error;
          invalidate(client, ["cases"]);
          onClose();
          throw error;
        }
        invalidate(client, ["cases", "orders", "workbench"]);
        onClose();
      },
      { done: t("decide.done", { id: row.id, what: t(decideWord(row.subject_kind, decision)) }) },
    );
    setBusy(false);
  };
  const params = {
    no: row.subject_label,
    ours: title("state", row.ours, row.ours_title),
    theirs: title("state", row.theirs, row.theirs_title),
  };
  return (
    <Modal
      open
      width={520}
      title={`#${row.id} ${t(decideWord(row.subject_kind, decision))}`}
      onCancel={onClose}
      onOk={submit}
      confirmLoading={busy}
      okText={t(decideWord(row.subject_kind, decision))}
      okButtonProps={{ disabled: !reason.trim(), "data-testid": "decide-confirm" }}
    >
      <Alert type="info" showIcon title={t(`${decideWord(row.subject_kind, decision)}.effect`, params)} className="fh-gap" />
      <ReasonInput
        decision={decision}
        kind={row.subject_kind}
        value={reason}
        onChange={setReason}
        onSubmit={() => reason.trim() && void submit()}
      />
    </Modal>
  );
}

interface ReasonProps {
  decision: Decision;
  kind?: string | null;
  value: string;
  onChange: (value: string) => void;
  onSubmit: () => void;
}

/** Usual reasons one click away; Ctrl+Enter confirms. */
export function ReasonInput({ decision, kind, value, onChange, onSubmit }: ReasonProps) {
  const t = useT();
  const press = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) onSubmit();
  };
  const usual = t(`${decideWord(kind, decision)}.usual`).split("|");
  return (
    <div className="fh-reason">
      <label htmlFor="fh-reason">{t("decide.reason")}</label>
      <Input.TextArea
        id="fh-reason"
        autoFocus
        rows={3}
        maxLength={500}
        showCount
        value={value}
        placeholder={t("decide.reasonNeeded")}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={press}
        data-testid="reason-input"
      />
      <div className="fh-usual">
        {usual.map((each) => (
          <Button key={each} size="small" onClick={() => onChange(value ? `${value} ${each}` : each)}>
            {each}
          </Button>
        ))}
      </div>
      <p className="fh-hint">{t("decide.keys")}</p>
    </div>
  );
}
