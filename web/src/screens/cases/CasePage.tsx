/** One case (工单): both sides' evidence side by side, the rule that stopped it, and the ruling. */
import { LeftOutlined, QuestionCircleOutlined, RightOutlined } from "@ant-design/icons";
import { Alert, Button, Skeleton } from "antd";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import { useGet } from "../../api/queries";
import type { CaseDetail, Decision } from "../../api/types";
import { useSession } from "../../app/session";
import { useT, useTitle } from "../../i18n";
import { rulingRights } from "../../logic/decisions";
import { stepFrom } from "../../logic/queue";
import { formatMinute } from "../../logic/time";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { PageHead } from "../../parts/PageHead";
import { Panel } from "../../parts/Panel";
import { SeverityTag } from "../../parts/Tags";
import { useKeys } from "../../parts/useKeys";
import { CaseEvidence } from "./CaseEvidence";
import { CaseSide } from "./CaseSide";
import { DecisionBar } from "./DecisionBar";
import { DecisionDialog } from "./DecisionDialog";
import { decisionKeys } from "./decisionKeys";
import { KeyHelp } from "./KeyHelp";
import { rememberedQueue } from "./queueMemory";

export function CasePage() {
  const { id = "" } = useParams();
  const answer = useGet<CaseDetail>("cases", `/api/cases/${id}`);
  if (answer.isError && !answer.data) {
    return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} page />;
  }
  if (!answer.data) return <Skeleton active paragraph={{ rows: 12 }} />;
  return <CaseScreen key={id} detail={answer.data} />;
}

function CaseScreen({ detail }: { detail: CaseDetail }) {
  const t = useT();
  const title = useTitle();
  const navigate = useNavigate();
  const { can } = useSession();
  const [deciding, setDeciding] = useState<Decision | null>(null);
  const [helping, setHelping] = useState(false);
  const open = detail.closed_at === null;
  const queue = rememberedQueue();
  const go = (by: 1 | -1) => {
    const next = stepFrom(queue, detail.id, by);
    if (next && next !== detail.id) navigate(`/cases/${next}`);
  };
  const decide = (decision: Decision) => {
    if (open && can(...rulingRights(detail.subject_kind)) && detail.decisions.includes(decision)) setDeciding(decision);
  };
  useKeys({
    j: () => go(1),
    k: () => go(-1),
    ...decisionKeys(decide),
    "?": () => setHelping(true),
  });
  return (
    <div data-testid="case-detail">
      <PageHead
        back={{ to: "/cases", label: t("menu.cases") }}
        title={`#${detail.id} ${detail.title}`}
        note={
          <>
            <SeverityTag severity={detail.severity} /> {title("caseKind", detail.kind, detail.kind_title)}
          </>
        }
        actions={<Walk onGo={go} onHelp={() => setHelping(true)} />}
      />
      {!open && <Settled detail={detail} />}
      <div className="fh-case">
        <div className="fh-case-main">
          <Panel>
            <p className="fh-explanation" data-testid="explanation">
              {detail.explanation}
            </p>
            <CaseEvidence detail={detail} />
          </Panel>
          {open && <DecisionBar detail={detail} onDecide={setDeciding} />}
        </div>
        <CaseSide detail={detail} />
      </div>
      {deciding && <DecisionDialog row={detail} decision={deciding} onClose={() => setDeciding(null)} />}
      {helping && <KeyHelp onClose={() => setHelping(false)} />}
    </div>
  );
}

function Walk({ onGo, onHelp }: { onGo: (by: 1 | -1) => void; onHelp: () => void }) {
  const t = useT();
  return (
    <>
      <Button
        icon={<LeftOutlined />}
        onClick={() => onGo(-1)}
        aria-label={t("keys.previous")}
        data-testid="case-previous"
      />
      <Button icon={<RightOutlined />} onClick={() => onGo(1)} aria-label={t("keys.next")} data-testid="case-next" />
      <Button type="text" icon={<QuestionCircleOutlined />} onClick={onHelp} aria-label={t("keys.title")} />
    </>
  );
}

/** The screens' own word for the ruling, as on the button that was pressed. */
function resolutionWords(title: ReturnType<typeof useTitle>, detail: CaseDetail): string {
  const ours = title("decide", detail.resolution);
  return ours && ours !== detail.resolution ? ours : (detail.resolution_title ?? title("caseStatus", detail.status));
}

function Settled({ detail }: { detail: CaseDetail }) {
  const t = useT();
  const title = useTitle();
  const how = resolutionWords(title, detail);
  return (
    <Alert
      type="success"
      showIcon
      className="fh-gap"
      data-testid="case-settled"
      title={t("case.settled", { at: formatMinute(detail.closed_at), how })}
    />
  );
}
