/** Published versions, and the way back to any of them (回滚). */
import { RollbackOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { api } from "../../api/client";
import { invalidate } from "../../api/queries";
import type { MappingDetail, MappingVersion } from "../../api/types";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { EmptyState } from "../../parts/EmptyState";
import { Flag } from "../../parts/Tags";
import { useAct } from "../../parts/useAct";
import { TimeText } from "../../parts/Values";
import { NoteDialog } from "../../parts/declaration/NoteDialog";

export function HistoryPanel({ detail }: { detail: MappingDetail }) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const { can } = useSession();
  const [target, setTarget] = useState<MappingVersion | null>(null);
  const rollBack = (note: string) =>
    act(
      async () => {
        const path = `/api/status-mappings/${encodeURIComponent(detail.codes)}/rollback`;
        await api.post(path, { version: target?.version, note });
        invalidate(client, ["mappings", "orders", "cases", "workbench"]);
        setTarget(null);
      },
      { done: t("history.rolledBackDone") },
    );
  if (detail.history.length === 0) return <EmptyState title={t("history.none")} hint={t("history.noneHint")} />;
  return (
    <>
      <ol className="fh-history" data-testid="history">
        {detail.history.map((each) => (
          <li key={each.version} data-testid={`version-${each.version}`}>
            <div>
              <b>v{each.version}</b>
              {each.version === detail.published?.version && <Flag mood="ok">{t("history.inForce")}</Flag>}
              {each.rolled_back_to !== null && (
                <Flag mood="info" icon={<RollbackOutlined />}>
                  {t("history.rolledBack", { n: each.rolled_back_to })}
                </Flag>
              )}
              <span className="fh-grow" />
              {each.version !== detail.published?.version && can("mapping.publish") && (
                <Button
                  size="small"
                  icon={<RollbackOutlined />}
                  onClick={() => setTarget(each)}
                  data-testid={`rollback-${each.version}`}
                >
                  {t("history.rollBack")}
                </Button>
              )}
            </div>
            <p>{each.note}</p>
            <small className="fh-soft">
              {each.author} · <TimeText at={each.at} /> · +{each.rules_added} −{each.rules_removed} ~
              {each.rules_changed}
            </small>
          </li>
        ))}
      </ol>
      {target && (
        <NoteDialog
          title={t("history.rollBackTo", { n: target.version })}
          hint={t("history.rollBackHint")}
          okText={t("history.rollBack")}
          onOk={rollBack}
          onClose={() => setTarget(null)}
        />
      )}
    </>
  );
}
