/** A payment beside its list. */
import { ExpandOutlined } from "@ant-design/icons";
import { Button, Drawer, Skeleton } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { useGet } from "../../api/queries";
import type { PaymentPageData } from "../../api/types-payments";
import { useT } from "../../i18n";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { PaymentBody } from "./PaymentBody";

export function PaymentDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useT();
  const [tab, setTab] = useState("timeline");
  const answer = useGet<PaymentPageData>("orders", `/api/payments/${id}`);
  return (
    <Drawer
      open
      onClose={onClose}
      size={880}
      title={answer.data?.payment.payment_no ?? t("menu.payments")}
      extra={
        <Link to={`/payments/${id}`}>
          <Button icon={<ExpandOutlined />}>{t("order.fullPage")}</Button>
        </Link>
      }
    >
      <div data-testid="payment-drawer">
        {answer.isError && !answer.data && <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />}
        {answer.isPending && <Skeleton active paragraph={{ rows: 10 }} />}
        {answer.data && <PaymentBody page={answer.data} tab={tab} onTab={setTab} />}
      </div>
    </Drawer>
  );
}
