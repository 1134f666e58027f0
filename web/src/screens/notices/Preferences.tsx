/** What one wants to hear of (我的偏好): muted events and kinds, quiet hours, a test. */
import { useQueryClient } from "@tanstack/react-query";
import { Button, Checkbox, Form, Input, Select, Skeleton } from "antd";
import { api } from "../../api/client";
import { useFacets, useGet } from "../../api/queries";
import type { MyPreference, Preference } from "../../api/types-notices";
import { useT } from "../../i18n";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { Panel } from "../../parts/Panel";
import { useAct } from "../../parts/useAct";

const PATH = "/api/notices/preferences";

export function Preferences() {
  const answer = useGet<MyPreference>("notices", PATH);
  if (answer.isError && !answer.data) return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />;
  if (!answer.data) return <Skeleton active />;
  return <PreferenceForm told={answer.data} />;
}

function PreferenceForm({ told }: { told: MyPreference }) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const kinds = useFacets().case_kinds.map((each) => ({ value: each.value, label: each.title }));
  const save = (entered: Preference) =>
    act(
      async () => {
        const { quiet_start, quiet_end } = entered;
        await api.put(PATH, { ...entered, quiet_start: quiet_start ?? "", quiet_end: quiet_end ?? "" });
        await client.invalidateQueries({ queryKey: ["notices"] });
      },
      { done: t("common.saved") },
    );
  const test = () =>
    act(
      async () => {
        await api.post("/api/notices/test");
        await client.invalidateQueries({ queryKey: ["notices"] });
      },
      { done: t("wish.tested") },
    );
  return (
    <Panel className="fh-narrow" testId="preferences">
      <Form layout="vertical" initialValues={told.preference} onFinish={save}>
        <Form.Item name="muted_events" label={t("wish.events")} extra={t("wish.escalated")}>
          <Checkbox.Group
            options={told.events
              .filter((each) => each.event !== "escalated")
              .map((each) => ({ value: each.event, label: each.title }))}
          />
        </Form.Item>
        <Form.Item name="muted_kinds" label={t("wish.kinds")} extra={t("wish.kindsHint")}>
          <Select mode="tags" options={kinds} optionFilterProp="label" data-testid="wish-kinds" />
        </Form.Item>
        <Form.Item label={t("wish.quiet")} extra={t("wish.quietHint")}>
          <div className="fh-hours">
            <Form.Item name="quiet_start" noStyle>
              <Input type="time" data-testid="wish-start" />
            </Form.Item>
            <span>—</span>
            <Form.Item name="quiet_end" noStyle>
              <Input type="time" data-testid="wish-end" />
            </Form.Item>
          </div>
        </Form.Item>
        <Button type="primary" htmlType="submit" data-testid="wish-save">
          {t("common.save")}
        </Button>{" "}
        <Button onClick={() => void test()} data-testid="wish-test">
          {t("wish.test")}
        </Button>
      </Form>
    </Panel>
  );
}
