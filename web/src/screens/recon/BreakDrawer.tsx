/** A break beside its list: both documents and where they lead, what happened to it, and what two people may rule. */
import { ApartmentOutlined, AuditOutlined, GoldOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Button, Drawer, Skeleton } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { api } from "../../api/client";
import { useGet } from "../../api/queries";
import type { BreakDocument, BreakPageData, ReconBreak, ReconChoices, Ruling } from "../../api/types-recon";
import { useSession } from "../../app/session";
import { useT, useTitle } from "../../i18n";
import { Blank, Copyable } from "../../parts/Copyable";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { Facts } from "../../parts/Facts";
import { Flag } from "../../parts/Tags";
import { useAct } from "../../parts/useAct";
import { TimeText } from "../../parts/Values";
import { RawDrawer } from "../evidence/RawDrawer";
import { FieldDialog } from "./BreakBulk";
import { BreakHistory } from "./BreakHistory";
import { numberOf } from "./columns";
import { Amount, FaultTag, useCause, useNames } from "./parts";
import { RepairPanel } from "./RepairPanel";
import { RuleDialog } from "./RuleDialog";
import { RulingLine } from "./RulingList";

export function BreakDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useT();
  const cause = useCause();
  const answer = useGet<BreakPageData>("money", `/api/recon/breaks/${id}`);
  const item = answer.data?.item;
  const number = item && numberOf(item);
  return (
    <Drawer
      open
      onClose={onClose}
      size={860}
      title={item ? `${cause(item.cause, item.title)} ${number ?? ""}` : t("menu.breaks")}
      extra={
        number && (
          <Link to={`/trace?number=${encodeURIComponent(number)}`}>
            <Button icon={<ApartmentOutlined />}>{t("break.trace")}</Button>
          </Link>
        )
      }
    >
      <div data-testid="break-drawer">
        {answer.isError && !answer.data && <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />}
        {answer.isPending && <Skeleton active paragraph={{ rows: 10 }} />}
        {answer.data && <Body page={answer.data} />}
      </div>
    </Drawer>
  );
}

function Body({ page }: { page: BreakPageData }) {
  const t = useT();
  const words = useTitle();
  const { item, events } = page;
  const [raw, setRaw] = useState<number | null>(null);
  return (
    <>
      <div className="fh-break-sides">
        {(
          [
            ["ours", t("break.ours"), item.ours_minor],
            ["theirs", t("break.theirs"), item.theirs_minor],
            ["difference", t("break.difference"), item.amount_minor],
          ] as const
        ).map(([key, label, minor]) => (
          <div key={key} className={key === "difference" && item.fault ? "fh-recon-level off" : "fh-recon-level"}>
            <small>
              {key === "difference" ? "" : words("differ", item.field)} {label}
            </small>
            <b>
              <Amount currency={item.currency} minor={minor} plus={key === "difference"} />
            </b>
          </div>
        ))}
      </div>
      <About item={item} />
      <Acts item={item} />
      <RepairPanel item={item} />
      <h3 className="fh-break-section">{t("break.documents")}</h3>
      <Documents item={item} documents={item.documents} onRaw={setRaw} />
      <Closed item={item} onRaw={setRaw} />
      <h3 className="fh-break-section">{t("break.history")}</h3>
      <BreakHistory events={events} currency={item.currency} />
      {raw !== null && <RawDrawer messageId={String(raw)} onClose={() => setRaw(null)} />}
    </>
  );
}

function About({ item }: { item: ReconBreak }) {
  const t = useT();
  const words = useTitle();
  const names = useNames();
  const where = [item.channel && names.channel(item.channel), item.provider && names.provider(item.provider)];
  return (
    <Facts
      items={[
        {
          key: "status",
          label: t("ruling.status"),
          children: (
            <>
              <Flag mood={item.status === "open" ? "warn" : "ok"}>{t(`break.tab.${item.status}`)}</Flag>{" "}
              <FaultTag fault={item.fault} />
            </>
          ),
        },
        { key: "day", label: t("break.day"), children: item.day ?? <Blank /> },
        { key: "found", label: t("break.found"), children: <TimeText at={item.found_at} /> },
        { key: "where", label: t("break.channel"), children: where.filter(Boolean).join(" · ") || <Blank /> },
        { key: "owner", label: t("break.owner"), children: item.owner ?? <Blank /> },
        {
          key: "decision",
          label: t("break.decision"),
          children: item.decision ? words("decision", item.decision) : <Blank />,
        },
        { key: "note", label: t("break.note"), wide: true, children: item.note || <Blank /> },
        { key: "comment", label: t("break.comment"), wide: true, children: item.comment || <Blank /> },
        { key: "rule", label: t("break.rule"), wide: true, children: <code>{item.rule_version}</code> },
      ]}
    />
  );
}

function Acts({ item }: { item: ReconBreak }) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const { can } = useSession();
  const [field, setField] = useState<"owner" | "decision" | "comment" | null>(null);
  const [ruling, setRuling] = useState(false);
  const choices = useGet<ReconChoices>("money", "/api/recon/choices").data;
  const waiting = (useGet<Ruling[]>("money", "/api/recon/rulings", { status: "proposed" }).data ?? []).filter(
    (each) => each.break_id === item.id,
  );
  const save = (value: string) =>
    act(async () => {
      await api.post("/api/recon/breaks/edits", { ids: [item.id], [field ?? "comment"]: value });
      await client.invalidateQueries({ queryKey: ["money"] });
      setField(null);
    });
  const labels = { owner: "break.owner", decision: "break.decision", comment: "break.comment" } as const;
  return (
    <>
      <div className="fh-recon-tools fh-break-acts">
        {can("money.reconcile") &&
          (["owner", "decision", "comment"] as const).map((each) => (
            <Button key={each} size="small" onClick={() => setField(each)} data-testid={`edit-${each}`}>
              {t(labels[each])}
            </Button>
          ))}
        {can("money.reconcile") && item.status === "open" && (
          <Button size="small" type="primary" icon={<GoldOutlined />} onClick={() => setRuling(true)} data-testid="rule">
            {t("ruling.propose")}
          </Button>
        )}
        {item.case_id && (
          <Link to={`/cases/${item.case_id}`}>
            <Button size="small" icon={<AuditOutlined />}>
              {t("break.case")}
            </Button>
          </Link>
        )}
      </div>
      {waiting.map((each) => (
        <RulingLine key={each.id} ruling={each} />
      ))}
      {field && (
        <FieldDialog
          field={field}
          title={t(labels[field])}
          owners={choices?.owners ?? []}
          start={item[field] ?? ""}
          onSave={save}
          onClose={() => setField(null)}
        />
      )}
      {ruling && <RuleDialog item={item} onClose={() => setRuling(false)} />}
    </>
  );
}

interface DocumentsProps {
  item: ReconBreak;
  documents: BreakDocument[];
  onRaw: (message: number) => void;
}

const PAGES: Record<string, string> = { order: "/orders", payment: "/payments", refund: "/refunds" };

export function Documents({ item, documents, onRaw }: DocumentsProps) {
  const t = useT();
  const words = useTitle();
  return (
    <table className="fh-break-documents" data-testid="documents">
      <tbody>
        {documents.map((one) => {
          const missing = one.kind.startsWith("missing:");
          const kind = one.kind.replace("missing:", "");
          const page = PAGES[kind];
          return (
            <tr key={`${one.side}/${one.kind}/${one.id}/${one.number}`} className={missing ? "missing" : ""}>
              <td>
                <Flag mood={one.side === "ours" ? "info" : "warn"}>{words("breakSide", one.side)}</Flag>
              </td>
              <td>
                {missing && `${t("break.missing")} `}
                {words("document", kind)}
              </td>
              <td>
                {page && one.id && !missing ? (
                  <Copyable text={one.number}>
                    <Link to={`${page}/${one.id}`}>{one.number}</Link>
                  </Copyable>
                ) : one.number ? (
                  <Copyable text={one.number} />
                ) : (
                  <Blank />
                )}
              </td>
              <td>
                <Amount currency={item.currency} minor={one.amount_minor} />
              </td>
              <td>
                <TimeText at={one.at} />
              </td>
              <td>
                {one.message_id !== null && (
                  <Button size="small" type="link" onClick={() => onRaw(one.message_id ?? 0)}>
                    {t("break.raw")}
                  </Button>
                )}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Closed({ item, onRaw }: { item: ReconBreak; onRaw: (message: number) => void }) {
  const t = useT();
  const by = item.closed_by;
  if (!by) return null;
  return (
    <>
      <h3 className="fh-break-section">{t("break.closedBy")}</h3>
      <p>
        {by.ruling ? t("break.closedRuling", { n: by.ruling }) : t("break.closedRun", { n: by.run ?? "" })}{" "}
        {by.run && <Link to={`/recon/runs/${by.run}`}>{t("recon.open")}</Link>}
      </p>
      {by.documents && <Documents item={item} documents={by.documents} onRaw={onRaw} />}
    </>
  );
}
