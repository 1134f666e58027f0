/** How the file reads under the layout as it stands, tried again shortly after each change. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Alert, Table } from "antd";
import { api } from "../../api/client";
import type { Tried, TriedLine } from "../../api/types-statements";
import { useT } from "../../i18n";
import { type LayoutDraft, layoutBody, missingIn } from "../../logic/layoutDraft";
import { formatMoney } from "../../logic/money";
import { formatMinute } from "../../logic/time";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { useDebounced } from "../../parts/useDebounced";

const SETTLE_MS = 400;

interface Props {
  uploadId: string;
  draft: LayoutDraft;
  headerLine: number;
}

export function WizardLive({ uploadId, draft, headerLine }: Props) {
  const t = useT();
  const settled = useDebounced(draft, SETTLE_MS);
  const ready = missingIn(settled).every((one) => one === "name");
  const body = JSON.stringify({ layout: layoutBody({ ...settled, name: "draft" }), header_line: headerLine });
  const answer = useQuery({
    queryKey: ["try-layout", uploadId, body],
    queryFn: () => api.post<Tried>(`/api/statement-uploads/${uploadId}/try`, JSON.parse(body)),
    enabled: ready,
    placeholderData: keepPreviousData,
    retry: false,
  });
  const tried = answer.data;
  return (
    <section data-testid="wizard-live">
      <h3>{t("wizard.step.live")}</h3>
      {answer.isError && <ErrorPanel error={answer.error} />}
      {!ready && <p className="fh-soft">{t("wizard.notYet")}</p>}
      {ready && answer.isPending && <p className="fh-soft">{t("wizard.loading")}</p>}
      {ready && tried && !answer.isError && <LiveLines tried={tried} />}
    </section>
  );
}

function LiveLines({ tried }: { tried: Tried }) {
  const t = useT();
  const money = (amount: number) => formatMoney({ currency: tried.currency, amount_minor: amount });
  if (tried.problem) return <Alert type="warning" showIcon title={tried.problem} />;
  return (
    <>
      <p className="fh-number" data-testid="wizard-counts">
        {t("wizard.readable", { ok: tried.rows - tried.broken, bad: tried.broken })}
        {tried.more && t("wizard.more", { n: tried.rows })} · {t("wizard.sums", { in: money(tried.money_in), out: money(tried.money_out) })}
      </p>
      <Table<TriedLine>
        size="small"
        rowKey="line"
        pagination={false}
        dataSource={tried.lines}
        scroll={{ y: 260 }}
        columns={[
          { title: t("stmt.line"), dataIndex: "line", width: 64, align: "right" },
          { title: t("stmt.occurredAt"), width: 150, render: (_, one) => timeOf(one) },
          {
            title: t("stmt.net"),
            width: 130,
            align: "right",
            render: (_, one) => (one.said ? amountOf(one.said, "net_minor") : ""),
          },
          {
            title: t("stmt.balance"),
            width: 130,
            align: "right",
            render: (_, one) => (one.said ? amountOf(one.said, "balance_minor") : ""),
          },
          { title: t("stmt.lineNo"), width: 180, render: (_, one) => one.said?.line_no ?? "" },
          { title: t("stmt.orderNo"), width: 180, render: (_, one) => one.said?.order_no ?? "" },
          { title: t("stmt.counterparty"), width: 150, render: (_, one) => one.said?.counterparty ?? "" },
          {
            title: t("stmt.summary"),
            render: (_, one) =>
              one.said ? (
                (one.said.summary ?? "")
              ) : (
                <span className="fh-problem">
                  {t("wizard.cannot", { line: one.line, field: one.field, expected: one.expected, got: one.got })}
                </span>
              ),
          },
        ]}
      />
    </>
  );
}

function timeOf(one: TriedLine): string {
  const at = one.said?.occurred_at;
  return typeof at === "string" ? formatMinute(at) : String(one.said?.booked_on ?? "");
}

function amountOf(said: Record<string, string | number>, name: string): string {
  const amount = said[name];
  return typeof amount === "number" ? formatMoney({ currency: String(said.currency ?? "CNY"), amount_minor: amount }) : "";
}
