/** The draft against what is in force, rule by rule. */
import { EditOutlined, MinusOutlined, PlusOutlined } from "@ant-design/icons";
import type { MappingDetail } from "../../api/types";
import { useT, useTitle } from "../../i18n";
import { keyOf, type RuleChange } from "../../logic/rules";
import { EmptyState } from "../../parts/EmptyState";

interface Props {
  changes: RuleChange[];
  states: MappingDetail["states"];
}

export function DiffPanel({ changes, states }: Props) {
  const t = useT();
  const title = useTitle();
  const name = (state: string | null) =>
    state ? title("state", state, states.find((each) => each.state === state)?.title) : t("mapping.none");
  if (changes.length === 0) return <EmptyState title={t("diff.none")} />;
  return (
    <ul className="fh-diff" data-testid="diff">
      {changes.map((each) => (
        <li key={keyOf(each)} className={each.before === null ? "added" : each.after === null ? "removed" : "changed"}>
          {each.before === null ? <PlusOutlined /> : each.after === null ? <MinusOutlined /> : <EditOutlined />}
          <code>{each.value}</code>
          {each.when && <small className="fh-soft">{t("rule.when", { text: each.when })}</small>}
          <span>
            {name(each.before)} → <b>{name(each.after)}</b>
          </span>
        </li>
      ))}
    </ul>
  );
}
