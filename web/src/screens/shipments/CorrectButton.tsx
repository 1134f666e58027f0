/** Correction by hand (客服手动修改): a person is a source too, with a reason that stays on record. */
import { EditOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, Input, Modal, Select } from "antd";
import { useState } from "react";
import { api } from "../../api/client";
import { invalidate, useFacets } from "../../api/queries";
import type { ShipmentDetail } from "../../api/types";
import { useSession } from "../../app/session";
import { useT, useTitle } from "../../i18n";
import { useAct } from "../../parts/useAct";

/** Words that never move a state. */
const SILENT = ["info", "unknown", "expired"];

export function CorrectButton({ shipment }: { shipment: ShipmentDetail }) {
  const t = useT();
  const { can } = useSession();
  const [open, setOpen] = useState(false);
  if (!can("cases.rule")) return null;
  return (
    <>
      <Button size="small" icon={<EditOutlined />} onClick={() => setOpen(true)} data-testid="correct">
        {t("correct.button")}
      </Button>
      {open && <CorrectDialog shipment={shipment} onClose={() => setOpen(false)} />}
    </>
  );
}

function CorrectDialog({ shipment, onClose }: { shipment: ShipmentDetail; onClose: () => void }) {
  const t = useT();
  const title = useTitle();
  const act = useAct();
  const client = useQueryClient();
  const facets = useFacets();
  const [form] = Form.useForm<{ state: string; reason: string }>();
  const states = facets.shipment_states
    .filter((each) => !SILENT.includes(each.value))
    .map((each) => ({ value: each.value, label: title("state", each.value, each.title) }));
  const save = (values: { state: string; reason: string }) =>
    act(
      async () => {
        await api.post(`/api/shipments/${shipment.id}/correct`, values);
        invalidate(client, ["orders", "cases", "workbench"]);
        onClose();
      },
      { done: t("correct.done") },
    );
  return (
    <Modal
      open
      title={t("correct.title", { no: shipment.tracking_no })}
      onCancel={onClose}
      onOk={form.submit}
      okText={t("correct.submit")}
      okButtonProps={{ "data-testid": "correct-submit" }}
    >
      <Alert type="info" showIcon title={t("correct.hint")} className="fh-gap" />
      <Form form={form} layout="vertical" onFinish={save}>
        <Form.Item name="state" label={t("correct.state")} rules={[{ required: true, message: t("form.required") }]}>
          <Select
            showSearch={{ optionFilterProp: "label" }}
            options={states.filter((each) => each.value !== shipment.state)}
            data-testid="correct-state"
          />
        </Form.Item>
        <Form.Item
          name="reason"
          label={t("decide.reason")}
          rules={[{ required: true, whitespace: true, message: t("decide.reasonNeeded") }]}
        >
          <Input.TextArea rows={3} maxLength={500} showCount data-testid="reason-input" />
        </Form.Item>
      </Form>
    </Modal>
  );
}
