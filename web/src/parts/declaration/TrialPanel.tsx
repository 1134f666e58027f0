/** What publishing would change: numbers before and after, and the things behind them. */
import { ExperimentOutlined } from "@ant-design/icons";
import { Alert } from "antd";
import { Link } from "react-router";
import type { Figure, Trial } from "../../api/types-declarations";
import { useT, useTitle } from "../../i18n";
import { formatMoney } from "../../logic/money";
import { EmptyState } from "../EmptyState";
import { Flag } from "../Tags";
import { MessageBody } from "../MessageBody";
import { TimeText } from "../Values";
import { Moves } from "./Moves";

function shown(figure: Figure, value: number | null): string {
  if (value === null) return "—";
  return figure.currency
    ? formatMoney({ currency: figure.currency, amount_minor: value })
    : value.toLocaleString("en-US");
}

const differs = (figure: Figure) => figure.before !== null && figure.before !== figure.after;

export function TrialPanel({ trial, stale }: { trial: Trial | null; stale: boolean }) {
  const t = useT();
  const title = useTitle();
  if (!trial) return <EmptyState title={t("dry.none")} hint={t("declaration.trialHint")} />;
  const compares = trial.figures.some((each) => each.before !== null);
  return (
    <div className="fh-dry" data-testid="trial">
      {stale && <Alert type="warning" showIcon title={t("dry.stale")} />}
      <p className="fh-dry-headline">
        <ExperimentOutlined /> {t("declaration.read", { n: trial.read.toLocaleString("en-US") })}
      </p>
      {trial.truncated && <Alert type="info" showIcon title={t("declaration.truncated")} />}
      <table className="fh-figures">
        <thead>
          <tr>
            <th />
            {compares && <th>{t("declaration.before")}</th>}
            <th>{t("declaration.after")}</th>
          </tr>
        </thead>
        <tbody>
          {trial.figures.map((each) => (
            <tr key={`${each.title}-${each.currency}`} className={differs(each) ? "changed" : ""}>
              <td>
                {title("figure", each.word, each.title)}{" "}
                {each.warn && <Flag mood="warn">{t("declaration.mind")}</Flag>}
              </td>
              {compares && <td className="fh-number">{shown(each, each.before)}</td>}
              <td className="fh-number">{shown(each, each.after)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Moves moves={trial.moves} />
      {trial.rows.length > 0 && (
        <ul className="fh-dry-samples">
          {trial.rows.map((each) => (
            <li key={`${each.title}-${each.before}-${each.after}-${each.at}-${each.text}`}>
              {each.at && <TimeText at={each.at} />}
              {each.link ? <Link to={each.link}>{each.title}</Link> : <span>{each.title}</span>}
              {each.text ? (
                <MessageBody text={each.text} />
              ) : (
                <span>{each.before ? `${each.before} → ${each.after || "—"}` : each.after}</span>
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
