/** What repairs a break: what was proposed and where it stands, or the button that proposes it and leads there. */
import { MedicineBoxOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { Link, useNavigate } from "react-router";
import { api } from "../../api/client";
import { invalidate, useGet } from "../../api/queries";
import type { CompensationKindName, CompensationRow } from "../../api/types-compensation";
import type { ReconBreak } from "../../api/types-recon";
import type { BreakRepairs } from "../../api/types-reminders";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { useAct } from "../../parts/useAct";
import { TimeText } from "../../parts/Values";
import { Person, StateMark } from "../compensation/columns";

const repairPath = (id: string) => `/money/compensation?tab=all&open=${id}`;

export function RepairPanel({ item }: { item: ReconBreak }) {
  const t = useT();
  const path = `/api/recon/breaks/${item.id}/repairs`;
  const told = useGet<BreakRepairs>("money", path).data;
  if (!told || (!told.kind && !told.why_not && told.items.length === 0)) return null;
  return (
    <>
      <h3 className="fh-break-section">{t("repair.title")}</h3>
      <div data-testid="break-repairs">
        {told.items.map((one) => (
          <RepairLine key={one.id} one={one} />
        ))}
        {told.items.length === 0 && <p className="fh-soft fh-tight">{told.why_not || t("repair.waiting")}</p>}
        {told.able && <ProposeButton item={item} kind={told.kind as CompensationKindName} path={path} />}
      </div>
    </>
  );
}

function RepairLine({ one }: { one: CompensationRow }) {
  return (
    <p className="fh-tight" data-testid="break-repair">
      <StateMark state={one.state} /> <Link to={repairPath(one.id)}>{one.words}</Link>{" "}
      <span className="fh-soft">
        <Person name={one.proposed_by} /> <TimeText at={one.proposed_at} /> {one.why || one.waits}
      </span>
    </p>
  );
}

function ProposeButton({ item, kind, path }: { item: ReconBreak; kind: CompensationKindName; path: string }) {
  const t = useT();
  const { can } = useSession();
  const act = useAct();
  const client = useQueryClient();
  const go = useNavigate();
  if (!can("money.reconcile")) return null;
  const propose = () =>
    act(
      async () => {
        await api.post("/api/compensations", { break_ids: [item.id] });
        const made = await api.get<BreakRepairs>(path);
        invalidate(client, ["money", "workbench"]);
        const first = made.items[0];
        if (first) void go(repairPath(first.id));
      },
      { done: t("repair.done") },
    );
  return (
    <Button size="small" icon={<MedicineBoxOutlined />} onClick={() => void propose()} data-testid="propose-repair">
      {t("repair.propose", { what: t(`comp.kind.${kind}`) })}
    </Button>
  );
}
