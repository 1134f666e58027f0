/** Many cases at once (批量裁定): the count is spelled out and confirmed before anything happens. */
import { CommentOutlined, GoldOutlined, UserSwitchOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Checkbox, Input, Modal, Radio } from "antd";
import { useState } from "react";
import { api } from "../../api/client";
import { invalidate } from "../../api/queries";
import type { BulkResult, Decision } from "../../api/types";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { bulkBody, countOf, type Selection } from "../../logic/selection";
import { useAct } from "../../parts/useAct";
import { AssignDialog } from "./AssignDialog";
import { BulkOutcome } from "./BulkOutcome";
import { ReasonInput } from "./DecisionDialog";

type Doing = "ruling" | "assign" | "comment" | null;

interface Props {
  selection: Selection;
  onClear: () => void;
}

export function CaseBulk({ selection, onClear }: Props) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const { can } = useSession();
  const [doing, setDoing] = useState<Doing>(null);
  const [outcome, setOutcome] = useState<BulkResult | null>(null);
  const run = (body: Record<string, unknown>) =>
    act(async () => {
      const result = await api.post<BulkResult>("/api/cases/bulk", { ...bulkBody(selection), ...body });
      invalidate(client, ["cases", "orders", "workbench"]);
      setDoing(null);
      setOutcome(result);
    });
  const finish = () => {
    setOutcome(null);
    onClear();
  };
  const count = countOf(selection);
  return (
    <>
      {can("cases.rule") && (
        <Button
          size="small"
          type="primary"
          icon={<GoldOutlined />}
          onClick={() => setDoing("ruling")}
          data-testid="bulk-ruling"
        >
          {t("bulk.ruling")}
        </Button>
      )}
      {can("cases.assign") && (
        <Button size="small" icon={<UserSwitchOutlined />} onClick={() => setDoing("assign")} data-testid="bulk-assign">
          {t("case.assign")}
        </Button>
      )}
      <Button size="small" icon={<CommentOutlined />} onClick={() => setDoing("comment")} data-testid="bulk-comment">
        {t("case.comment")}
      </Button>
      {doing === "ruling" && <BulkRuling count={count} onRun={run} onClose={() => setDoing(null)} />}
      {doing === "assign" && (
        <AssignDialog
          title={t("bulk.assignTitle", { n: count })}
          withDue={false}
          onAssign={({ owner }) => run({ action: "assign", owner })}
          onClose={() => setDoing(null)}
        />
      )}
      {doing === "comment" && <BulkComment count={count} onRun={run} onClose={() => setDoing(null)} />}
      {outcome && <BulkOutcome result={outcome} onClose={finish} />}
    </>
  );
}

interface RunProps {
  count: number;
  onRun: (body: Record<string, unknown>) => Promise<boolean>;
  onClose: () => void;
}

const DECISIONS: Decision[] = ["accept_theirs", "keep_ours", "ask_again"];

function BulkRuling({ count, onRun, onClose }: RunProps) {
  const t = useT();
  const [decision, setDecision] = useState<Decision>("accept_theirs");
  const [reason, setReason] = useState("");
  const [sure, setSure] = useState(false);
  const [busy, setBusy] = useState(false);
  const ready = sure && reason.trim() !== "";
  const run = async () => {
    setBusy(true);
    await onRun({ action: "ruling", decision, reason: reason.trim() });
    setBusy(false);
  };
  return (
    <Modal
      open
      width={560}
      title={t("bulk.rulingTitle", { n: count })}
      onCancel={onClose}
      onOk={run}
      confirmLoading={busy}
      okText={t("bulk.rulingGo", { n: count, what: t(`decide.${decision}`) })}
      okButtonProps={{ disabled: !ready, "data-testid": "bulk-confirm" }}
    >
      <Radio.Group
        value={decision}
        onChange={(event) => setDecision(event.target.value as Decision)}
        className="fh-decision-choice"
        options={DECISIONS.map((each) => ({ value: each, label: t(`decide.${each}`) }))}
        optionType="button"
      />
      <Alert type="warning" showIcon title={t(`decide.${decision}.bulk`, { n: count })} className="fh-gap" />
      <ReasonInput decision={decision} value={reason} onChange={setReason} onSubmit={() => ready && void run()} />
      <Checkbox checked={sure} onChange={(event) => setSure(event.target.checked)} data-testid="bulk-sure">
        {t("bulk.sure", { n: count })}
      </Checkbox>
    </Modal>
  );
}

function BulkComment({ count, onRun, onClose }: RunProps) {
  const t = useT();
  const [text, setText] = useState("");
  return (
    <Modal
      open
      width={480}
      title={t("bulk.commentTitle", { n: count })}
      onCancel={onClose}
      onOk={() => void onRun({ action: "comment", text: text.trim() })}
      okText={t("case.comment")}
      okButtonProps={{ disabled: !text.trim() }}
    >
      <Input.TextArea
        autoFocus
        rows={3}
        maxLength={1000}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </Modal>
  );
}
