/** Search over everything (全局搜索, Ctrl+K): an order, tracking or case number leads to its page. */
import { AuditOutlined, SearchOutlined, ShoppingOutlined, TruckOutlined } from "@ant-design/icons";
import { Empty, Input, Modal, Spin } from "antd";
import { type KeyboardEvent, type ReactNode, useState } from "react";
import { useNavigate } from "react-router";
import { useGet } from "../api/queries";
import type { CaseRow, OrderRow, Page, ShipmentRow } from "../api/types";
import { useT, useTitle } from "../i18n";
import { useDebounced } from "../parts/useDebounced";

interface Hit {
  key: string;
  to: string;
  icon: ReactNode;
  label: string;
  note: string;
}

const SHORTEST = 2;
const EACH = 5;

function useHits(q: string): { hits: Hit[]; busy: boolean } {
  const t = useT();
  const title = useTitle();
  const enabled = q.length >= SHORTEST;
  const query = { q, size: 20, page: 1 };
  const orders = useGet<Page<OrderRow>>("orders", "/api/orders", query, { enabled });
  const shipments = useGet<Page<ShipmentRow>>("orders", "/api/shipments", query, { enabled });
  const cases = useGet<Page<CaseRow>>("cases", "/api/cases", { ...query, status: "all" }, { enabled });
  if (!enabled) return { hits: [], busy: false };
  const hits = [
    ...(orders.data?.items ?? []).slice(0, EACH).map((row) => ({
      key: `order-${row.id}`,
      to: `/orders/${row.id}`,
      icon: <ShoppingOutlined />,
      label: row.order_no,
      note: `${t("menu.orders")} · ${row.channel_title} · ${title("orderState", row.state, row.state_title)}`,
    })),
    ...(shipments.data?.items ?? []).slice(0, EACH).map((row) => ({
      key: `shipment-${row.id}`,
      to: `/shipments/${row.id}`,
      icon: <TruckOutlined />,
      label: row.tracking_no,
      note: `${t("menu.shipments")} · ${row.carrier_title} · ${title("state", row.state, row.state_title)}`,
    })),
    ...(cases.data?.items ?? []).slice(0, EACH).map((row) => ({
      key: `case-${row.id}`,
      to: `/cases/${row.id}`,
      icon: <AuditOutlined />,
      label: `#${row.id} ${row.title}`,
      note: `${t("menu.cases")} · ${row.kind_title} · ${row.subject_label}`,
    })),
  ];
  return { hits, busy: orders.isFetching || shipments.isFetching || cases.isFetching };
}

export function GlobalSearch({ onClose }: { onClose: () => void }) {
  const t = useT();
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const q = useDebounced(text.trim(), 180);
  const { hits, busy } = useHits(q);
  const go = (hit: Hit | undefined) => {
    if (!hit) return;
    onClose();
    navigate(hit.to);
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setAt(Math.min(at + 1, hits.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
    else if (event.key === "Enter") go(hits[at]);
    else return;
    event.preventDefault();
  };
  return (
    <Modal open onCancel={onClose} footer={null} closable={false} width={620} style={{ top: 80 }} className="fh-search">
      <Input
        size="large"
        variant="borderless"
        autoFocus
        prefix={<SearchOutlined />}
        suffix={busy ? <Spin size="small" /> : <kbd>Esc</kbd>}
        placeholder={t("search.placeholder")}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={press}
        data-testid="global-search-input"
      />
      <div className="fh-hits" role="listbox">
        {hits.map((hit, index) => (
          <button
            type="button"
            key={hit.key}
            role="option"
            aria-selected={index === at}
            className={index === at ? "fh-hit fh-hit-on" : "fh-hit"}
            onMouseMove={() => setAt(index)}
            onClick={() => go(hit)}
            data-testid={`hit-${hit.key}`}
          >
            {hit.icon}
            <b>{hit.label}</b>
            <span>{hit.note}</span>
          </button>
        ))}
        {q.length >= SHORTEST && !busy && hits.length === 0 && (
          <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("search.none", { q })} />
        )}
        {q.length < SHORTEST && <p className="fh-hint">{t("search.hint")}</p>}
      </div>
    </Modal>
  );
}
