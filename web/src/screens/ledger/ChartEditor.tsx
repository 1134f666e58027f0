/** The chart of accounts: codes, titles, kinds, and which account holds each provider's money. */
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Input, Select } from "antd";
import type { Account, Chart } from "../../api/types-ledger";
import { useT, useTitle } from "../../i18n";
import type { DeclarationControl } from "../../parts/declaration/useDeclaration";

const KINDS = ["asset", "liability", "equity", "income", "expense"] as const;

export function ChartEditor({ control, editable }: { control: DeclarationControl<Chart>; editable: boolean }) {
  const t = useT();
  const title = useTitle();
  const { body, setBody } = control;
  const change = (at: number, part: Partial<Account>) =>
    setBody({ ...body, accounts: body.accounts.map((each, place) => (place === at ? { ...each, ...part } : each)) });
  return (
    <div className="fh-posting" data-testid="chart-editor">
      {body.accounts.map((each, at) => (
        <div className="fh-posting-line fh-account" key={at}>
          <Input value={each.code} disabled={!editable} onChange={(event) => change(at, { code: event.target.value })} />
          <Input
            value={each.title}
            disabled={!editable}
            onChange={(event) => change(at, { title: event.target.value })}
          />
          <Select
            value={each.kind}
            disabled={!editable}
            options={KINDS.map((kind) => ({ value: kind, label: t(`chart.kind.${kind}`) }))}
            onChange={(kind) => change(at, { kind })}
            aria-label={t("chart.kind")}
          />
          {editable && (
            <Button
              type="text"
              icon={<DeleteOutlined />}
              aria-label={t("posting.remove")}
              onClick={() => setBody({ ...body, accounts: body.accounts.filter((_, place) => place !== at) })}
            />
          )}
        </div>
      ))}
      {editable && (
        <Button
          icon={<PlusOutlined />}
          onClick={() =>
            setBody({ ...body, accounts: [...body.accounts, { code: "", title: "", kind: "asset" }] })
          }
        >
          {t("posting.add")}
        </Button>
      )}
      <h4>{t("chart.clearing")}</h4>
      {Object.entries(body.clearing).map(([provider, code]) => (
        <div className="fh-posting-line" key={provider}>
          <span>{title("chart.provider", provider)}</span>
          <Select
            value={code}
            disabled={!editable}
            options={body.accounts.map((each) => ({ value: each.code, label: `${each.code} ${each.title}` }))}
            onChange={(next) => setBody({ ...body, clearing: { ...body.clearing, [provider]: next } })}
            aria-label={title("chart.provider", provider)}
          />
        </div>
      ))}
    </div>
  );
}
