/** A robot's settings: the form follows its kind; secrets are written here and never shown again. */
import { Form, Input, InputNumber, Modal, Select } from "antd";
import { api } from "../../api/client";
import { useGet } from "../../api/queries";
import type { Channel, ChannelField, Robot } from "../../api/types-notices";
import { useT } from "../../i18n";
import { useAct } from "../../parts/useAct";

interface Entered {
  id: string;
  kind: string;
  title: string;
  per_minute: number | null;
  config: Record<string, string>;
  secrets: Record<string, string>;
}

interface Props {
  robot: Robot | null;
  onClose: () => void;
  onSaved: () => void;
}

const lines = (text: string) => text.split("\n").flatMap((line) => line.trim() || []);

/** What is empty is left out; a list is one a line. */
export function configOf(channel: Channel | undefined, entered: Entered): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  for (const field of channel?.fields ?? []) {
    const value = entered.config?.[field.name]?.trim();
    if (!field.secret && value) config[field.name] = field.many ? lines(value) : value;
  }
  if (entered.per_minute) config.per_minute = entered.per_minute;
  return config;
}

function shown(config: Record<string, unknown>): Record<string, string> {
  const text = (value: unknown) => (Array.isArray(value) ? value.join("\n") : String(value));
  return Object.fromEntries(Object.entries(config).map(([name, value]) => [name, text(value)]));
}

export function RobotDialog({ robot, onClose, onSaved }: Props) {
  const t = useT();
  const act = useAct();
  const [form] = Form.useForm<Entered>();
  const { data: channels = [] } = useGet<Channel[]>("notices", "/api/notice-channels");
  const kind = Form.useWatch("kind", form) ?? robot?.kind;
  const channel = channels.find((each) => each.kind === kind);
  const save = (entered: Entered) =>
    act(
      async () => {
        const told = Object.entries(entered.secrets ?? {}).filter(([, value]) => value?.trim());
        const secrets = Object.fromEntries(told.map(([name, value]) => [name, value.trim()]));
        const body = {
          title: entered.title,
          config: configOf(channel, entered),
          ...(told.length ? { secrets } : {}),
        };
        if (robot) await api.patch(`/api/notice-robots/${robot.id}`, body);
        else await api.post("/api/notice-robots", { ...body, id: entered.id, kind: entered.kind });
        onSaved();
        onClose();
      },
      { done: t("common.saved") },
    );
  return (
    <Modal
      open
      width={620}
      title={robot ? t("robot.edit", { title: robot.title }) : t("robot.new")}
      onCancel={onClose}
      onOk={form.submit}
      okText={t("common.save")}
      okButtonProps={{ "data-testid": "robot-save" }}
    >
      <Form
        form={form}
        layout="vertical"
        onFinish={save}
        initialValues={{
          ...robot,
          kind: robot?.kind ?? "dingtalk",
          per_minute: robot?.config.per_minute ?? null,
          config: shown(robot?.config ?? {}),
        }}
      >
        <Identity fixed={robot !== null} channels={channels} />
        {channel?.fields.map((field) => (
          <Setting key={`${channel.kind}.${field.name}`} field={field} robot={robot} />
        ))}
        {channel && (
          <Form.Item name="per_minute" label={t("robot.limit")} extra={t("robot.limitHint", { n: channel.per_minute })}>
            <InputNumber min={1} max={channel.per_minute} precision={0} />
          </Form.Item>
        )}
      </Form>
    </Modal>
  );
}

function Identity({ fixed, channels }: { fixed: boolean; channels: Channel[] }) {
  const t = useT();
  const required = [{ required: true, message: t("form.required") }];
  return (
    <>
      <div className="fh-form-row">
        <Form.Item name="kind" label={t("robot.kind")} rules={required}>
          <Select
            disabled={fixed}
            options={channels.map((each) => ({ value: each.kind, label: each.title }))}
            data-testid="robot-kind"
          />
        </Form.Item>
        <Form.Item
          name="id"
          label={t("robot.id")}
          rules={[...required, { pattern: /^[a-z0-9][a-z0-9_.-]*$/, message: t("robot.idHint") }]}
        >
          <Input disabled={fixed} placeholder={t("robot.idHint")} data-testid="robot-id" />
        </Form.Item>
      </div>
      <Form.Item name="title" label={t("robot.name")} rules={required}>
        <Input maxLength={60} data-testid="robot-title" />
      </Form.Item>
    </>
  );
}

function Setting({ field, robot }: { field: ChannelField; robot: Robot | null }) {
  const t = useT();
  const kept = field.secret && robot?.secret_names.includes(field.name);
  const rules = field.required && !kept ? [{ required: true, message: t("form.required") }] : [];
  const place = kept ? t("robot.kept") : field.hint;
  return (
    <Form.Item
      name={[field.secret ? "secrets" : "config", field.name]}
      label={field.title}
      extra={kept ? field.hint : undefined}
      rules={rules}
    >
      {field.secret ? (
        <Input.Password autoComplete="new-password" placeholder={place} data-testid={`robot-${field.name}`} />
      ) : field.many ? (
        <Input.TextArea autoSize={{ minRows: 2 }} placeholder={place} data-testid={`robot-${field.name}`} />
      ) : (
        <Input placeholder={place} data-testid={`robot-${field.name}`} />
      )}
    </Form.Item>
  );
}
