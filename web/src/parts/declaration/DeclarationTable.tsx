/** Every declaration of a kind in a table: what is in force, whether somebody drafts it, and the way to its page. */
import { Link, useNavigate } from "react-router";
import type { DeclarationKind, DeclarationRow } from "../../api/types-declarations";
import { useT } from "../../i18n";
import type { Word } from "../../i18n/words";
import { containsWords } from "../../table/localRows";
import { QueryTable } from "../../table/QueryTable";
import type { ListSource, QueryColumn } from "../../table/types";
import { useListState } from "../../table/useListState";
import { Flag } from "../Tags";

interface Props<Body> {
  kind: string;
  screen: string;
  /** Leads the addresses of their pages. */
  to: string;
  title: string;
  /** Numbers of the body, shown as columns. */
  numbers?: readonly { name: keyof Body & string; title: Word; unit: Word }[];
  /** What else of the body is shown. */
  columns?: readonly QueryColumn<DeclarationRow<Body>>[];
}

/** All of a kind, found by the words of `texts`. */
export function declarationSource<Body>(
  kind: string,
  texts: (row: DeclarationRow<Body>) => string[] = (row) => [row.name, row.title],
): ListSource<DeclarationRow<Body>> {
  return {
    topic: "declarations",
    path: `/api/declarations/${kind}`,
    local: {
      rows: (answer) => (answer as DeclarationKind<Body>).declarations,
      match: (row, filters) => containsWords(filters.q, texts(row)),
    },
  };
}

export function DeclarationTable<Body>({ kind, screen, to, title, numbers = [], columns = [] }: Props<Body>) {
  const t = useT();
  const navigate = useNavigate();
  const control = useListState("");
  const page = (row: DeclarationRow<Body>) => `${to}/${encodeURIComponent(row.name)}`;
  const shown = numbers.map<QueryColumn<DeclarationRow<Body>>>((each) => ({
    key: each.name,
    title: t(each.title),
    width: 140,
    align: "right",
    sort: each.name,
    text: (row) => row.body[each.name] as number,
    render: (row) => (
      <span className="fh-number">
        {row.body[each.name] as number} {t(each.unit)}
      </span>
    ),
  }));
  return (
    <QueryTable<DeclarationRow<Body>>
      screen={screen}
      testId={`${screen}-table`}
      source={declarationSource<Body>(kind)}
      control={control}
      rowKey={(row) => row.name}
      rowTestId={(row) => `${screen}-row-${row.name}`}
      onOpen={(row) => navigate(page(row))}
      fields={[{ kind: "text", name: "q", label: title, primary: true }]}
      columns={[
        {
          key: "title",
          title,
          width: 220,
          sort: "title",
          text: (row) => row.title,
          render: (row) => <Link to={page(row)}>{row.title}</Link>,
        },
        ...shown,
        ...columns,
        {
          key: "version",
          title: t("policy.version"),
          width: 170,
          text: (row) => row.version,
          render: (row) => <VersionTags row={row} />,
        },
      ]}
    />
  );
}

/** As shipped, which version or not published yet, and whether a draft waits. */
export function VersionTags({ row }: { row: DeclarationRow }) {
  const t = useT();
  return (
    <>
      {row.version ? (
        `v${row.version}`
      ) : (
        <Flag mood="mute">{t(row.has_shipped ? "declaration.shipped" : "declaration.never")}</Flag>
      )}{" "}
      {row.has_draft && <Flag mood="warn">{t("policy.draft")}</Flag>}
    </>
  );
}
