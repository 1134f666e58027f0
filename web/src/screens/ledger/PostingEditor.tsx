/** How one event is booked: lines of account and side, in a sentence an accountant reads. */
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Input, Segmented, Select } from "antd";
import type { PostingRule } from "../../api/types-ledger";
import { useT } from "../../i18n";
import type { DeclarationControl } from "../../parts/declaration/useDeclaration";
import { EmptyState } from "../../parts/EmptyState";
import { useChart } from "./RuleList";

type Entry = PostingRule["entries"][number];
const CLEARING = "{clearing}";

export function PostingEditor({ control, editable }: { control: DeclarationControl<PostingRule>; editable: boolean }) {
  const t = useT();
  const { body, setBody } = control;
  const change = (at: number, part: Partial<Entry>) =>
    setBody({ ...body, entries: body.entries.map((each, place) => (place === at ? { ...each, ...part } : each)) });
  const remove = (at: number) => setBody({ ...body, entries: body.entries.filter((_, place) => place !== at) });
  const add = () =>
    setBody({ ...body, entries: [...body.entries, { account: CLEARING, side: "debit", amount: "amount" }] });
  return (
    <div className="fh-posting" data-testid="posting-editor">
      <p className="fh-explanation">{t("posting.sentence", { event: control.detail.title })}</p>
      {body.entries.length === 0 && <EmptyState title={t("posting.none")} />}
      {body.entries.map((entry, at) => (
        <Line
          key={at}
          entry={entry}
          editable={editable}
          onChange={(part) => change(at, part)}
          onRemove={() => remove(at)}
        />
      ))}
      {editable && (
        <Button icon={<PlusOutlined />} onClick={add} data-testid="add-entry">
          {t("posting.add")}
        </Button>
      )}
      <label className="fh-field">
        {t("ledger.memo")}
        <Input
          value={body.memo}
          maxLength={60}
          disabled={!editable}
          onChange={(event) => setBody({ ...body, memo: event.target.value })}
        />
      </label>
    </div>
  );
}

interface LineProps {
  entry: Entry;
  editable: boolean;
  onChange: (part: Partial<Entry>) => void;
  onRemove: () => void;
}

function Line({ entry, editable, onChange, onRemove }: LineProps) {
  const t = useT();
  const accounts = useChart()?.accounts ?? [];
  const options = [
    { value: CLEARING, label: t("posting.clearing") },
    ...accounts.map((each) => ({ value: each.code, label: `${each.code} ${each.title}` })),
  ];
  return (
    <div className="fh-posting-line">
      <Segmented
        value={entry.side}
        disabled={!editable}
        options={[
          { value: "debit", label: t("posting.side.debit") },
          { value: "credit", label: t("posting.side.credit") },
        ]}
        onChange={(side) => onChange({ side: side as Entry["side"] })}
      />
      <Select
        showSearch={{ optionFilterProp: "label" }}
        value={entry.account}
        options={options}
        disabled={!editable}
        onChange={(account) => onChange({ account })}
        aria-label={t("ledger.account")}
      />
      {editable && (
        <Button type="text" icon={<DeleteOutlined />} onClick={onRemove} aria-label={t("posting.remove")} />
      )}
    </div>
  );
}
