/** Declaring a carrier (声明承运商): where things are in its answer, with a live preview on a pasted one. */
import { Form, type FormInstance, Input, Select } from "antd";
import { useT } from "../../i18n";
import { useGet } from "../../api/queries";
import type { LayoutExample } from "../../api/types-heartbeat";
import { useAct } from "../../parts/useAct";
import { LayoutPreviewPanel } from "./LayoutPreviewPanel";
import { configOf, fieldsOf, PATHS, withoutLayout } from "./layout";
import { toPairs } from "./pairs";

export function LayoutEditor<Values>({ form }: { form: FormInstance<Values> }) {
  const t = useT();
  const act = useAct();
  const fields = form as unknown as FormInstance;
  const examples = useGet<LayoutExample[]>("sources", "/api/sources/layout-examples");
  const begin = (name: string) => {
    const example = examples.data?.find((each) => each.name === name);
    if (!example) return;
    fields.setFieldsValue({ layout: fieldsOf(example.config), config: toPairs(withoutLayout(example.config)) });
    void act(async () => undefined, { done: t("layout.exampleUsed", { title: example.title }) });
  };
  return (
    <div data-testid="layout-editor">
      <div className="fh-layout-head">
        <b>{t("layout.title")}</b>
        <Select
          style={{ width: 220 }}
          placeholder={t("layout.example")}
          value={null}
          onChange={begin}
          options={(examples.data ?? []).map((each) => ({ value: each.name, label: each.title }))}
          data-testid="layout-example"
        />
      </div>
      <div className="fh-layout-grid">
        {PATHS.map((name) => (
          <Form.Item key={name} name={["layout", "paths", name]} label={t(`layout.${name}`)}>
            <Input spellCheck={false} data-testid={`layout-${name}`} />
          </Form.Item>
        ))}
        <Form.Item name={["layout", "query_url"]} label={t("layout.query_url")} className="fh-layout-wide">
          <Input spellCheck={false} data-testid="layout-query_url" />
        </Form.Item>
        <Form.Item name={["layout", "error"]} label={t("layout.error")}>
          <Input spellCheck={false} data-testid="layout-error" />
        </Form.Item>
        <Form.Item name={["layout", "nothing"]} label={t("layout.nothing")} style={{ gridColumn: "span 2" }}>
          <Input spellCheck={false} placeholder="errors[*].code = NOT_FOUND" data-testid="layout-nothing" />
        </Form.Item>
      </div>
      <Form.Item noStyle shouldUpdate>
        {() => <LayoutPreviewPanel config={configOf(fields.getFieldValue("layout"))} />}
      </Form.Item>
    </div>
  );
}
