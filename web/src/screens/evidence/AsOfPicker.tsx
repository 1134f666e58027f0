/** "What did we believe then?" (当时我们认为): asked of the hub by the time we heard, shown beside the timeline. */
import { HistoryOutlined } from "@ant-design/icons";
import { Button, DatePicker, Skeleton } from "antd";
import dayjs from "dayjs";
import { useGet } from "../../api/queries";
import type { AsOf } from "../../api/types";
import { useT } from "../../i18n";
import { formatMinute, fromShanghai } from "../../logic/time";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { StateTag } from "../../parts/Tags";

interface Props {
  orderId: string;
  at: string | null;
  onChange: (at: string | null) => void;
}

export function AsOfPicker({ orderId, at, onChange }: Props) {
  const t = useT();
  return (
    <div className="fh-asof" data-testid="as-of">
      <span>
        <HistoryOutlined /> {t("asOf.ask")}
      </span>
      <DatePicker
        showTime={{ format: "HH:mm:ss" }}
        format="YYYY-MM-DD HH:mm:ss"
        value={at ? dayjs(formatMinuteSecond(at)) : null}
        onChange={(day) => onChange(day ? fromShanghai(day.format("YYYY-MM-DD HH:mm:ss")) : null)}
        placeholder={t("asOf.now")}
        data-testid="as-of-picker"
      />
      {at && (
        <Button size="small" onClick={() => onChange(null)}>
          {t("asOf.back")}
        </Button>
      )}
      {at && <Belief orderId={orderId} at={at} />}
    </div>
  );
}

function formatMinuteSecond(at: string): string {
  return `${formatMinute(at)}:${at.slice(17, 19)}`;
}

function Belief({ orderId, at }: { orderId: string; at: string }) {
  const t = useT();
  const answer = useGet<AsOf>("orders", `/api/orders/${orderId}/as-of`, { at });
  if (answer.isError) return <ErrorPanel error={answer.error} />;
  if (!answer.data) return <Skeleton.Input active size="small" />;
  return (
    <p className="fh-belief" data-testid="belief">
      {t("asOf.believed", { at: formatMinute(at) })}{" "}
      <StateTag state={answer.data.state} title={answer.data.state_title} kind="order" />
      {answer.data.shipments.map((each) => (
        <span key={each.tracking_no}>
          {each.tracking_no} <StateTag state={each.state} title={each.state_title} />
        </span>
      ))}
    </p>
  );
}
