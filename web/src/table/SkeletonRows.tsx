/** Rows to come. */
import { Skeleton } from "antd";

export function SkeletonRows({ rows = 8 }: { rows?: number }) {
  return (
    <div className="fh-skeleton" data-testid="loading">
      <Skeleton active title={false} paragraph={{ rows, width: "100%" }} />
    </div>
  );
}
