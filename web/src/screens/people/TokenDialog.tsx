/** A new token; afterwards its secret, once. */
import { useQueryClient } from "@tanstack/react-query";
import { Alert, Form, Input, InputNumber, Modal, Select } from "antd";
import { useState } from "react";
import { api } from "../../api/client";
import { useSession } from "../../app/session";
import { useT, useTitle } from "../../i18n";
import { Copyable } from "../../parts/Copyable";
import { useAct } from "../../parts/useAct";

interface Entered {
  name: string;
  scopes: string[];
  expires_days: number;
}

const YEAR = 365;

export function TokenDialog({ onClose }: { onClose: () => void }) {
  const t = useT();
  const title = useTitle();
  const act = useAct();
  const client = useQueryClient();
  const { me } = useSession();
  const [form] = Form.useForm<Entered>();
  const [secret, setSecret] = useState<string | null>(null);
  const make = (entered: Entered) =>
    act(async () => {
      const made = await api.post<{ token: string }>("/api/tokens", entered);
      setSecret(made.token);
      await client.invalidateQueries({ queryKey: ["people"] });
    });
  if (secret) {
    return (
      <Modal
        open
        title={t("token.once")}
        onCancel={onClose}
        onOk={onClose}
        cancelButtonProps={{ style: { display: "none" } }}
        okText={t("token.kept")}
      >
        <Alert type="warning" showIcon title={t("token.onceHint")} className="fh-gap" />
        <p className="fh-secret" data-testid="token-secret">
          <Copyable text={secret} />
        </p>
      </Modal>
    );
  }
  const required = [{ required: true, message: t("form.required") }];
  return (
    <Modal open width={460} title={t("token.new")} onCancel={onClose} onOk={form.submit} okText={t("token.make")}>
      <Form
        form={form}
        layout="vertical"
        onFinish={make}
        initialValues={{ expires_days: YEAR, scopes: ["orders.view"] }}
      >
        <Form.Item name="name" label={t("token.name")} rules={required}>
          <Input maxLength={80} placeholder={t("token.nameHint")} data-testid="token-name" />
        </Form.Item>
        <Form.Item name="scopes" label={t("token.scopes")} rules={required}>
          <Select
            mode="multiple"
            options={me.permissions.map((each) => ({ value: each, label: title("permission", each) }))}
          />
        </Form.Item>
        <Form.Item name="expires_days" label={t("token.days")} rules={required}>
          <InputNumber min={1} max={YEAR + 1} precision={0} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
