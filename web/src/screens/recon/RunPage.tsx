/** One run (/recon/runs/:id): what it looked at, what it went by, what it stated. */
import { Alert, Skeleton } from "antd";
import { Link, useParams, useSearchParams } from "react-router";
import { useGet } from "../../api/queries";
import type { ReconRunPage } from "../../api/types-recon";
import { useT, useTitle } from "../../i18n";
import { Blank } from "../../parts/Copyable";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { Facts } from "../../parts/Facts";
import { NeedsAny } from "../../parts/NeedsAny";
import { PageHead } from "../../parts/PageHead";
import { Panel } from "../../parts/Panel";
import { Flag } from "../../parts/Tags";
import { CountText, TimeText } from "../../parts/Values";
import { Amount, breaksPath, scopeWords, useCause } from "./parts";
import { Waterfall } from "./Waterfall";

const LEGS = ["orders", "payments", "refunds", "vouchers", "payouts", "bank"] as const;

export function RunPage() {
  const t = useT();
  const { id = "" } = useParams();
  const [search] = useSearchParams();
  const part = { channel: search.get("channel") ?? "", provider: search.get("provider") ?? "" };
  const answer = useGet<ReconRunPage>("money", `/api/recon/runs/${id}`, part, { keep: true });
  if (answer.isError && !answer.data) {
    return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} page />;
  }
  if (!answer.data) return <Skeleton active paragraph={{ rows: 12 }} />;
  const page = answer.data;
  return (
    <NeedsAny anyOf={["money.view"]}>
      <PageHead
        title={t("recon.run", { n: page.run.id })}
        note={`${t(`recon.kind.${page.run.kind}`)} · ${scopeWords(page.run, t)}`}
        back={{ to: "/recon", label: t("menu.recon") }}
      />
      <RunFacts page={page} />
      <Coverage page={page} />
      {page.run.kind === "reconcile" ? <Waterfall page={page} /> : <Found page={page} />}
    </NeedsAny>
  );
}

function RunFacts({ page }: { page: ReconRunPage }) {
  const t = useT();
  const { run } = page;
  const count = (key: "chains" | "standing" | "opened" | "reopened" | "closed") => ({
    key,
    label: t(`recon.${key}`),
    children: <CountText count={run[key]} />,
  });
  return (
    <Panel>
      <Facts
        items={[
          { key: "by", label: t("recon.by"), children: run.asked_by || <Blank /> },
          { key: "at", label: t("recon.at"), children: <TimeText at={run.finished_at} /> },
          count("chains"),
          count("standing"),
          count("opened"),
          count("reopened"),
          count("closed"),
          {
            key: "rules",
            label: t("recon.rules"),
            wide: true,
            children: <Link to="/recon?view=rules">{page.rules.version ?? ""}</Link>,
          },
        ]}
      />
    </Panel>
  );
}

export function Coverage({ page }: { page: ReconRunPage }) {
  const t = useT();
  const missing = LEGS.filter((leg) => page.coverage[leg] === false);
  return (
    <>
      <ul className="fh-recon-legs" data-testid="coverage">
        {LEGS.filter((leg) => typeof page.coverage[leg] === "boolean").map((leg) => (
          <li key={leg}>
            {t(`leg.${leg}`)}{" "}
            <Flag mood={page.coverage[leg] ? "ok" : "warn"}>
              {t(page.coverage[leg] ? "recon.hasSource" : "recon.noSource")}
            </Flag>
          </li>
        ))}
      </ul>
      {missing.length > 0 && (
        <Alert
          type="warning"
          showIcon
          className="fh-gap"
          title={t("recon.noSourceHint", { legs: missing.map((leg) => t(`leg.${leg}`)).join("、") })}
        />
      )}
    </>
  );
}

/** What a scan found: it states no waterfall. */
function Found({ page }: { page: ReconRunPage }) {
  const t = useT();
  const words = useTitle();
  const cause = useCause();
  const rows = Object.entries(page.counts).flatMap(([code, by]) =>
    Object.entries(by).map(([currency, told]) => ({ code, currency, ...told })),
  );
  if (rows.length === 0) return <EmptyState title={t("break.empty")} />;
  return (
    <Panel title={t("recon.standing")}>
      <table className="fh-recon-table" data-testid="found">
        <thead>
          <tr>
            <th>{t("break.cause")}</th>
            <th className="right">{t("recon.count")}</th>
            <th className="right">{t("recon.amount")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.code}/${row.currency}`}>
              <td>
                <Link to={breaksPath({ cause: row.code, currency: row.currency, status: "all" })}>
                  {cause(row.code, words("cause", row.code))}
                </Link>
              </td>
              <td className="right">
                <CountText count={row.count} />
              </td>
              <td className="right">
                <Amount currency={row.currency} minor={row.amount_minor} plus />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
