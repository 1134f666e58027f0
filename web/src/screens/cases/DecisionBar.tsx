/** The three rulings, with what each will do and its key. */
import { CheckOutlined, ReloadOutlined, SafetyOutlined, SwapOutlined } from "@ant-design/icons";
import { Button, Tooltip } from "antd";
import type { ReactNode } from "react";
import type { CaseDetail, Decision } from "../../api/types";
import { useSession } from "../../app/session";
import { useT, useTitle } from "../../i18n";
import { decideWord, rulingRights } from "../../logic/decisions";

const LOOKS: Record<Decision, { icon: ReactNode; key: string }> = {
  accept_theirs: { icon: <SwapOutlined />, key: "a" },
  keep_ours: { icon: <SafetyOutlined />, key: "o" },
  ask_again: { icon: <ReloadOutlined />, key: "r" },
  settled: { icon: <CheckOutlined />, key: "d" },
};

export function DecisionBar({ detail, onDecide }: { detail: CaseDetail; onDecide: (decision: Decision) => void }) {
  const t = useT();
  const title = useTitle();
  const { can } = useSession();
  const allowed = can(...rulingRights(detail.subject_kind));
  const params = {
    no: detail.subject_label,
    ours: title("state", detail.ours, detail.ours_title),
    theirs: title("state", detail.theirs, detail.theirs_title),
  };
  return (
    <div className="fh-decide" data-testid="decision-bar">
      {detail.decisions.map((decision) => (
        <Tooltip key={decision} title={allowed ? undefined : t("decide.needsRight")}>
          <Button
            type={decision === "accept_theirs" ? "primary" : "default"}
            disabled={!allowed}
            className="fh-decide-button"
            onClick={() => onDecide(decision)}
            data-testid={`decide-${decision}`}
          >
            <span>
              {LOOKS[decision].icon} <b>{t(decideWord(detail.subject_kind, decision))}</b> <kbd>{LOOKS[decision].key}</kbd>
            </span>
            <small>{t(`${decideWord(detail.subject_kind, decision)}.effect`, params)}</small>
          </Button>
        </Tooltip>
      ))}
    </div>
  );
}
