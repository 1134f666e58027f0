/** Approve or refuse many: asked first what that would be, said in full, and only exactly that is decided. */
import { CheckOutlined, CloseOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Checkbox, Input, Modal, Skeleton, Tooltip } from "antd";
import { useState } from "react";
import { api } from "../../api/client";
import { invalidate, useGet } from "../../api/queries";
import type { DecisionSum } from "../../api/types-compensation";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { formatMoney } from "../../logic/money";
import type { Selection } from "../../logic/selection";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { useAct } from "../../parts/useAct";

interface Props {
  selection: Selection;
  onDone: () => void;
  /** The one row is the person's own: nothing to decide here. */
  own?: boolean;
}

export function DecideButtons({ selection, onDone, own = false }: Props) {
  const t = useT();
  const { can } = useSession();
  const [approve, setApprove] = useState<boolean | null>(null);
  const why = own ? t("comp.ownOne") : can("money.approve") ? "" : t("comp.noRight");
  const button = (yes: boolean) => (
    <Tooltip title={why}>
      <Button
        size="small"
        type={yes ? "primary" : "default"}
        icon={yes ? <CheckOutlined /> : <CloseOutlined />}
        disabled={why !== ""}
        onClick={() => setApprove(yes)}
        data-testid={yes ? "compensation-approve" : "compensation-refuse"}
      >
        {t(yes ? "comp.approve" : "comp.refuse")}
      </Button>
    </Tooltip>
  );
  return (
    <span className="fh-comp-buttons">
      {button(true)} {button(false)}
      {why && <span className="fh-soft">{why}</span>}
      {approve !== null && (
        <DecideDialog
          approve={approve}
          selection={selection}
          onClose={() => setApprove(null)}
          onDone={() => {
            setApprove(null);
            onDone();
          }}
        />
      )}
    </span>
  );
}

interface DialogProps {
  approve: boolean;
  selection: Selection;
  onClose: () => void;
  onDone: () => void;
}

function DecideDialog({ approve, selection, onClose, onDone }: DialogProps) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const [sure, setSure] = useState(false);
  const [busy, setBusy] = useState(false);
  const ids = selection.mode === "ids" ? [...selection.ids] : [];
  const filter = selection.mode === "ids" ? { tab: "proposed" } : selection.filter;
  const answer = useGet<DecisionSum>("money", "/api/compensations/deciding", {
    ...filter,
    ...(ids.length ? { ids: ids.join(",") } : {}),
  });
  const { data } = answer;
  const sum = data ? sumWords(data.amounts) : "";
  const ready = Boolean(data?.count) && sure && (approve || reason.trim() !== "");
  const run = async () => {
    if (!data) return;
    setBusy(true);
    const worked = await act(
      async () => {
        await api.post("/api/compensations/decision", {
          approve,
          count: data.count,
          amounts: data.amounts,
          reason: reason.trim(),
          ids,
          filter,
        });
        invalidate(client, ["money", "workbench"]);
      },
      { done: t("comp.done", { n: data.count }) },
    );
    setBusy(false);
    if (worked) onDone();
  };
  return (
    <Modal
      open
      width={560}
      title={t(approve ? "comp.approveTitle" : "comp.refuseTitle")}
      onCancel={onClose}
      onOk={() => void run()}
      confirmLoading={busy}
      okText={t(approve ? "comp.go.approve" : "comp.go.refuse", { n: data?.count ?? 0 })}
      okButtonProps={{ disabled: !ready, danger: !approve, "data-testid": "compensation-confirm" }}
    >
      {answer.isError && <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />}
      {answer.isPending && <Skeleton active paragraph={{ rows: 3 }} />}
      {data && (
        <div className="fh-comp-deciding" data-testid="compensation-deciding">
          <Alert
            type={data.count ? "warning" : "info"}
            showIcon
            title={data.count ? t("comp.deciding", { n: data.count, sum }) : t("comp.nothing")}
            description={
              <>
                {data.count > 0 && <p>{t("comp.ofKinds", { kinds: kindWords(data.kinds) })}</p>}
                {data.own > 0 && <p>{t("comp.ownLeft", { n: data.own })}</p>}
              </>
            }
          />
          <Input.TextArea
            rows={2}
            maxLength={500}
            value={reason}
            placeholder={t(approve ? "comp.note" : "comp.reason")}
            onChange={(event) => setReason(event.target.value)}
            data-testid="compensation-reason"
          />
          <Checkbox
            checked={sure}
            disabled={!data.count}
            onChange={(event) => setSure(event.target.checked)}
            data-testid="compensation-sure"
          >
            {t("comp.sure", { n: data.count, sum })}
          </Checkbox>
        </div>
      )}
    </Modal>
  );
}

function sumWords(amounts: Record<string, number>): string {
  const parts = Object.entries(amounts).map(([currency, amount_minor]) => formatMoney({ currency, amount_minor }));
  return parts.join(" + ") || "0";
}

function kindWords(kinds: Record<string, number>): string {
  return Object.entries(kinds)
    .map(([title, count]) => `${title} ${count}`)
    .join("，");
}
