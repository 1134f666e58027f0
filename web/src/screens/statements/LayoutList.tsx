/** Layouts that statements are recognised by: one's own with every version, and the shipped ones. */
import { Skeleton, Table } from "antd";
import { useGet } from "../../api/queries";
import type { Declaration, DeclarationKind, DeclarationRow } from "../../api/types-declarations";
import type { LayoutBody } from "../../api/types-statements";
import { useT } from "../../i18n";
import { VersionTags } from "../../parts/declaration/DeclarationTable";
import { declarationPath, useDeclaration } from "../../parts/declaration/useDeclaration";
import { VersionList } from "../../parts/declaration/VersionList";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorPanel } from "../../parts/ErrorPanel";

type Row = DeclarationRow<LayoutBody>;

export const LAYOUT_KIND = "statement_layout";
export const LAYOUTS = `/api/declarations/${LAYOUT_KIND}`;

export function LayoutList() {
  const t = useT();
  const answer = useGet<DeclarationKind<LayoutBody>>("declarations", LAYOUTS);
  if (answer.isError) return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} page />;
  if (answer.isPending) return <Skeleton active paragraph={{ rows: 8 }} />;
  const ownFirst = [...answer.data.declarations].sort((a, b) => Number(b.version > 0) - Number(a.version > 0));
  return (
    <div className="fh-list-card fh-layouts" data-testid="statement-layouts">
      <Table<Row>
        size="small"
        rowKey="name"
        pagination={false}
        dataSource={ownFirst}
        locale={{ emptyText: <EmptyState title={t("layoutList.empty")} /> }}
        expandable={{
          expandedRowRender: (row) => <Versions name={row.name} />,
          rowExpandable: (row) => row.version > 0,
        }}
        columns={[
          { title: t("layoutList.title"), render: (_, row) => row.body.title },
          { title: t("layoutList.name"), width: 220, render: (_, row) => <code>{row.name}</code> },
          { title: t("stmt.provider"), width: 130, render: (_, row) => row.body.provider },
          { title: t("stmt.ledger"), width: 130, render: (_, row) => row.body.ledger },
          { title: t("layoutList.version"), width: 170, render: (_, row) => <VersionTags row={row} /> },
        ]}
      />
    </div>
  );
}

function Versions({ name }: { name: string }) {
  const answer = useGet<Declaration<LayoutBody>>("declarations", declarationPath(LAYOUT_KIND, name));
  if (answer.isError) return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />;
  if (!answer.data) return <Skeleton active paragraph={{ rows: 2 }} />;
  return <History detail={answer.data} />;
}

function History({ detail }: { detail: Declaration<LayoutBody> }) {
  const control = useDeclaration(detail, "/money/statements?view=layouts");
  return <VersionList control={control} />;
}
