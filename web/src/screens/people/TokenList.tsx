/** API tokens (令牌): the secret is shown once. */
import { DeleteOutlined, KeyOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Button, Popconfirm } from "antd";
import { useState } from "react";
import { api } from "../../api/client";
import type { Token } from "../../api/types";
import { type Translate, useT, useTitle } from "../../i18n";
import { Flag } from "../../parts/Tags";
import { useAct } from "../../parts/useAct";
import { agoColumn, textColumn, timeColumn } from "../../table/cells";
import { containsWords } from "../../table/localRows";
import { QueryTable } from "../../table/QueryTable";
import type { QueryColumn } from "../../table/types";
import { useListState } from "../../table/useListState";
import { TokenDialog } from "./TokenDialog";

const SOURCE = {
  topic: "people",
  path: "/api/tokens",
  local: {
    match: (row: Token, filters: Record<string, string>) =>
      containsWords(filters.q, [row.name, row.prefix, ...row.scopes]),
  },
} as const;

type Title = ReturnType<typeof useTitle>;

function tokenColumns(t: Translate, title: Title, onRevoke: (row: Token) => void): QueryColumn<Token>[] {
  return [
    textColumn({
      key: "name",
      title: t("token.name"),
      width: 200,
      of: (row) => row.name,
      render: (row) => <b>{row.name}</b>,
    }),
    textColumn({
      key: "prefix",
      title: t("token.prefix"),
      width: 130,
      of: (row) => row.prefix,
      render: (row) => <code>{row.prefix}…</code>,
    }),
    textColumn({
      key: "scopes",
      title: t("token.scopes"),
      width: 320,
      of: (row) => row.scopes.join(" "),
      render: (row) => (
        <span className="fh-row">
          {row.scopes.map((scope) => (
            <Flag key={scope} mood="info">
              {title("permission", scope)}
            </Flag>
          ))}
        </span>
      ),
    }),
    timeColumn({ key: "created_at", title: t("people.created"), of: (row) => row.created_at }),
    agoColumn({ key: "last_used_at", title: t("token.lastUsed"), of: (row) => row.last_used_at }),
    timeColumn({ key: "expires_at", title: t("token.expires"), of: (row) => row.expires_at }),
    {
      key: "revoke",
      title: "",
      width: 90,
      render: (row) => (
        <Popconfirm title={t("token.revokeAsk", { name: row.name })} onConfirm={() => onRevoke(row)}>
          <Button size="small" danger icon={<DeleteOutlined />}>
            {t("token.revoke")}
          </Button>
        </Popconfirm>
      ),
    },
  ];
}

export function TokenList() {
  const t = useT();
  const title = useTitle();
  const act = useAct();
  const client = useQueryClient();
  const control = useListState("-created_at");
  const [making, setMaking] = useState(false);
  const revoke = (row: Token) =>
    act(
      async () => {
        await api.delete(`/api/tokens/${row.id}`);
        await client.invalidateQueries({ queryKey: ["people"] });
      },
      { done: t("token.revoked") },
    );
  return (
    <>
      <QueryTable<Token>
        screen="tokens"
        testId="tokens-table"
        source={SOURCE}
        control={control}
        rowKey={(row) => row.id}
        rowTestId={(row) => `token-row-${row.id}`}
        fields={[{ kind: "text", name: "q", label: t("list.words"), primary: true }]}
        empty={{ title: t("token.none"), hint: t("token.noneHint") }}
        actions={
          <Button type="primary" icon={<KeyOutlined />} onClick={() => setMaking(true)} data-testid="token-new">
            {t("token.new")}
          </Button>
        }
        columns={tokenColumns(t, title, (row) => void revoke(row))}
      />
      {making && <TokenDialog onClose={() => setMaking(false)} />}
    </>
  );
}
