/** Published versions of a declaration, and the way back, also to what was shipped. */
import { RollbackOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useState } from "react";
import type { Declared } from "../../api/types";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { EmptyState } from "../../parts/EmptyState";
import { Flag } from "../../parts/Tags";
import { TimeText } from "../../parts/Values";
import { NoteDialog } from "../../parts/declaration/NoteDialog";

interface Props {
  detail: Declared<unknown>;
  /** What holds while nothing was published. */
  hint: string;
  onRollBack: (version: number, note: string) => Promise<boolean>;
}

export function DeclaredHistory({ detail, hint, onRollBack }: Props) {
  const t = useT();
  const { can } = useSession();
  const [target, setTarget] = useState<number | null>(null);
  if (detail.history.length === 0) return <EmptyState title={t("history.none")} hint={hint} />;
  const allowed = can("policy.publish");
  return (
    <>
      <ol className="fh-history" data-testid="history">
        {detail.history.map((each) => (
          <li key={each.version} data-testid={`version-${each.version}`}>
            <div>
              <b>v{each.version}</b>
              {each.version === detail.version && <Flag mood="ok">{t("history.inForce")}</Flag>}
              {each.rolled_back_to !== null && (
                <Flag mood="info">{t("history.rolledBack", { n: each.rolled_back_to })}</Flag>
              )}
              <span className="fh-grow" />
              {each.version !== detail.version && allowed && (
                <Back version={each.version} label={t("history.rollBack")} onClick={setTarget} />
              )}
            </div>
            <p>{each.note}</p>
            <small className="fh-soft">
              {each.author} · <TimeText at={each.at} />
            </small>
          </li>
        ))}
        {allowed && (
          <li>
            <Back version={0} label={t("promise.backToShipped")} onClick={setTarget} />
          </li>
        )}
      </ol>
      {target !== null && (
        <NoteDialog
          title={target === 0 ? t("promise.backToShipped") : t("history.rollBackTo", { n: target })}
          hint={t("history.rollBackHint")}
          okText={t("history.rollBack")}
          onOk={async (note) => {
            const worked = await onRollBack(target, note);
            if (worked) setTarget(null);
            return worked;
          }}
          onClose={() => setTarget(null)}
        />
      )}
    </>
  );
}

function Back({ version, label, onClick }: { version: number; label: string; onClick: (version: number) => void }) {
  return (
    <Button
      size="small"
      icon={<RollbackOutlined />}
      onClick={() => onClick(version)}
      data-testid={`rollback-${version}`}
    >
      {label}
    </Button>
  );
}
