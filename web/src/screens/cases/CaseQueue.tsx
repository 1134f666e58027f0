/** The case queue (工单): worked through by keyboard as well as by mouse. */
import { QuestionCircleOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useEffect, useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { useFacets, useOwners } from "../../api/queries";
import type { CaseRow, Decision } from "../../api/types";
import { useSession } from "../../app/session";
import { useT, useTitle } from "../../i18n";
import { caseQuery, stepFrom } from "../../logic/queue";
import { PageHead } from "../../parts/PageHead";
import { useKeys } from "../../parts/useKeys";
import { QueryTable } from "../../table/QueryTable";
import type { FilterField } from "../../table/types";
import { useListState } from "../../table/useListState";
import { CaseBulk } from "./CaseBulk";
import { caseColumns } from "./columns";
import { DecisionDialog } from "./DecisionDialog";
import { decisionKeys } from "./decisionKeys";
import { KeyHelp } from "./KeyHelp";
import { rememberQueue } from "./queueMemory";

const TABS = ["open", "mine", "overdue", "resolved", "self_closed"] as const;
const SOURCE = { topic: "cases", path: "/api/cases", toQuery: caseQuery } as const;
const SEVERITIES = ["high", "medium", "low"];

function useFields(): FilterField[] {
  const t = useT();
  const title = useTitle();
  const facets = useFacets();
  const { can } = useSession();
  const owners = useOwners(can("cases.assign"));
  const severities = SEVERITIES.map((value) => ({ value, title: title("severity", value) }));
  const people = [
    { value: "me", title: t("case.mine") },
    { value: "none", title: t("case.nobody") },
    ...owners.map((each) => ({ value: each.id, title: each.name })),
  ];
  return [
    { kind: "numbers", name: "q", label: t("order.numbers"), primary: true },
    { kind: "choice", name: "kind", label: t("case.kind"), choices: facets.case_kinds, primary: true },
    { kind: "choice", name: "severity", label: t("case.severity"), choices: severities, primary: true },
    { kind: "choice", name: "owner", label: t("case.owner"), choices: people },
  ];
}

export function CaseQueue() {
  const t = useT();
  const title = useTitle();
  const navigate = useNavigate();
  const { can } = useSession();
  const control = useListState("-severity");
  const fields = useFields();
  const columns = useMemo(() => caseColumns(t, title), [t, title]);
  const [rows, setRows] = useState<CaseRow[]>([]);
  const [activeId, setActiveId] = useState<string | null>(null);
  const [deciding, setDeciding] = useState<{ row: CaseRow; decision: Decision } | null>(null);
  const [helping, setHelping] = useState(false);
  const ids = useMemo(() => rows.map((row) => row.id), [rows]);
  useEffect(() => rememberQueue(ids), [ids]);
  const active = rows.find((row) => row.id === activeId);
  const move = (by: 1 | -1) => {
    const next = stepFrom(ids, activeId, by);
    setActiveId(next);
    document.querySelector(`[data-testid="case-row-${next}"]`)?.scrollIntoView({ block: "nearest" });
  };
  const decide = (decision: Decision) => {
    if (active && active.closed_at === null && can("cases.rule")) setDeciding({ row: active, decision });
  };
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    Enter: () => active && navigate(`/cases/${active.id}`),
    ...decisionKeys(decide),
    "?": () => setHelping(true),
  });
  return (
    <>
      <PageHead title={t("menu.cases")} actions={<HelpButton onClick={() => setHelping(true)} />} />
      <QueryTable<CaseRow>
        screen="cases"
        testId="cases-table"
        source={SOURCE}
        control={control}
        columns={columns}
        fields={fields}
        rowKey={(row) => row.id}
        rowTestId={(row) => `case-row-${row.id}`}
        tabs={{
          name: "tab",
          first: "open",
          list: TABS.map((key) => ({ key, label: t(`case.tab.${key}`), alarming: key === "overdue" })),
        }}
        views
        bulk={(selection, clear) => <CaseBulk selection={selection} onClear={clear} />}
        onOpen={(row) => navigate(`/cases/${row.id}`)}
        onRows={setRows}
        activeId={activeId}
        empty={{ title: t("case.queueEmpty"), hint: t("case.queueEmptyHint") }}
      />
      {deciding && (
        <DecisionDialog
          row={deciding.row}
          decision={deciding.decision}
          onClose={() => setDeciding(null)}
          onDone={(row) => setActiveId(stepFrom(ids, row.id, 1))}
        />
      )}
      {helping && <KeyHelp onClose={() => setHelping(false)} />}
    </>
  );
}

function HelpButton({ onClick }: { onClick: () => void }) {
  const t = useT();
  return (
    <Button type="text" icon={<QuestionCircleOutlined />} onClick={onClick} data-testid="key-help">
      {t("keys.title")}
    </Button>
  );
}
