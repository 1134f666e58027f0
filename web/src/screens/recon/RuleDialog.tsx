/** Proposing a ruling: accept the difference, match a document to another order, or unmatch it. Another person approves. */
import { useQueryClient } from "@tanstack/react-query";
import { Alert, Form, Input, Modal, Radio, Select } from "antd";
import { useState } from "react";
import { api } from "../../api/client";
import type { ReconBreak } from "../../api/types-recon";
import { useT, useTitle } from "../../i18n";
import { useAct } from "../../parts/useAct";

const RULED = new Set(["payment", "refund", "voucher"]);

interface Wish {
  act: "force" | "match" | "unmatch";
  document?: string;
  order_no?: string;
  reason: string;
}

export function RuleDialog({ item, onClose }: { item: ReconBreak; onClose: () => void }) {
  const t = useT();
  const words = useTitle();
  const act = useAct();
  const client = useQueryClient();
  const [form] = Form.useForm<Wish>();
  const chosen = Form.useWatch("act", form) ?? "force";
  const [busy, setBusy] = useState(false);
  const documents = item.documents.filter((one) => RULED.has(one.kind) && one.id !== null);
  const propose = async ({ act: wanted, document = "", order_no = "", reason }: Wish) => {
    setBusy(true);
    const [kind = "", document_id = ""] = document.split("/");
    const worked = await act(
      async () => {
        await api.post("/api/recon/rulings", { act: wanted, reason, key: item.key, kind, document_id, order_no });
        await client.invalidateQueries({ queryKey: ["money"] });
      },
      { done: t("ruling.proposed") },
    );
    setBusy(false);
    if (worked) onClose();
  };
  const acts = (["force", "match", "unmatch"] as const).map((value) => ({
    value,
    label: t(`ruling.${value}`),
    disabled: value !== "force" && documents.length === 0,
  }));
  return (
    <Modal
      open
      width={520}
      title={t("ruling.propose")}
      okText={t("ruling.propose")}
      onOk={form.submit}
      onCancel={onClose}
      confirmLoading={busy}
      okButtonProps={{ "data-testid": "ruling-go" }}
    >
      <Form form={form} layout="vertical" onFinish={propose} initialValues={{ act: "force" }}>
        <Form.Item name="act">
          <Radio.Group optionType="button" options={acts} />
        </Form.Item>
        <Alert type="info" showIcon className="fh-gap" title={t(`ruling.${chosen}Hint`)} />
        {chosen !== "force" && (
          <Form.Item name="document" label={t("ruling.document")} rules={[{ required: true }]}>
            <Select
              options={documents.map((one) => ({
                value: `${one.kind}/${one.id}`,
                label: `${words("document", one.kind)} ${one.number}`,
              }))}
            />
          </Form.Item>
        )}
        {chosen === "match" && (
          <Form.Item name="order_no" label={t("ruling.orderNo")} rules={[{ required: true }]}>
            <Input />
          </Form.Item>
        )}
        <Form.Item name="reason" label={t("ruling.reason")} rules={[{ required: true, whitespace: true }]}>
          <Input.TextArea rows={3} maxLength={500} data-testid="ruling-reason" />
        </Form.Item>
      </Form>
    </Modal>
  );
}
