/** Sources (连接): who may send to us, where to, and when each was last heard. */
import { PlusOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { api } from "../../api/client";
import type { Source } from "../../api/types";
import { useT, useTitle } from "../../i18n";
import { useFreshness } from "../../parts/Freshness";
import { PageHead } from "../../parts/PageHead";
import { useAct } from "../../parts/useAct";
import { containsWords } from "../../table/localRows";
import { QueryTable } from "../../table/QueryTable";
import { useListState } from "../../table/useListState";
import { sourceColumns } from "./columns";
import { SourceDialog } from "./SourceDialog";

const SOURCE = {
  topic: "sources",
  path: "/api/sources",
  local: {
    match: (row: Source, filters: Record<string, string>) =>
      containsWords(filters.q, [row.id, row.title, row.connector, row.kind]),
  },
} as const;

export function SourceList() {
  const t = useT();
  const title = useTitle();
  const act = useAct();
  const client = useQueryClient();
  const control = useListState("title");
  const [editing, setEditing] = useState<Source | "new" | null>(null);
  const { data } = useFreshness();
  const fresh = new Map(data?.items.map((each) => [each.id, each]));
  const changed = () => client.invalidateQueries({ queryKey: ["sources"] });
  const enable = (row: Source, enabled: boolean) =>
    act(async () => {
      await api.patch(`/api/sources/${encodeURIComponent(row.id)}`, { enabled });
      await changed();
    });
  return (
    <>
      <PageHead title={t("menu.sources")} note={t("source.intro")} />
      <QueryTable<Source>
        screen="sources"
        testId="sources-table"
        source={SOURCE}
        control={control}
        rowKey={(row) => row.id}
        rowTestId={(row) => `source-row-${row.id}`}
        fields={[{ kind: "text", name: "q", label: t("list.words"), primary: true }]}
        onOpen={setEditing}
        actions={
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setEditing("new")} data-testid="source-new">
            {t("source.new")}
          </Button>
        }
        columns={sourceColumns(t, title, { fresh, onEnable: (row, on) => void enable(row, on), onEdit: setEditing })}
      />
      {editing && (
        <SourceDialog
          source={editing === "new" ? null : editing}
          onClose={() => setEditing(null)}
          onSaved={() => void changed()}
        />
      )}
    </>
  );
}
