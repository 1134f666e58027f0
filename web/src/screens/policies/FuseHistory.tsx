/** Published thresholds, and the way back. */
import { RollbackOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { api } from "../../api/client";
import { invalidate } from "../../api/queries";
import type { FuseDetail } from "../../api/types";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { EmptyState } from "../../parts/EmptyState";
import { Flag } from "../../parts/Tags";
import { useAct } from "../../parts/useAct";
import { TimeText } from "../../parts/Values";
import { NoteDialog } from "../mapping/NoteDialog";

export function FuseHistory({ detail, path }: { detail: FuseDetail; path: string }) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const { can } = useSession();
  const [target, setTarget] = useState<number | null>(null);
  if (detail.history.length === 0) return <EmptyState title={t("history.none")} hint={t("policy.historyNone")} />;
  const rollBack = (note: string) =>
    act(
      async () => {
        await api.post(`${path}/rollback`, { version: target, note });
        invalidate(client, ["policies", "orders", "cases", "workbench"]);
        setTarget(null);
      },
      { done: t("history.rolledBackDone") },
    );
  return (
    <>
      <ol className="fh-history" data-testid="history">
        {detail.history.map((each) => (
          <li key={each.version} data-testid={`version-${each.version}`}>
            <div>
              <b>v{each.version}</b>
              {each.version === detail.published?.version && <Flag mood="ok">{t("history.inForce")}</Flag>}
              {each.rolled_back_to !== null && (
                <Flag mood="info">{t("history.rolledBack", { n: each.rolled_back_to })}</Flag>
              )}
              <span className="fh-grow" />
              {each.version !== detail.published?.version && can("policy.publish") && (
                <Button
                  size="small"
                  icon={<RollbackOutlined />}
                  onClick={() => setTarget(each.version)}
                  data-testid={`rollback-${each.version}`}
                >
                  {t("history.rollBack")}
                </Button>
              )}
            </div>
            <p>{each.note}</p>
            <small className="fh-soft">
              {each.author} · <TimeText at={each.at} />
              {each.values &&
                ` · ${t("policy.brief", { distance: each.values.distance, hours: each.values.age_hours })}`}
            </small>
          </li>
        ))}
      </ol>
      {target !== null && (
        <NoteDialog
          title={t("history.rollBackTo", { n: target })}
          hint={t("history.rollBackHint")}
          okText={t("history.rollBack")}
          onOk={rollBack}
          onClose={() => setTarget(null)}
        />
      )}
    </>
  );
}
