/** What a rule would have sent (试运行): the counts, to whom, and some of the messages as they would read. */
import type { NamedChoice, RuleChoices, RulePreview } from "../../api/types-notices";
import { useT } from "../../i18n";
import { EmptyState } from "../../parts/EmptyState";
import { MessageBody } from "../../parts/MessageBody";
import { Panel } from "../../parts/Panel";
import { TimeText } from "../../parts/Values";

interface Props {
  preview: { result: RulePreview; days: number } | null;
  choices: RuleChoices;
}

/** `robot:x`, `role:ops`, `person:3` by their names. */
export function targetWords(target: string, choices: RuleChoices): string {
  const [kind = "", word = ""] = target.split(/:(.*)/);
  const lists: Record<string, NamedChoice[]> = { robot: choices.robots, role: choices.roles, person: choices.people };
  return lists[kind]?.find((each) => each.value === word)?.title ?? target;
}

export function PreviewPanel({ preview, choices }: Props) {
  const t = useT();
  if (!preview) return null;
  const { result, days } = preview;
  return (
    <Panel title={t("noticeRule.preview")} testId="rule-preview-panel">
      <p>
        {t("noticeRule.would", { days, matched: result.matched, messages: result.messages, digests: result.digests })}
      </p>
      <p className="fh-soft">
        {t("noticeRule.wouldMore", { held: result.held_back, put: result.put_off, up: result.escalations })}
      </p>
      <ul className="fh-targets">
        {Object.entries(result.by_target).map(([target, count]) => (
          <li key={target}>
            {targetWords(target, choices)} <b className="fh-number">{count}</b>
          </li>
        ))}
      </ul>
      {result.samples.length === 0 && <EmptyState title={t("noticeRule.noSample")} />}
      {result.samples.slice(0, 3).map((one) => (
        <div key={`${one.at}${one.target}${one.title}`} className="fh-card">
          <small className="fh-soft">
            <TimeText at={one.at} /> → {targetWords(one.target, choices)}
          </small>
          <MessageBody text={one.body} />
        </div>
      ))}
    </Panel>
  );
}
