/** The callback audit (回调核查): what is wrong with what was told, by kind, each with its evidence. */
import { FileSearchOutlined, UploadOutlined } from "@ant-design/icons";
import { Button, Segmented } from "antd";
import { useMemo, useState } from "react";
import { useGet, useFacets } from "../../api/queries";
import type { AuditAbout, CallbackAudit, CallbackFinding, CallbackFindings } from "../../api/types-callbacks";
import { useSession } from "../../app/session";
import { useT, useTitle } from "../../i18n";
import { listQuery } from "../../logic/listState";
import { PageHead } from "../../parts/PageHead";
import { QueryTable } from "../../table/QueryTable";
import { type ListControl, useListState } from "../../table/useListState";
import { RunDialog, UploadDialog } from "./AskDialogs";
import { AuditLine } from "./AuditLine";
import { findingColumns } from "./columns";
import { FindingDrawer } from "./FindingDrawer";
import { KindCards } from "./KindCards";

const SOURCE = { topic: "callbacks", path: "/api/callbacks" } as const;
const LEVELS = ["high", "medium", "low"] as const;
const LOOK_AGAIN_MS = 2_000;

export function CallbackAuditPage() {
  const t = useT();
  const control = useListState("-severity");
  const { filters } = control.state;
  const about: AuditAbout = filters.about === "orders" ? "orders" : "tracking";
  const answer = useGet<CallbackFindings>("callbacks", SOURCE.path, listQuery(control.state), { keep: true });
  const audit = answer.data?.audit ?? null;
  const busy = audit?.status === "running" || audit?.status === "waiting";
  // the same answer, asked for again and again while there is something to wait for
  useGet<CallbackFindings>("callbacks", SOURCE.path, listQuery(control.state), {
    keep: true,
    enabled: busy || audit === null,
    refetchMs: LOOK_AGAIN_MS,
  });
  const pick = (id: string) => control.set({ filters: { ...kept(about), audit: id }, page: 1 });
  return (
    <>
      <PageHead
        title={t("menu.callbacks")}
        note={t("callback.intro")}
        actions={<Actions about={about} control={control} onAsked={(asked) => pick(asked.id)} />}
      />
      <AuditLine about={about} audit={audit} onPick={pick} />
      {answer.data && audit && (
        <KindCards
          kinds={answer.data.kinds}
          chosen={filters.kind ?? ""}
          onChoose={(kind) => control.setFilter("kind", kind)}
        />
      )}
      <Findings control={control} audit={audit} busy={busy} />
    </>
  );
}

function kept(about: AuditAbout): Record<string, string> {
  return about === "orders" ? { about } : {};
}

interface ActionsProps {
  about: AuditAbout;
  control: ListControl;
  onAsked: (audit: CallbackAudit) => void;
}

function Actions({ about, control, onAsked }: ActionsProps) {
  const t = useT();
  const { can } = useSession();
  const [asking, setAsking] = useState<"run" | "upload" | null>(null);
  const may = can("inbox.view", "cases.rule");
  const close = () => setAsking(null);
  const asked = (audit: CallbackAudit) => {
    close();
    onAsked(audit);
  };
  return (
    <>
      <Segmented
        value={about}
        onChange={(next) => control.set({ filters: kept(next as AuditAbout), page: 1 })}
        options={(["tracking", "orders"] as const).map((value) => ({ value, label: t(`callback.about.${value}`) }))}
        data-testid="about"
      />
      {may && (
        <Button icon={<FileSearchOutlined />} onClick={() => setAsking("run")} data-testid="audit-run">
          {t("callback.run")}
        </Button>
      )}
      {may && (
        <Button type="primary" icon={<UploadOutlined />} onClick={() => setAsking("upload")} data-testid="audit-upload">
          {t("callback.upload")}
        </Button>
      )}
      {asking === "run" && <RunDialog about={about} onClose={close} onAsked={asked} />}
      {asking === "upload" && <UploadDialog about={about} onClose={close} onAsked={asked} />}
    </>
  );
}

interface FindingsProps {
  control: ListControl;
  audit: CallbackAudit | null;
  busy: boolean;
}

function Findings({ control, audit, busy }: FindingsProps) {
  const t = useT();
  const title = useTitle();
  const facets = useFacets();
  const auditId = audit?.id ?? "";
  const about = audit?.about ?? "tracking";
  const columns = useMemo(() => findingColumns(t, auditId, about), [t, auditId, about]);
  const empty = !audit
    ? { title: t("callback.none"), hint: t("callback.noneHint") }
    : busy
      ? { title: t("callback.working") }
      : audit.read === 0
        ? { title: t("callback.nothingRead"), hint: t("callback.nothingReadHint", { n: audit.pending }) }
        : { title: t("callback.clean"), hint: t("callback.cleanHint") };
  return (
    <>
      <QueryTable<CallbackFinding>
        screen="callbacks"
        testId="findings-table"
        source={SOURCE}
        control={control}
        columns={columns}
        fields={[
          { kind: "numbers", name: "q", label: t("order.numbers"), primary: true },
          {
            kind: "choice",
            name: "severity",
            label: t("case.severity"),
            choices: LEVELS.map((value) => ({ value, title: title("severity", value) })),
            primary: true,
          },
          { kind: "choice", name: "carrier", label: t("shipment.carrier"), choices: facets.carriers, primary: true },
          { kind: "choice", name: "source", label: t("raw.source"), choices: facets.sources },
          { kind: "text", name: "text", label: t("callback.text") },
          { kind: "days", name: "at", from: "at_from", to: "at_to", label: t("callback.at") },
        ]}
        rowKey={(row) => row.id}
        rowTestId={(row) => `finding-row-${row.id}`}
        views
        onOpen={(row) => control.open(row.id)}
        activeId={control.openId}
        empty={empty}
      />
      {control.openId && auditId && (
        <FindingDrawer auditId={auditId} id={control.openId} onClose={() => control.open(null)} />
      )}
    </>
  );
}
