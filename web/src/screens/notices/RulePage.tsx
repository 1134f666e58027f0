/** One rule of notification: draft, trial on the last days, publish, history. */
import { Skeleton } from "antd";
import { useParams } from "react-router";
import { useGet } from "../../api/queries";
import type { RuleChoices, RuleValues } from "../../api/types-notices";
import { useT } from "../../i18n";
import { DeclarationScreen } from "../../parts/declaration/DeclarationScreen";
import { NeedsAny } from "../../parts/NeedsAny";
import { RuleForm } from "./RuleForm";

const DAYS = 7;

export function RulePage() {
  return (
    <NeedsAny anyOf={["notices.manage"]}>
      <Rule />
    </NeedsAny>
  );
}

function Rule() {
  const t = useT();
  const { name = "" } = useParams();
  const { data: choices } = useGet<RuleChoices>("notices", "/api/notice-choices");
  if (!choices) return <Skeleton active paragraph={{ rows: 12 }} />;
  return (
    <DeclarationScreen<RuleValues>
      kind="notice_rule"
      name={name}
      days={DAYS}
      layout="wide"
      back={{ to: "/notices?view=rules", label: t("notice.rules") }}
      title={(body) => body.title || name}
      editor={(control) => <RuleForm values={control.body} choices={choices} onChange={control.setBody} />}
    />
  );
}
