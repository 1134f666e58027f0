/** A refund beside its list. */
import { ExpandOutlined } from "@ant-design/icons";
import { Button, Drawer, Skeleton } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { useGet } from "../../api/queries";
import type { RefundPageData } from "../../api/types-payments";
import { useT } from "../../i18n";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { RefundBody } from "./RefundBody";

export function RefundDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useT();
  const [tab, setTab] = useState("timeline");
  const answer = useGet<RefundPageData>("orders", `/api/refunds/${id}`);
  return (
    <Drawer
      open
      onClose={onClose}
      size={880}
      title={answer.data?.refund.refund_no ?? t("menu.refunds")}
      extra={
        <Link to={`/refunds/${id}`}>
          <Button icon={<ExpandOutlined />}>{t("order.fullPage")}</Button>
        </Link>
      }
    >
      <div data-testid="refund-drawer">
        {answer.isError && !answer.data && <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />}
        {answer.isPending && <Skeleton active paragraph={{ rows: 10 }} />}
        {answer.data && <RefundBody page={answer.data} tab={tab} onTab={setTab} />}
      </div>
    </Drawer>
  );
}
