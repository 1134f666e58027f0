/** When a number leads to no chain, or to several: what was looked through, which are to choose from, what was searched lately. */
import { Alert } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import type { ApiError } from "../../api/client";
import { useGet } from "../../api/queries";
import type { SearchView } from "../../api/types-seeking";
import type { ChainView } from "../../api/types-trace";
import { useT } from "../../i18n";
import { EmptyState } from "../../parts/EmptyState";
import { Panel } from "../../parts/Panel";
import { MoneyText, TimeText } from "../../parts/Values";
import { RawDrawer } from "../evidence/RawDrawer";
import { SearchList } from "./SearchList";
import { SeekButton } from "./SeekButton";
import type { Seeking } from "./useSearches";

export function Choices({ view }: { view: ChainView }) {
  const t = useT();
  return (
    <Panel title={t("trace.which", { n: view.choices.length })} testId="trace-choices">
      <p className="fh-soft">{t("trace.whichHint")}</p>
      <table className="fh-balance fh-choices">
        <tbody>
          {view.choices.map((each) => (
            <tr key={each.which}>
              <td>
                <b>{each.kind_title}</b>
              </td>
              <td className="fh-number">{each.number || view.number}</td>
              <td>{each.title}</td>
              <td className="right">
                <MoneyText
                  money={
                    each.amount_minor === null ? null : { currency: each.currency, amount_minor: each.amount_minor }
                  }
                />
              </td>
              <td>
                <TimeText at={each.at} />
              </td>
              <td className="right">
                <Link
                  to={`/trace?number=${encodeURIComponent(view.number)}&which=${encodeURIComponent(each.which)}`}
                  data-testid="choose-chain"
                >
                  {t("trace.open")}
                </Link>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

export function NotKnown({ number, error, seeking }: { number: string; error: ApiError; seeking: Seeking }) {
  const t = useT();
  const [raw, setRaw] = useState<string | null>(null);
  return (
    <div data-testid="trace-unknown">
      <Panel>
        <EmptyState
          title={t("trace.unknown", { number })}
          hint={t("trace.unknownHint")}
          action={<SeekButton seeking={seeking} whole label="seek.number" />}
        />
        <Alert type="info" showIcon title={error.message} />
      </Panel>
      {seeking.searches.length > 0 && (
        <Panel title={t("seek.earlier")} testId="trace-searches" className="fh-gap-top">
          <SearchList searches={seeking.searches} onRaw={setRaw} />
        </Panel>
      )}
      {raw && <RawDrawer messageId={raw} onClose={() => setRaw(null)} />}
    </div>
  );
}

export function Recent() {
  const t = useT();
  const [raw, setRaw] = useState<string | null>(null);
  const { data } = useGet<SearchView[]>("money", "/api/trace/searches", {});
  if (!data) return null;
  return (
    <Panel title={t("seek.recent")} testId="recent-searches">
      {data.length === 0 && <p className="fh-soft fh-tight">{t("seek.recentEmpty")}</p>}
      <SearchList searches={data} onRaw={setRaw} named />
      {raw && <RawDrawer messageId={raw} onClose={() => setRaw(null)} />}
    </Panel>
  );
}
