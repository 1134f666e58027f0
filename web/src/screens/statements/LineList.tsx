/** Lines of statements, and one beside the list with the row of the file as it stood there. */
import { Button, Drawer, Skeleton, Table } from "antd";
import { useMemo } from "react";
import { Link } from "react-router";
import { useGet } from "../../api/queries";
import type { StatementFacets, StatementLineDetail, StatementLineRow } from "../../api/types-statements";
import { useSession } from "../../app/session";
import { type Translate, useT } from "../../i18n";
import { Blank, Copyable } from "../../parts/Copyable";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { Facts } from "../../parts/Facts";
import { MoneyText, TimeText } from "../../parts/Values";
import { QueryTable } from "../../table/QueryTable";
import type { QueryColumn } from "../../table/types";
import { useListState } from "../../table/useListState";

function NumberCell({ text }: { text: string }) {
  return text ? <Copyable text={text} /> : <Blank />;
}

function numberColumn(
  key: "line_no" | "payment_no" | "out_trade_no" | "order_no" | "refund_no" | "batch_no",
  title: string,
  optional = false,
): QueryColumn<StatementLineRow> {
  return { key, title, width: 190, optional, render: (row) => <NumberCell text={row[key]} /> };
}

function lineColumns(t: Translate): QueryColumn<StatementLineRow>[] {
  return [
    {
      key: "occurred_at",
      title: t("stmt.occurredAt"),
      width: 140,
      fixed: "left",
      sort: "occurred_at",
      render: (row) => (row.occurred_at ? <TimeText at={row.occurred_at} /> : (row.booked_on ?? <Blank />)),
    },
    { key: "provider", title: t("stmt.provider"), width: 90, render: (row) => row.provider_title },
    { key: "ledger", title: t("stmt.ledger"), width: 90, render: (row) => row.ledger_title },
    { key: "kind", title: t("stmt.kind"), width: 90, render: (row) => row.kind_title },
    {
      key: "net",
      title: t("stmt.net"),
      width: 120,
      align: "right",
      sort: "net",
      render: (row) => <MoneyText money={row.net} />,
    },
    numberColumn("order_no", t("stmt.orderNo")),
    numberColumn("line_no", t("stmt.lineNo")),
    numberColumn("payment_no", t("stmt.paymentNo"), true),
    numberColumn("out_trade_no", t("stmt.tradeNo"), true),
    numberColumn("refund_no", t("stmt.refundNo"), true),
    numberColumn("batch_no", t("stmt.batchNo"), true),
    { key: "counterparty", title: t("stmt.counterparty"), width: 140, render: (row) => row.counterparty || <Blank /> },
    {
      key: "summary",
      title: t("stmt.summary"),
      width: 240,
      render: (row) => (
        <span className="fh-clip" title={row.summary}>
          {row.summary || <Blank />}
        </span>
      ),
    },
    {
      key: "balance",
      title: t("stmt.balance"),
      width: 120,
      align: "right",
      render: (row) => <MoneyText money={row.balance} />,
    },
    { key: "fee", title: t("stmt.fee"), width: 100, align: "right", render: (row) => <MoneyText money={row.fee} /> },
    {
      key: "gross",
      title: t("stmt.gross"),
      width: 120,
      align: "right",
      optional: true,
      render: (row) => <MoneyText money={row.gross} />,
    },
    { key: "account", title: t("stmt.account"), width: 150, optional: true, render: (row) => row.account || <Blank /> },
    {
      key: "file",
      title: t("stmt.file"),
      width: 220,
      render: (row) =>
        row.file_id ? (
          <Link to={`/money/statements?open=${row.file_id}`} className="fh-clip" title={row.file ?? ""}>
            {row.file}
          </Link>
        ) : (
          <Blank />
        ),
    },
  ];
}

export function LineList() {
  const t = useT();
  const control = useListState("-occurred_at");
  const facets = useGet<StatementFacets>("statements", "/api/statement-facets").data;
  const columns = useMemo(() => lineColumns(t), [t]);
  return (
    <>
      <QueryTable<StatementLineRow>
        screen="statement_lines"
        testId="statement-lines"
        source={{ topic: "statements", path: "/api/statement-lines" }}
        control={control}
        columns={columns}
        fields={[
          { kind: "numbers", name: "q", label: t("stmt.numbers"), primary: true },
          {
            kind: "choice",
            name: "provider",
            label: t("stmt.provider"),
            choices: facets?.providers ?? [],
            primary: true,
          },
          { kind: "choice", name: "ledger", label: t("stmt.ledger"), choices: facets?.ledgers ?? [], primary: true },
          { kind: "choice", name: "kind", label: t("stmt.kind"), choices: facets?.kinds ?? [], primary: true },
          {
            kind: "choice",
            name: "direction",
            label: t("stmt.direction"),
            choices: [
              { value: "in", title: t("stmt.in") },
              { value: "out", title: t("stmt.out") },
            ],
          },
          { kind: "choice", name: "source", label: t("stmt.source"), choices: facets?.sources ?? [] },
          {
            kind: "choice",
            name: "currency",
            label: t("stmt.currency"),
            choices: (facets?.currencies ?? []).map((word) => ({ value: word, title: word })),
          },
          {
            kind: "days",
            name: "booked",
            from: "booked_from",
            to: "booked_to",
            label: t("stmt.bookedOn"),
            primary: true,
          },
        ]}
        rowKey={(row) => row.id}
        rowTestId={(row) => `statement-line-${row.id}`}
        views
        onOpen={(row) => control.open(row.id)}
        activeId={control.openId}
        empty={{ title: t("stmt.noLines"), hint: t("stmt.noLinesHint") }}
      />
      {control.openId && <LineDrawer id={control.openId} onClose={() => control.open(null)} />}
    </>
  );
}

function LineDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useT();
  const { can } = useSession();
  const answer = useGet<StatementLineDetail>("statements", `/api/statement-lines/${id}`);
  const line = answer.data;
  return (
    <Drawer
      open
      onClose={onClose}
      size={720}
      title={t("stmt.lineTitle", { id })}
      extra={
        line &&
        can("inbox.view") && (
          <Link to={`/inbox?open=${line.message_id}`}>
            <Button>{t("stmt.raw")}</Button>
          </Link>
        )
      }
    >
      <div data-testid="statement-line">
        {answer.isError && !line && <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />}
        {answer.isPending && <Skeleton active paragraph={{ rows: 8 }} />}
        {line && <LineBody line={line} />}
      </div>
    </Drawer>
  );
}

function LineBody({ line }: { line: StatementLineDetail }) {
  const t = useT();
  const facts = [
    { key: "net", label: t("stmt.net"), children: <MoneyText money={line.net} /> },
    { key: "gross", label: t("stmt.gross"), children: <MoneyText money={line.gross} /> },
    { key: "fee", label: t("stmt.fee"), children: <MoneyText money={line.fee} /> },
    { key: "balance", label: t("stmt.balance"), children: <MoneyText money={line.balance} /> },
    { key: "foreign", label: t("stmt.foreign"), children: <MoneyText money={line.foreign} /> },
    { key: "rate", label: t("stmt.rate"), children: line.rate ?? <Blank /> },
    { key: "at", label: t("stmt.occurredAt"), children: <TimeText at={line.occurred_at} /> },
    { key: "day", label: t("stmt.bookedOn"), children: line.booked_on ?? <Blank /> },
    { key: "provider", label: t("stmt.provider"), children: line.provider_title },
    { key: "kind", label: t("stmt.kind"), children: `${line.ledger_title} · ${line.kind_title}` },
    { key: "account", label: t("stmt.account"), children: line.account || <Blank /> },
    { key: "order", label: t("stmt.orderNo"), children: <NumberCell text={line.order_no} /> },
    { key: "line", label: t("stmt.lineNo"), children: <NumberCell text={line.line_no} /> },
    { key: "payment", label: t("stmt.paymentNo"), children: <NumberCell text={line.payment_no} /> },
    { key: "trade", label: t("stmt.tradeNo"), children: <NumberCell text={line.out_trade_no} /> },
    { key: "refund", label: t("stmt.refundNo"), children: <NumberCell text={line.refund_no} /> },
    { key: "batch", label: t("stmt.batchNo"), children: <NumberCell text={line.batch_no} /> },
    { key: "who", label: t("stmt.counterparty"), children: line.counterparty || <Blank /> },
    { key: "summary", label: t("stmt.summary"), children: line.summary || <Blank />, wide: true },
    { key: "origin", label: t("stmt.origin"), children: line.origin, wide: true },
  ];
  return (
    <div className="fh-detail">
      <Facts items={facts} />
      {line.components.length > 0 && (
        <section>
          <h3>{t("stmt.components")}</h3>
          <Table
            size="small"
            rowKey="name"
            pagination={false}
            dataSource={line.components}
            columns={[
              { title: t("stmt.figure"), dataIndex: "name" },
              { title: t("stmt.net"), align: "right", render: (_, one) => <MoneyText money={one.amount} /> },
            ]}
            summary={() => (
              <Table.Summary.Row>
                <Table.Summary.Cell index={0}>{t("stmt.net")}</Table.Summary.Cell>
                <Table.Summary.Cell index={1} align="right">
                  <MoneyText money={line.net} />
                </Table.Summary.Cell>
              </Table.Summary.Row>
            )}
          />
        </section>
      )}
      <section>
        <h3>{t("stmt.cells")}</h3>
        <Table
          size="small"
          rowKey="column"
          pagination={false}
          dataSource={line.cells}
          columns={[
            { title: t("stmt.column"), dataIndex: "column", width: 220 },
            { title: t("stmt.cell"), dataIndex: "text", render: (text: string) => <code>{text || " "}</code> },
          ]}
        />
      </section>
    </div>
  );
}
