/** The waterfall as a table: every line with its count, to the cent, against the run before. */
import { Link } from "react-router";
import type { ReconRunPage, WaterfallLine } from "../../api/types-recon";
import { useT } from "../../i18n";
import { stepsOf } from "../../logic/waterfall";
import { Blank } from "../../parts/Copyable";
import { CountText } from "../../parts/Values";
import { Amount, FaultTag } from "./parts";

interface Props {
  page: ReconRunPage;
  lines: WaterfallLine[];
  before: ReconRunPage | undefined;
  named: (line: WaterfallLine) => string;
  target: (line: WaterfallLine) => string | null;
}

type Row = { line: WaterfallLine } | { left: number; place: number };

/** Lines in order, and after each step what it leaves over. */
function rowsOf(lines: WaterfallLine[]): Row[] {
  const steps = new Map(stepsOf(lines).map((step) => [step.place, step.left]));
  return [...lines]
    .sort((a, b) => a.place - b.place)
    .flatMap((line): Row[] => {
      const left = line.cause ? undefined : steps.get(line.place - 1);
      return left === undefined ? [{ line }] : [{ left, place: line.place - 1 }, { line }];
    });
}

export function WaterfallTable({ page, lines, before, named, target }: Props) {
  const t = useT();
  const known = new Map(before?.waterfall.map((one) => [`${one.currency}/${one.place}/${one.cause}`, one]));
  const currency = lines[0]?.currency ?? "CNY";
  return (
    <table className="fh-recon-table" data-testid="waterfall-table">
      <thead>
        <tr>
          <th>{t("recon.item")}</th>
          <th>{t("break.kind")}</th>
          <th className="right">{t("recon.count")}</th>
          <th className="right">{t("recon.amount")}</th>
          {before && <th className="right">{t("recon.beforeAmount", { n: page.before_id ?? "" })}</th>}
          {before && <th className="right">{t("recon.change")}</th>}
        </tr>
      </thead>
      <tbody>
        {rowsOf(lines).map((row) =>
          "line" in row ? (
            <LineRow
              key={`${row.line.place}/${row.line.cause}`}
              line={row.line}
              title={named(row.line)}
              to={target(row.line)}
              before={before && (known.get(`${row.line.currency}/${row.line.place}/${row.line.cause}`)?.amount_minor ?? 0)}
            />
          ) : (
            <tr key={`left-${row.place}`} className={row.left === 0 ? "left" : "left off"} data-testid="left">
              <td colSpan={3}>{t("recon.left")}</td>
              <td className="right">
                <Amount currency={currency} minor={row.left} />
              </td>
              {before && <td colSpan={2} />}
            </tr>
          ),
        )}
      </tbody>
    </table>
  );
}

interface LineProps {
  line: WaterfallLine;
  title: string;
  to: string | null;
  before: number | undefined;
}

function LineRow({ line, title, to, before }: LineProps) {
  const cause = line.cause !== "";
  return (
    <tr className={cause ? "cause" : "level"} data-testid={cause ? `line-${line.place}-${line.cause}` : `level-${line.place}`}>
      <td>{to ? <Link to={to}>{title}</Link> : title}</td>
      <td>{cause ? <FaultTag fault={line.fault} /> : null}</td>
      <td className="right">
        <CountText count={line.count} />
      </td>
      <td className="right">
        <Amount currency={line.currency} minor={line.amount_minor} plus={cause} />
      </td>
      {before !== undefined && (
        <>
          <td className="right">
            <Amount currency={line.currency} minor={before} plus={cause} />
          </td>
          <td className="right">
            {before === line.amount_minor ? (
              <Blank />
            ) : (
              <Amount currency={line.currency} minor={line.amount_minor - before} plus />
            )}
          </td>
        </>
      )}
    </tr>
  );
}
