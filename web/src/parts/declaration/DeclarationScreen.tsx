/** The screen of one declaration of any kind: its editor, a dry run, publishing by whom it may, and the way back. */
import { Skeleton } from "antd";
import type { ReactNode } from "react";
import { useGet } from "../../api/queries";
import type { Declaration } from "../../api/types-declarations";
import { useT } from "../../i18n";
import { ErrorPanel } from "../ErrorPanel";
import { PageHead } from "../PageHead";
import { Panel } from "../Panel";
import { Flag } from "../Tags";
import { DeclarationActions, DeclarationNotes } from "./DeclarationParts";
import { TrialPanel } from "./TrialPanel";
import { type DeclarationControl, declarationPath, useDeclaration } from "./useDeclaration";
import { VersionList } from "./VersionList";

const DAYS = 30;

interface Props<Body> {
  kind: string;
  name: string;
  back: { to: string; label: string };
  /** How many days of history a dry run reads. */
  days?: number;
  /** What it is called by what it says, where its name is only a code. */
  title?: (body: Body) => string;
  /**
   * Where the editor stands: beside the trial; over it, where its rows are long; or wide with panels of its own, the
   * trial and the history in a column beside it.
   */
  layout?: "beside" | "over" | "wide";
  /** A word beside the editor's title. */
  extra?: ReactNode;
  /** What publishing means for what there is. */
  hint?: string;
  /** A version in a few words. */
  brief?: (body: Body) => string;
  /** The editor: shows `control.body`, changes it by `control.setBody`. */
  editor: (control: DeclarationControl<Body>, editable: boolean) => ReactNode;
}

export function DeclarationScreen<Body>(props: Props<Body>) {
  const answer = useGet<Declaration<Body>>("declarations", declarationPath(props.kind, props.name));
  if (answer.isError && !answer.data) {
    return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} page />;
  }
  if (!answer.data) return <Skeleton active paragraph={{ rows: 10 }} />;
  return <Loaded key={`${props.kind}/${props.name}`} {...props} detail={answer.data} />;
}

function Loaded<Body>(props: Props<Body> & { detail: Declaration<Body> }) {
  const { back, editor, detail, title, layout = "beside", extra, days = DAYS, hint, brief } = props;
  const t = useT();
  const control = useDeclaration(detail, back.to);
  const edited = (
    <>
      <DeclarationNotes control={control} />
      {editor(control, detail.may_edit)}
    </>
  );
  return (
    <>
      <PageHead
        back={back}
        title={title ? title(control.body) : detail.title}
        note={<Standing control={control} />}
        actions={<DeclarationActions control={control} days={days} hint={hint} />}
      />
      <div className={`fh-declaration fh-declaration-${layout}`}>
        {layout === "wide" ? (
          <div>{edited}</div>
        ) : (
          <Panel title={detail.kind_title} extra={extra}>
            {edited}
          </Panel>
        )}
        <Panel title={t("dry.title")}>
          <TrialPanel trial={control.trial} stale={control.trial !== null && !control.fresh} />
        </Panel>
        <Panel title={t("history.title")}>
          <VersionList control={control} brief={brief} />
        </Panel>
      </div>
    </>
  );
}

function Standing<Body>({ control }: { control: DeclarationControl<Body> }) {
  const t = useT();
  if (control.changed) return <Flag mood="warn">{t("policy.draft")}</Flag>;
  const { version } = control.detail;
  return <Flag mood="ok">{version ? `v${version}` : t("declaration.shipped")}</Flag>;
}
