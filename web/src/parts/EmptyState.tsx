/** Nothing here: why, and what one can do about it. */
import { Empty } from "antd";
import type { ReactNode } from "react";

export function EmptyState({ title, hint, action }: { title: string; hint?: string; action?: ReactNode }) {
  return (
    <Empty
      image={Empty.PRESENTED_IMAGE_SIMPLE}
      className="fh-empty"
      description={
        <>
          <b>{title}</b>
          {hint && <p>{hint}</p>}
        </>
      }
    >
      {action}
    </Empty>
  );
}
