/** An order beside its list. */
import { ExpandOutlined } from "@ant-design/icons";
import { Button, Drawer, Skeleton } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { useGet } from "../../api/queries";
import type { OrderDetail } from "../../api/types";
import { useT } from "../../i18n";
import { Copyable } from "../../parts/Copyable";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { OrderBody } from "./OrderBody";

export function OrderDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useT();
  const [tab, setTab] = useState("timeline");
  const answer = useGet<OrderDetail>("orders", `/api/orders/${id}`);
  return (
    <Drawer
      open
      onClose={onClose}
      size={880}
      title={answer.data ? <Copyable text={answer.data.order.order_no} /> : t("menu.orders")}
      extra={
        <Link to={`/orders/${id}`}>
          <Button icon={<ExpandOutlined />} data-testid="open-full">
            {t("order.fullPage")}
          </Button>
        </Link>
      }
    >
      <div data-testid="order-drawer">
        {answer.isError && !answer.data && <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />}
        {answer.isPending && <Skeleton active paragraph={{ rows: 10 }} />}
        {answer.data && <OrderBody detail={answer.data} tab={tab} onTab={setTab} />}
      </div>
    </Drawer>
  );
}
