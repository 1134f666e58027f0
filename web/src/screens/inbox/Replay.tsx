/** Judging stored messages again (重放): one, many, or all that a filter finds; repeating it changes nothing twice. */
import { RedoOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { App, Button } from "antd";
import { useState } from "react";
import { api } from "../../api/client";
import { invalidate } from "../../api/queries";
import type { BulkResult } from "../../api/types";
import { useT } from "../../i18n";
import { bulkBody, countOf, type Selection } from "../../logic/selection";
import { useAct } from "../../parts/useAct";

function useReplay() {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const { message } = App.useApp();
  return (selection: Selection) =>
    act(async () => {
      const result = await api.post<BulkResult>("/api/messages/replay", bulkBody(selection));
      invalidate(client, ["messages", "orders", "cases", "workbench"]);
      void message.success(t("replay.done", { matched: result.matched, changed: result.changed }));
    });
}

export function ReplayOne({ id }: { id: string }) {
  const t = useT();
  const replay = useReplay();
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    await replay({ mode: "ids", ids: [id] });
    setBusy(false);
  };
  return (
    <Button icon={<RedoOutlined />} loading={busy} onClick={() => void run()} data-testid="replay">
      {t("replay.one")}
    </Button>
  );
}

export function ReplayBulk({ selection, onDone }: { selection: Selection; onDone: () => void }) {
  const t = useT();
  const replay = useReplay();
  const { modal } = App.useApp();
  const count = countOf(selection).toLocaleString("en-US");
  const ask = () =>
    modal.confirm({
      title: t("replay.ask", { n: count }),
      content: t("replay.askHint"),
      okText: t("replay.go", { n: count }),
      okButtonProps: { "data-testid": "replay-confirm" },
      onOk: async () => {
        if (await replay(selection)) onDone();
      },
    });
  return (
    <Button size="small" type="primary" icon={<RedoOutlined />} onClick={ask} data-testid="replay-bulk">
      {t("replay.one")}
    </Button>
  );
}
