/** Every published version, and the way back to it. */
import { RollbackOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useState } from "react";
import type { VersionView } from "../../api/types-declarations";
import { useT } from "../../i18n";
import { EmptyState } from "../EmptyState";
import { Flag } from "../Tags";
import { TimeText } from "../Values";
import { NoteDialog } from "./NoteDialog";
import type { DeclarationControl } from "./useDeclaration";

type Version = Omit<VersionView, "body">;

interface Props<One extends Version> {
  history: One[];
  /** The version in force; 0: as shipped. */
  version: number;
  /** What holds while nothing was published. */
  hint: string;
  mayRollBack: boolean;
  /** Whether one can go back to what was shipped. */
  hasShipped?: boolean;
  /** A version in a few words. */
  brief?: ((one: One) => string) | undefined;
  onRollBack: (version: number, note: string) => Promise<boolean>;
}

export function Versions<One extends Version>(props: Props<One>) {
  const { history, version, hint, mayRollBack, hasShipped = false, brief, onRollBack } = props;
  const t = useT();
  const [target, setTarget] = useState<number | null>(null);
  const back = async (note: string) => {
    const worked = await onRollBack(target ?? 0, note);
    if (worked) setTarget(null);
    return worked;
  };
  const mayGoBack = (to: number) => mayRollBack && to !== version;
  if (history.length === 0) return <EmptyState title={t("history.none")} hint={hint} />;
  return (
    <>
      <ol className="fh-history" data-testid="versions">
        {history.map((each) => (
          <li key={each.version} data-testid={`version-${each.version}`}>
            <div>
              <b>v{each.version}</b>
              {each.version === version && <Flag mood="ok">{t("history.inForce")}</Flag>}
              {each.rolled_back_to !== null && (
                <Flag mood="info" icon={<RollbackOutlined />}>
                  {t("history.rolledBack", { n: each.rolled_back_to })}
                </Flag>
              )}
              <span className="fh-grow" />
              {mayGoBack(each.version) && <Back version={each.version} onClick={setTarget} />}
            </div>
            <p>{each.note}</p>
            <small className="fh-soft">
              {each.author} · <TimeText at={each.at} />
              {brief && ` · ${brief(each)}`}
            </small>
          </li>
        ))}
        {hasShipped && (
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
          hint={t("history.rollBackHint")}
          okText={t("history.rollBack")}
          onOk={back}
          onClose={() => setTarget(null)}
        />
      )}
    </>
  );
}

interface ListProps<Body> {
  control: DeclarationControl<Body>;
  brief?: ((body: Body) => string) | undefined;
}

/** The versions of a declaration being edited. */
export function VersionList<Body>({ control, brief }: ListProps<Body>) {
  const t = useT();
  const { detail, rollBack } = control;
  return (
    <Versions<VersionView<Body>>
      history={detail.history}
      version={detail.version}
      hint={detail.shipped === null ? "" : t("declaration.asShipped")}
      mayRollBack={detail.may_publish}
      hasShipped={detail.shipped !== null}
      brief={brief && ((one) => brief(one.body))}
      onRollBack={rollBack}
    />
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
