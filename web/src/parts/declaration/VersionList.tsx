/** Every published version, and the way back to it. */
import { RollbackOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useState } from "react";
import { useT } from "../../i18n";
import { NoteDialog } from "./NoteDialog";
import { EmptyState } from "../EmptyState";
import { Flag } from "../Tags";
import { TimeText } from "../Values";
import type { DeclarationControl } from "./useDeclaration";

interface Props<Body> {
  control: DeclarationControl<Body>;
  /** A version in a few words. */
  brief?: ((body: Body) => string) | undefined;
}

export function VersionList<Body>({ control, brief }: Props<Body>) {
  const t = useT();
  const { detail } = control;
  const [target, setTarget] = useState<number | null>(null);
  const back = async (note: string) => {
    const worked = await control.rollBack(target ?? 0, note);
    if (worked) setTarget(null);
    return worked;
  };
  const mayGoBack = (version: number) => detail.may_publish && version !== detail.version;
  return (
    <>
      {detail.history.length === 0 && (
        <EmptyState title={t("history.none")} hint={detail.shipped === null ? "" : t("declaration.asShipped")} />
      )}
      <ol className="fh-history" data-testid="versions">
        {detail.history.map((each) => (
          <li key={each.version} data-testid={`version-${each.version}`}>
            <div>
              <b>v{each.version}</b>
              {each.version === detail.version && <Flag mood="ok">{t("history.inForce")}</Flag>}
              {each.rolled_back_to !== null && (
                <Flag mood="info">{t("history.rolledBack", { n: each.rolled_back_to })}</Flag>
              )}
              <span className="fh-grow" />
              {mayGoBack(each.version) && <Back version={each.version} onClick={setTarget} />}
            </div>
            <p>{each.note}</p>
            <small className="fh-soft">
              {each.author} · <TimeText at={each.at} />
              {brief && ` · ${brief(each.body)}`}
            </small>
          </li>
        ))}
        {detail.shipped !== null && detail.history.length > 0 && (
          <li>
            <div>
              <b>{t("declaration.shipped")}</b>
              <span className="fh-grow" />
              {mayGoBack(0) && <Back version={0} onClick={setTarget} />}
            </div>
          </li>
        )}
      </ol>
      {target !== null && (
        <NoteDialog
          title={target === 0 ? t("declaration.backToShipped") : t("history.rollBackTo", { n: target })}
          okText={t("history.rollBack")}
          onOk={back}
          onClose={() => setTarget(null)}
        />
      )}
    </>
  );
}

function Back({ version, onClick }: { version: number; onClick: (version: number) => void }) {
  const t = useT();
  return (
    <Button
      size="small"
      icon={<RollbackOutlined />}
      onClick={() => onClick(version)}
      data-testid={`rollback-${version}`}
    >
      {t("history.rollBack")}
    </Button>
  );
}
