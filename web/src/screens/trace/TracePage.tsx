/** The trace board (凭证溯源看板): any number in, the whole chain out, and where the money stands now. */
import { FilePdfOutlined, SafetyCertificateOutlined, SearchOutlined, WarningOutlined } from "@ant-design/icons";
import { Button, Input, Skeleton } from "antd";
import { type ReactNode, useState } from "react";
import { Link } from "react-router";
import { ApiError, withQuery } from "../../api/client";
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
import { Choices, NotKnown, Recent } from "./Elsewhere";
import { SearchList } from "./SearchList";
import { SeekButton } from "./SeekButton";
import { type Seeking, useSearches } from "./useSearches";

export function TracePage() {
  const t = useT();
  const { params: search, begin } = useAddress();
  const number = search.get("number") ?? "";
  const which = search.get("which") ?? "";
  return (
    <NeedsAny anyOf={["money.view"]}>
      <PageHead
        title={t("menu.trace")}
        note={t("trace.intro")}
        actions={number ? <Reports number={number} which={which} /> : undefined}
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
      {number ? (
        <Found key={`${number} ${which}`} number={number} which={which} />
      ) : (
        <>
          <EmptyState title={t("trace.start")} hint={t("trace.startHint")} />
          <Recent />
        </>
      )}
    </NeedsAny>
  );
}

function Reports({ number, which }: Asked) {
  const t = useT();
  const { data } = useGet<ChainView>("money", "/api/trace", { number, which });
  if (!data || data.choices.length > 0) return null;
  const report = (shape: string) => saveLink(withQuery("/api/trace/report", { number, which, shape }));
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

interface Asked {
  number: string;
  which: string;
}

function Found({ number, which }: Asked) {
  const seeking = useSearches(number, which);
  const answer = useGet<ChainView>("money", "/api/trace", { number, which });
  if (answer.error instanceof ApiError && answer.error.status === 404)
    return <NotKnown number={number} error={answer.error} seeking={seeking} />;
  if (answer.isError && !answer.data) return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />;
  if (!answer.data) return <Skeleton active paragraph={{ rows: 10 }} />;
  if (answer.data.choices.length > 0) return <Choices view={answer.data} />;
  return <Whole view={answer.data} seeking={seeking} />;
}

function Whole({ view, seeking }: { view: ChainView; seeking: Seeking }) {
  const t = useT();
  const [raw, setRaw] = useState<string | null>(null);
  const askable = view.gaps.some((gap) => gap.search);
  return (
    <>
      <ChainBoard view={view} onRaw={setRaw} seeking={seeking} />
      {(askable || seeking.searches.length > 0) && (
        <Panel
          title={t("seek.title")}
          testId="trace-searches"
          className="fh-gap-top"
          extra={askable && <SeekButton seeking={seeking} whole />}
        >
          {seeking.searches.length === 0 && <p className="fh-soft fh-tight">{t("seek.hint")}</p>}
          <SearchList searches={seeking.searches} onRaw={setRaw} />
        </Panel>
      )}
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
              <li key={gap.name}>
                <WarningOutlined /> <span className="fh-grow">{gap.words}</span>
                <SeekButton seeking={seeking} gap={gap.name} off={gap.search ? "" : t("seek.nobody")} />
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
