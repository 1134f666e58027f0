/** Published versions of a mapping, and the way back to any of them (回滚). */
import { useQueryClient } from "@tanstack/react-query";
import { api } from "../../api/client";
import { invalidate } from "../../api/queries";
import type { MappingDetail } from "../../api/types";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { Versions } from "../../parts/declaration/VersionList";
import { useAct } from "../../parts/useAct";

export function HistoryPanel({ detail }: { detail: MappingDetail }) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const { can } = useSession();
  const rollBack = (version: number, note: string) =>
    act(
      async () => {
        await api.post(`/api/status-mappings/${encodeURIComponent(detail.codes)}/rollback`, { version, note });
        invalidate(client, ["mappings", "orders", "cases", "workbench"]);
      },
      { done: t("history.rolledBackDone") },
    );
  return (
    <Versions
      history={detail.history}
      version={detail.published?.version ?? 0}
      hint={t("history.noneHint")}
      mayRollBack={can("mapping.publish")}
      brief={(each) => `+${each.rules_added} −${each.rules_removed} ~${each.rules_changed}`}
      onRollBack={rollBack}
    />
  );
}
