/** A source's settings; secrets are written here and never shown again. */
import { useQuery } from "@tanstack/react-query";
import { AutoComplete, Form, Input, Modal } from "antd";
import { api } from "../../api/client";
import type { Source } from "../../api/types";
import { useT } from "../../i18n";
import { useAct } from "../../parts/useAct";
import { LayoutEditor } from "./LayoutEditor";
import { configOf, fieldsOf, type LayoutFields, withoutLayout } from "./layout";
import { PairsInput } from "./PairsInput";
import { fromPairs, type Pair, toPairs } from "./pairs";
import { type PayEntered, PaymentFields, withPay } from "./PaymentFields";

interface Entered {
  layout?: LayoutFields;
  id: string;
  connector: string;
  title: string;
  config: Pair[];
  secrets: Pair[];
  pay?: PayEntered;
}

interface ConnectorChoice {
  name: string;
  title: string;
  kind: string;
}

interface Props {
  source: Source | null;
  onClose: () => void;
  onSaved: () => void;
}

export function SourceDialog({ source, onClose, onSaved }: Props) {
  const t = useT();
  const act = useAct();
  const [form] = Form.useForm<Entered>();
  const save = (entered: Entered) =>
    act(
      async () => {
        const { config, secrets } = withPay(entered.pay, {
          config: fromPairs(entered.config ?? [], true),
          secrets: fromPairs(entered.secrets ?? [], false) as Record<string, string>,
        });
        const body = {
          title: entered.title,
          config: { ...config, ...configOf(entered.layout) },
          ...(Object.keys(secrets).length ? { secrets } : {}),
        };
        if (source) await api.patch(`/api/sources/${encodeURIComponent(source.id)}`, body);
        else await api.post("/api/sources", { secrets: {}, ...body, id: entered.id, connector: entered.connector });
        onSaved();
        onClose();
      },
      { done: t("common.saved") },
    );
  return (
    <Modal
      open
      width={760}
      title={source ? t("source.edit", { title: source.title }) : t("source.new")}
      onCancel={onClose}
      onOk={form.submit}
      okText={t("common.save")}
    >
      <Form
        form={form}
        layout="vertical"
        onFinish={save}
        initialValues={{
          ...source,
          config: toPairs(withoutLayout(source?.config ?? {})),
          layout: fieldsOf(source?.config ?? {}),
          secrets: [],
        }}
      >
        <Identity fixed={source !== null} />
        <PaymentFields source={source} />
        <Form.Item noStyle shouldUpdate={(before, after) => before.connector !== after.connector}>
          {() => form.getFieldValue("connector") === "generic_json" && <LayoutEditor form={form} />}
        </Form.Item>
        <Settings source={source} />
      </Form>
    </Modal>
  );
}

function Identity({ fixed }: { fixed: boolean }) {
  const t = useT();
  const connectors = useQuery({
    queryKey: ["sources", "connectors"],
    queryFn: () => api.get<ConnectorChoice[]>("/api/connectors"),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const choices = (connectors.data ?? []).map((each) => ({ value: each.name, label: `${each.title} (${each.name})` }));
  const required = [{ required: true, message: t("form.required") }];
  return (
    <>
      <div className="fh-form-row">
        <Form.Item
          name="id"
          label={t("source.id")}
          rules={[...required, { pattern: /^[a-z0-9][a-z0-9_-]*$/, message: t("source.idRule") }]}
        >
          <Input disabled={fixed} prefix="/hook/" />
        </Form.Item>
        <Form.Item name="connector" label={t("source.connector")} rules={required}>
          <AutoComplete disabled={fixed} options={choices} />
        </Form.Item>
      </div>
      <Form.Item name="title" label={t("source.title")} rules={required}>
        <Input maxLength={80} />
      </Form.Item>
    </>
  );
}

function Settings({ source }: { source: Source | null }) {
  const t = useT();
  const stored = source?.secret_names?.length ? t("source.stored", { names: source.secret_names.join(", ") }) : "";
  return (
    <>
      <Form.Item name="config" label={t("source.config")}>
        <PairsInput />
      </Form.Item>
      <Form.Item
        name="secrets"
        label={t("source.secrets")}
        extra={[t(source ? "source.secretsKeep" : "source.secretsHint"), stored].filter(Boolean).join(" ")}
      >
        <PairsInput secret />
      </Form.Item>
    </>
  );
}
