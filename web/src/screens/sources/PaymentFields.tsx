/** What a payment provider gave the merchant: numbers and keys by their names on the provider's own pages. */
import { Alert, Form, Input } from "antd";
import type { Source } from "../../api/types";
import { useT } from "../../i18n";

interface Field {
  name: string;
  label: string;
  long?: boolean;
}

const FIELDS: Record<string, Field[]> = {
  wechatpay: [
    { name: "mchid", label: "商户号 mchid" },
    { name: "appid", label: "公众账号 / 小程序 appid" },
    { name: "api_v3_key", label: "APIv3 密钥（32 位）" },
    { name: "merchant_serial", label: "商户 API 证书序列号" },
    { name: "merchant_key", label: "商户 API 私钥（apiclient_key.pem）", long: true },
    { name: "public_key_id", label: "微信支付公钥 ID（PUB_KEY_ID_…）" },
    { name: "public_key", label: "微信支付公钥（pub_key.pem）", long: true },
    { name: "platform_certificates", label: "平台证书（旧模式，可放多张）", long: true },
  ],
  alipay: [
    { name: "app_id", label: "应用 APPID" },
    { name: "seller_id", label: "商家 PID（2088…）" },
    { name: "app_key", label: "应用私钥", long: true },
    { name: "alipay_public_key", label: "支付宝公钥（密钥模式）", long: true },
    { name: "alipay_public_cert", label: "支付宝公钥证书（证书模式）", long: true },
    { name: "app_cert", label: "应用公钥证书（证书模式）", long: true },
    { name: "alipay_root_cert", label: "支付宝根证书（证书模式）", long: true },
  ],
};

export interface PayEntered {
  secrets?: Record<string, string>;
  notify_url?: string;
  collects_for?: string;
}

interface Settings {
  config: Record<string, unknown>;
  secrets: Record<string, string>;
}

/** The settings with what was entered for the provider; what was left empty stays as it is. */
export function withPay(pay: PayEntered | undefined, settings: Settings): Settings {
  if (!pay) return settings;
  const told = Object.entries(pay.secrets ?? {}).filter(([, value]) => value?.trim());
  const channels = pay.collects_for
    ?.split(/[,，\s]+/)
    .map((word) => word.trim())
    .filter(Boolean);
  return {
    config: {
      ...settings.config,
      ...(pay.notify_url?.trim() ? { notify_url: pay.notify_url.trim() } : {}),
      ...(channels ? { collects_for: channels } : {}),
    },
    secrets: { ...settings.secrets, ...Object.fromEntries(told.map(([name, value]) => [name, value.trim()])) },
  };
}

export function PaymentFields({ source }: { source: Source | null }) {
  const t = useT();
  const form = Form.useFormInstance();
  const entered = Form.useWatch("connector", form) as string | undefined;
  const connector = source?.connector ?? entered ?? "";
  const fields = FIELDS[connector];
  if (!fields) return null;
  const stored = new Set(source?.secret_names ?? []);
  const channels = source?.config?.collects_for;
  return (
    <div data-testid="payment-fields">
      <Alert
        type="info"
        showIcon
        className="fh-gap"
        title={t("source.pay.title")}
        description={`${t("source.pay.hook")} ${source ? t("source.pay.keep") : ""}`}
      />
      {fields.map((field) => (
        <Form.Item key={field.name} name={["pay", "secrets", field.name]} label={field.label}>
          {field.long ? (
            <Input.TextArea
              rows={2}
              autoComplete="off"
              spellCheck={false}
              placeholder={stored.has(field.name) ? "••••••" : "-----BEGIN …"}
            />
          ) : (
            <Input autoComplete="off" placeholder={stored.has(field.name) ? "••••••" : ""} />
          )}
        </Form.Item>
      ))}
      <Form.Item name={["pay", "notify_url"]} label="notify_url" initialValue={text(source?.config?.notify_url)}>
        <Input placeholder="https://…/hook/…" />
      </Form.Item>
      <Form.Item
        name={["pay", "collects_for"]}
        label={t("source.pay.collects")}
        extra={t("source.pay.collectsHint")}
        initialValue={Array.isArray(channels) ? channels.join(",") : ""}
      >
        <Input placeholder="taobao,own" />
      </Form.Item>
    </div>
  );
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
