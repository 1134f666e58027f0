/** The goods of an order, as the channel tells them. */
import { Table } from "antd";
import type { OrderLine } from "../../api/types";
import { useT } from "../../i18n";
import { Blank, Copyable } from "../../parts/Copyable";
import { MoneyText } from "../../parts/Values";

export function OrderLines({ lines }: { lines: OrderLine[] }) {
  const t = useT();
  return (
    <Table<OrderLine>
      rowKey="line_no"
      size="small"
      dataSource={lines}
      pagination={false}
      scroll={{ x: "max-content" }}
      columns={[
        { key: "no", title: t("line.no"), width: 110, render: (_, row) => <Copyable text={row.line_no} /> },
        {
          key: "title",
          title: t("line.title"),
          width: 300,
          render: (_, row) => (
            <span className="fh-wrap">
              {row.title || <Blank />}
              {row.spec && <small className="fh-soft"> {row.spec}</small>}
            </span>
          ),
        },
        {
          key: "sku",
          title: t("line.sku"),
          width: 190,
          render: (_, row) => <Copyable text={row.outer_sku_id || row.sku_id || row.item_id} />,
        },
        {
          key: "quantity",
          title: t("line.quantity"),
          width: 70,
          align: "right",
          render: (_, row) => row.quantity ?? <Blank />,
        },
        {
          key: "price",
          title: t("line.price"),
          width: 100,
          align: "right",
          render: (_, row) => <MoneyText money={row.price} />,
        },
        {
          key: "paid",
          title: t("order.paid"),
          width: 100,
          align: "right",
          render: (_, row) => <MoneyText money={row.paid} />,
        },
        {
          key: "status",
          title: t("line.status"),
          width: 170,
          render: (_, row) => <code>{row.status_code ?? "—"}</code>,
        },
        {
          key: "refund",
          title: t("line.refund"),
          width: 150,
          render: (_, row) => <code>{row.refund_code ?? "—"}</code>,
        },
      ]}
    />
  );
}
