/** The trace board (凭证溯源看板): any number in, the whole chain out, and where the money stands now. */
import { FilePdfOutlined, SafetyCertificateOutlined, SearchOutlined, WarningOutlined } from "@ant-design/icons";
import { Button, Input, Skeleton } from "antd";
import { type ReactNode, useState } from "react";
import { Link } from "react-router";
import { withQuery } from "../../api/client";
import { useGet } from "../../api/queries";
import type { ChainView } from "../../api/types-trace";
import { useT } from "../../i18n";
import { EmptyState } from "../../parts/EmptyState";
import { useAddress } from "../../parts/useAddress";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { NeedsAny } from "../../parts/NeedsAny";
import { PageHead } from "../../parts/PageHead";
import { Panel } from "../../parts/Panel";
import { MoneyText } from "../../parts/Values";
import { saveLink } from "../../table/download";
import { RawDrawer } from "../evidence/RawDrawer";
import { ChainBoard } from "./ChainBoard";

export function TracePage() {
  const t = useT();
  const { params: search, begin } = useAddress();
  const number = search.get("number") ?? "";
  return (
    <NeedsAny anyOf={["money.view"]}>
      <PageHead
        title={t("menu.trace")}
        note={t("trace.intro")}
        actions={number ? <Reports number={number} /> : undefined}
      />
      <Input.Search
        key={number}
        size="large"
        defaultValue={number}
        placeholder={t("trace.placeholder")}
        enterButton={<SearchOutlined />}
        onSearch={(asked) => begin({ number: asked.trim() })}
        autoFocus={!number}
        allowClear
        data-testid="trace-number"
        className="fh-gap"
      />
      {number ? <Found number={number} /> : <EmptyState title={t("trace.start")} hint={t("trace.startHint")} />}
    </NeedsAny>
  );
}

function Reports({ number }: { number: string }) {
  const t = useT();
  const report = (shape: string) => saveLink(withQuery("/api/trace/report", { number, shape }));
  return (
    <>
      <Button icon={<FilePdfOutlined />} onClick={() => report("pdf")} data-testid="trace-pdf">
        {t("trace.pdf")}
      </Button>
      <Button icon={<SafetyCertificateOutlined />} onClick={() => report("bundle")} data-testid="trace-bundle">
        {t("trace.bundle")}
      </Button>
    </>
  );
}

function Found({ number }: { number: string }) {
  const t = useT();
  const [raw, setRaw] = useState<string | null>(null);
  const answer = useGet<ChainView>("money", "/api/trace", { number });
  if (answer.isError && !answer.data) return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />;
  if (!answer.data) return <Skeleton active paragraph={{ rows: 10 }} />;
  const view = answer.data;
  return (
    <>
      <ChainBoard view={view} onRaw={setRaw} />
      <div className="fh-chain-sides">
        <Panel title={t("trace.places")} testId="trace-places">
          {view.places.length === 0 && <EmptyState title={t("trace.noMoney")} />}
          <Amounts
            rows={view.places.map((each) => ({ key: each.code, ...each }))}
          />
        </Panel>
        <Panel title={t("trace.gaps")} testId="trace-gaps">
          {view.gaps.length === 0 && <EmptyState title={t("trace.whole")} hint={t("trace.wholeHint")} />}
          <ul className="fh-gaps">
            {view.gaps.map((gap) => (
              <li key={`${gap.code}-${gap.beside}`}>
                <WarningOutlined /> {gap.words}
              </li>
            ))}
          </ul>
          {view.uncovered.length > 0 && (
            <p className="fh-soft">{t("trace.uncovered", { legs: view.uncovered.join("、") })}</p>
          )}
        </Panel>
        <Panel title={t("trace.accounts")} testId="trace-accounts">
          {view.accounts.length === 0 && <EmptyState title={t("ledger.empty")} />}
          <Amounts
            rows={view.accounts.map((each) => ({
              key: `${each.account}-${each.currency}`,
              words: (
                <Link to={`/ledger?q=${encodeURIComponent(view.number)}&account=${each.account}`}>
                  {each.account} {each.title}
                </Link>
              ),
              currency: each.currency,
              amount_minor: each.balance_minor,
            }))}
          />
        </Panel>
      </div>
      {raw && <RawDrawer messageId={raw} onClose={() => setRaw(null)} />}
    </>
  );
}

interface AmountRow {
  key: string;
  words: ReactNode;
  currency: string;
  amount_minor: number;
}

function Amounts({ rows }: { rows: AmountRow[] }) {
  return (
    <table className="fh-balance">
      <tbody>
        {rows.map((each) => (
          <tr key={each.key}>
            <td>{each.words}</td>
            <td className="right">
              <MoneyText money={{ currency: each.currency, amount_minor: each.amount_minor }} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
