/** Orders (订单): query bar, tabs with counts, dense list; details in a drawer while the list stays. */
import { CopyOutlined, DownloadOutlined } from "@ant-design/icons";
import { App, Button } from "antd";
import { useMemo, useState } from "react";
import { withQuery } from "../../api/client";
import { useFacets } from "../../api/queries";
import type { OrderRow } from "../../api/types";
import { useSession } from "../../app/session";
import { useT, useTitle } from "../../i18n";
import type { Selection } from "../../logic/selection";
import { copyText } from "../../parts/Copyable";
import { FreshnessBar } from "../../parts/Freshness";
import { PageHead } from "../../parts/PageHead";
import { saveLink } from "../../table/download";
import { QueryTable } from "../../table/QueryTable";
import type { FilterField } from "../../table/types";
import { useListState } from "../../table/useListState";
import { orderColumns } from "./columns";
import { OrderDrawer } from "./OrderDrawer";

const TABS = [
  "all",
  "held",
  "due_soon",
  "overdue",
  "unshipped",
  "shipped",
  "delivered",
  "returned",
  "closed",
  "unlinked",
] as const;
const STAGES = ["ship", "pickup", "first_transit", "stall", "delivery", "sign"] as const;
const SOURCE = { topic: "orders", path: "/api/orders" } as const;

function useFields(): FilterField[] {
  const t = useT();
  const title = useTitle();
  const facets = useFacets();
  const stages = STAGES.map((value) => ({ value, title: title("clock.stage", value) }));
  return [
    { kind: "numbers", name: "q", label: t("order.numbers"), primary: true },
    { kind: "choice", name: "channel", label: t("order.channel"), choices: facets.channels, primary: true },
    { kind: "choice", name: "carrier", label: t("shipment.carrier"), choices: facets.carriers, primary: true },
    { kind: "choice", name: "shipment_state", label: t("shipment.state"), choices: facets.shipment_states },
    { kind: "choice", name: "state", label: t("order.state"), choices: facets.order_states },
    { kind: "choice", name: "shop", label: t("order.shop"), choices: facets.shops },
    { kind: "days", name: "created", from: "created_from", to: "created_to", label: t("order.createdAt") },
    { kind: "choice", name: "clock_stage", label: t("clock.column"), choices: stages },
    { kind: "yes", name: "has_case", label: t("order.hasCase") },
    { kind: "yes", name: "silent", label: t("beat.onlySilent") },
  ];
}

export function OrderList() {
  const t = useT();
  const control = useListState("-created_at");
  const fields = useFields();
  const columns = useMemo(() => orderColumns(t), [t]);
  const [rows, setRows] = useState<OrderRow[]>([]);
  return (
    <>
      <PageHead title={t("menu.orders")} actions={<FreshnessBar kind="channel" />} />
      <QueryTable<OrderRow>
        screen="orders"
        testId="orders-table"
        source={SOURCE}
        control={control}
        columns={columns}
        fields={fields}
        rowKey={(row) => row.id}
        rowTestId={(row) => `order-row-${row.id}`}
        tabs={{
          name: "tab",
          first: "all",
          list: TABS.map((key) => ({
            key,
            label: t(`order.tab.${key}`),
            alarming: key === "held" || key === "unlinked" || key === "overdue",
          })),
        }}
        views
        bulk={(selection) => <OrderBulk selection={selection} rows={rows} sort={control.state.sort} />}
        onOpen={(row) => control.open(row.id)}
        onRows={setRows}
        activeId={control.openId}
      />
      {control.openId && <OrderDrawer id={control.openId} onClose={() => control.open(null)} />}
    </>
  );
}

interface BulkProps {
  selection: Selection;
  rows: OrderRow[];
  sort: string;
}

/** What can be done with many orders at once: take their numbers along, or the whole rows. */
function OrderBulk({ selection, rows, sort }: BulkProps) {
  const t = useT();
  const { can } = useSession();
  const { message } = App.useApp();
  const ticked = selection.mode === "ids" ? rows.filter((row) => selection.ids.includes(row.id)) : [];
  const take = async (numbers: string[]) => {
    await copyText(numbers.join("\n"));
    void message.success(t("bulk.copied", { n: numbers.length }));
  };
  const exportThem = (format: "csv" | "xlsx") => {
    const which = selection.mode === "ids" ? { ids: selection.ids.join(",") } : selection.filter;
    saveLink(withQuery("/api/orders/export", { ...which, sort, format }));
  };
  return (
    <>
      {ticked.length > 0 && (
        <>
          <Button size="small" icon={<CopyOutlined />} onClick={() => void take(ticked.map((row) => row.order_no))}>
            {t("bulk.copyOrders")}
          </Button>
          <Button
            size="small"
            icon={<CopyOutlined />}
            onClick={() => void take(ticked.flatMap((row) => row.shipments.map((each) => each.tracking_no)))}
          >
            {t("bulk.copyTracking")}
          </Button>
        </>
      )}
      {can("exports.create") && (
        <>
          <Button
            size="small"
            icon={<DownloadOutlined />}
            onClick={() => exportThem("csv")}
            data-testid="bulk-export-csv"
          >
            {t("bulk.export")} CSV
          </Button>
          <Button
            size="small"
            icon={<DownloadOutlined />}
            onClick={() => exportThem("xlsx")}
            data-testid="bulk-export-xlsx"
          >
            {t("bulk.export")} Excel
          </Button>
        </>
      )}
    </>
  );
}
