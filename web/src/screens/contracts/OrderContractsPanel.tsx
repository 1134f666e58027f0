/** What was asked of carriers for one order, and booking it (下单取号). */
import { SendOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Button, Modal, Select, Skeleton } from "antd";
import { useState } from "react";
import { api } from "../../api/client";
import { invalidate, useGet } from "../../api/queries";
import type { OrderContracts } from "../../api/types-heartbeat";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { useAct } from "../../parts/useAct";
import { ContractTable } from "./ContractTable";

export function OrderContractsPanel({ orderId }: { orderId: string }) {
  const t = useT();
  const { can } = useSession();
  const [booking, setBooking] = useState(false);
  const answer = useGet<OrderContracts>("orders", `/api/orders/${orderId}/contracts`);
  if (answer.isError && !answer.data) {
    return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />;
  }
  if (!answer.data) return <Skeleton active />;
  const { contracts, choices } = answer.data;
  return (
    <div data-testid="order-contracts">
      <ContractTable rows={contracts} />
      {can("cases.rule") && choices.length > 0 && (
        <Button icon={<SendOutlined />} onClick={() => setBooking(true)} data-testid="book">
          {t("contract.book")}
        </Button>
      )}
      {booking && <BookDialog orderId={orderId} choices={choices} onClose={() => setBooking(false)} />}
    </div>
  );
}

interface DialogProps {
  orderId: string;
  choices: OrderContracts["choices"];
  onClose: () => void;
}

function BookDialog({ orderId, choices, onClose }: DialogProps) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const [source, setSource] = useState(choices[0]?.id ?? "");
  const book = () =>
    act(
      async () => {
        await api.post(`/api/orders/${orderId}/book`, { source });
        invalidate(client, ["orders"]);
        onClose();
      },
      { done: t("contract.booked") },
    );
  return (
    <Modal
      open
      width={420}
      title={t("contract.book")}
      onCancel={onClose}
      onOk={book}
      okButtonProps={{ "data-testid": "book-confirm" }}
    >
      <p className="fh-soft">{t("contract.bookWith")}</p>
      <Select
        value={source}
        onChange={setSource}
        options={choices.map((each) => ({ value: each.id, label: each.title }))}
        style={{ width: "100%" }}
      />
    </Modal>
  );
}
