/** Payments and refunds as a few lines, for an order's page and a payment's. */
import { Table } from "antd";
import { useMemo } from "react";
import type { PaymentRow, RefundRow } from "../../api/types-payments";
import { useT } from "../../i18n";
import type { QueryColumn } from "../../table/types";
import { paymentColumns, refundColumns } from "./columns";

const PAYMENT_KEYS = ["payment_no", "provider", "amount", "binding", "paid_at"];
const REFUND_KEYS = ["refund_no", "provider", "amount", "state", "refunded_at"];

interface Props {
  payments: PaymentRow[];
  refunds: RefundRow[];
}

export function MoneyLines({ payments, refunds }: Props) {
  const t = useT();
  const paid = useMemo(() => plain(paymentColumns(t), PAYMENT_KEYS), [t]);
  const back = useMemo(() => plain(refundColumns(t), REFUND_KEYS), [t]);
  return (
    <>
      {payments.length > 0 && (
        <Table size="small" rowKey="id" columns={paid} dataSource={payments} pagination={false} scroll={{ x: true }} />
      )}
      {refunds.length > 0 && (
        <Table size="small" rowKey="id" columns={back} dataSource={refunds} pagination={false} scroll={{ x: true }} />
      )}
    </>
  );
}

function plain<Row>(columns: QueryColumn<Row>[], keys: string[]) {
  return columns
    .filter((each) => keys.includes(each.key))
    .map(({ key, title, align, render }) => ({
      key,
      title,
      ...(align ? { align } : {}),
      render: (_: unknown, row: Row) => render(row),
    }));
}
