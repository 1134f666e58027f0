/** One's own password: the old one is asked for. */
import { Form, Input, Modal } from "antd";
import { api } from "../api/client";
import { useT } from "../i18n";
import { useAct } from "../parts/useAct";

const SHORTEST = 8;

export function PasswordDialog({ onClose }: { onClose: () => void }) {
  const t = useT();
  const act = useAct();
  const [form] = Form.useForm<{ old: string; new: string; again: string }>();
  const save = (values: { old: string; new: string }) =>
    act(
      async () => {
        await api.patch("/api/me", { password: { old: values.old, new: values.new } });
        onClose();
      },
      { done: t("account.passwordChanged") },
    );
  return (
    <Modal
      open
      title={t("account.password")}
      onCancel={onClose}
      onOk={form.submit}
      okText={t("common.save")}
      width={420}
    >
      <Form form={form} layout="vertical" onFinish={save} requiredMark={false}>
        <Form.Item
          name="old"
          label={t("account.oldPassword")}
          rules={[{ required: true, message: t("form.required") }]}
        >
          <Input.Password autoComplete="current-password" />
        </Form.Item>
        <Form.Item
          name="new"
          label={t("account.newPassword")}
          rules={[{ required: true, min: SHORTEST, message: t("form.passwordShort", { n: SHORTEST }) }]}
        >
          <Input.Password autoComplete="new-password" />
        </Form.Item>
        <Form.Item
          name="again"
          label={t("account.againPassword")}
          dependencies={["new"]}
          rules={[
            ({ getFieldValue }) => ({
              validator: async (_, value) => {
                if (value !== getFieldValue("new")) throw new Error(t("form.passwordDiffers"));
              },
            }),
          ]}
        >
          <Input.Password autoComplete="new-password" />
        </Form.Item>
      </Form>
    </Modal>
  );
}
