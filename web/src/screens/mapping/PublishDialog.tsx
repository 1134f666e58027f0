/** Publishing: the dry run's result once more, a note, and then how many waiting messages were replayed. */
import { useQueryClient } from "@tanstack/react-query";
import { App } from "antd";
import { api } from "../../api/client";
import { invalidate } from "../../api/queries";
import type { DryRun } from "../../api/types";
import { useT } from "../../i18n";
import { useAct } from "../../parts/useAct";
import { NoteDialog } from "../../parts/declaration/NoteDialog";

interface Props {
  path: string;
  revision: number | null;
  changes: number;
  result: DryRun;
  onClose: () => void;
  onPublished: () => Promise<void>;
}

interface Published {
  version: number;
  replayed_messages: number;
}

export function PublishDialog({ path, revision, changes, result, onClose, onPublished }: Props) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const { notification } = App.useApp();
  const publish = (note: string) =>
    act(async () => {
      const answer = await api.post<Published>(`${path}/publish`, { note, revision });
      invalidate(client, ["mappings", "orders", "cases", "messages", "workbench"]);
      await onPublished();
      onClose();
      notification.success({
        title: <span data-testid="published">{t("publish.done", { n: answer.version })}</span>,
        description: t("publish.replayed", { n: answer.replayed_messages }),
        duration: 8,
      });
    });
  const hint = t("publish.hint", {
    rules: changes,
    shipments: result.shipments_changed,
    open: result.cases_would_open,
    close: result.cases_would_close,
  });
  return (
    <NoteDialog title={t("publish.title")} hint={hint} okText={t("mapping.publish")} onOk={publish} onClose={onClose} />
  );
}
