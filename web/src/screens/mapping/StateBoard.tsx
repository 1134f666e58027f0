/** Right of the codes: every canonical state as a slot; the ten nodes of the scale, and those beside it. */
import { LockOutlined } from "@ant-design/icons";
import { useMemo, useState } from "react";
import type { MappingDetail, Rule } from "../../api/types";
import { useT, useTitle } from "../../i18n";
import { keyOf, type RuleName, rulesByState, splitByUse } from "../../logic/rules";
import { MAIN_LINE } from "../../logic/scale";
import { DropSlot } from "./MappingBoard";
import { RuleChip } from "./RuleChip";

interface Props {
  detail: MappingDetail;
  rules: readonly Rule[];
  editable: boolean;
  onAssign: (name: RuleName, state: string | null) => void;
  onNote: (rule: Rule, note: string) => void;
}

export function StateBoard({ detail, rules, editable, onAssign, onNote }: Props) {
  const t = useT();
  const table = useMemo(() => rulesByState(rules), [rules]);
  const events = useMemo(() => new Map(detail.seen.map((each) => [each.code, each.events_72h])), [detail.seen]);
  const published = useMemo(
    () => new Map((detail.published?.rules ?? []).map((rule) => [keyOf(rule), rule.state])),
    [detail.published],
  );
  const main = detail.states.filter((each) => (MAIN_LINE as readonly string[]).includes(each.state));
  const beside = detail.states.filter((each) => !(MAIN_LINE as readonly string[]).includes(each.state));
  const slots = (states: MappingDetail["states"]) =>
    states.map((each) => (
      <Slot
        key={each.state}
        state={each}
        rules={table.get(each.state) ?? []}
        states={detail.states}
        events={events}
        published={published}
        editable={editable}
        onAssign={onAssign}
        onNote={onNote}
      />
    ));
  return (
    <div className="fh-board">
      <section>
        <h3>{t("board.main")}</h3>
        {slots(main)}
      </section>
      <section>
        <h3>
          {t("board.beside")}
          <small>
            <LockOutlined /> {t("board.shipped")}
          </small>
        </h3>
        {slots(beside)}
      </section>
    </div>
  );
}

interface SlotProps {
  state: MappingDetail["states"][number];
  rules: Rule[];
  states: MappingDetail["states"];
  events: ReadonlyMap<string, number>;
  published: ReadonlyMap<string, string>;
  editable: boolean;
  onAssign: Props["onAssign"];
  onNote: Props["onNote"];
}

function Slot({ state, rules, states, events, published, editable, onAssign, onNote }: SlotProps) {
  const title = useTitle();
  const t = useT();
  const [unfolded, setUnfolded] = useState(false);
  const { used, idle } = useMemo(() => splitByUse(rules, events), [rules, events]);
  return (
    <DropSlot slot={state.state} className="fh-slot" testId={`state-slot-${state.state}`}>
      <div className="fh-slot-name">
        <i>{state.rank ?? "·"}</i>
        <span>{title("state", state.state, state.title)}</span>
      </div>
      <div className="fh-slot-chips">
        {(unfolded ? [...used, ...idle] : used).map((rule) => (
          <RuleChip
            key={keyOf(rule)}
            rule={rule}
            events={events.get(rule.value) ?? 0}
            changed={published.get(keyOf(rule)) !== rule.state}
            states={states}
            editable={editable}
            onAssign={onAssign}
            onNote={onNote}
          />
        ))}
        {idle.length > 0 && (
          <button
            type="button"
            className="fh-more"
            title={t("board.idle", { n: idle.length })}
            onClick={() => setUnfolded(!unfolded)}
            data-testid={`slot-more-${state.state}`}
          >
            {unfolded ? t("list.fold") : `+${idle.length}`}
          </button>
        )}
      </div>
    </DropSlot>
  );
}
