/** What a bulk action did: how many were meant, changed, and which not and why. */
import { Modal, Result, Table } from "antd";
import type { BulkResult } from "../../api/types";
import { useT } from "../../i18n";

export function BulkOutcome({ result, onClose }: { result: BulkResult; onClose: () => void }) {
  const t = useT();
  const failed = result.failed ?? [];
  const status = failed.length > 0 || result.changed < result.matched ? "warning" : "success";
  return (
    <Modal open footer={null} onCancel={onClose} width={520}>
      <Result
        data-testid="bulk-outcome"
        status={status}
        title={t("bulk.outcome", { matched: result.matched, changed: result.changed })}
        subTitle={failed.length > 0 ? t("bulk.failed", { n: failed.length }) : undefined}
      />
      {failed.length > 0 && (
        <Table
          size="small"
          rowKey="id"
          dataSource={failed}
          pagination={{ pageSize: 8, size: "small", hideOnSinglePage: true }}
          columns={[
            { key: "id", title: "#", dataIndex: "id", width: 100 },
            { key: "reason", title: t("audit.reason"), dataIndex: "reason" },
          ]}
        />
      )}
    </Modal>
  );
}
