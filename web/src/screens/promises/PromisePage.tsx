/** One channel's promises: the rows, their trial on real history, publishing by a second person, going back. */
import { PlusOutlined } from "@ant-design/icons";
import { Alert, Button } from "antd";
import { useParams } from "react-router";
import { useFacets } from "../../api/queries";
import type { PromiseRule, PromiseValues } from "../../api/types";
import { useT } from "../../i18n";
import { DeclarationScreen } from "../../parts/declaration/DeclarationScreen";
import type { DeclarationControl } from "../../parts/declaration/useDeclaration";
import { EmptyState } from "../../parts/EmptyState";
import { PromiseRuleRow } from "./PromiseRuleRow";

const NEW_RULE: PromiseRule = {
  stage: "ship",
  hours: 48,
  order_type: "",
  regions: [],
  carrier: "",
  warn_hours: 4,
  penalty: { fixed_minor: 0, share_bp: 0, least_minor: 0, most_minor: null },
  since: "",
  until: "",
  note: "",
};

export function PromisePage() {
  const t = useT();
  const { name = "" } = useParams();
  return (
    <DeclarationScreen<PromiseValues>
      kind="promise"
      name={name}
      layout="over"
      back={{ to: "/promises", label: t("menu.promises") }}
      extra={t("promise.wins")}
      hint={t("promise.publishHint")}
      editor={(control, editable) => <Rules control={control} editable={editable} />}
    />
  );
}

function Rules({ control, editable }: { control: DeclarationControl<PromiseValues>; editable: boolean }) {
  const t = useT();
  const facets = useFacets();
  const { body, setBody, detail } = control;
  const put = (at: number, rule: PromiseRule) =>
    setBody({ rules: body.rules.map((each, n) => (n === at ? rule : each)) });
  return (
    <>
      {detail.version === 0 && detail.body.rules.length > 0 && (
        <Alert type="info" showIcon className="fh-gap" title={t("promise.defaultMark")} data-testid="default-mark" />
      )}
      <div className="fh-promise-rows" data-testid="promise-rows">
        {body.rules.length === 0 && <EmptyState title={t("promise.noRows")} />}
        {body.rules.map((rule, at) => (
          <PromiseRuleRow
            key={at}
            at={at}
            rule={rule}
            carriers={facets.carriers}
            editable={editable}
            onChange={(next) => put(at, next)}
            onRemove={() => setBody({ rules: body.rules.filter((_, n) => n !== at) })}
          />
        ))}
        {editable && (
          <Button
            icon={<PlusOutlined />}
            onClick={() => setBody({ rules: [...body.rules, NEW_RULE] })}
            data-testid="add-rule"
          >
            {t("promise.add")}
          </Button>
        )}
      </div>
    </>
  );
}
