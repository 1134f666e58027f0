/** The screen of one declaration of any kind: its editor, a dry run, publishing by whom it may, and the way back. */
import { ExperimentOutlined, SaveOutlined } from "@ant-design/icons";
import { Alert, Button, Popconfirm, Skeleton } from "antd";
import { type ReactNode, useState } from "react";
import { useGet } from "../../api/queries";
import type { Declaration } from "../../api/types-declarations";
import { useT } from "../../i18n";
import { formatMinute } from "../../logic/time";
import { NoteDialog } from "./NoteDialog";
import { PublishButton } from "./PublishButton";
import { ErrorPanel } from "../ErrorPanel";
import { PageHead } from "../PageHead";
import { Panel } from "../Panel";
import { Flag } from "../Tags";
import { TrialPanel } from "./TrialPanel";
import { type DeclarationControl, declarationPath, useDeclaration } from "./useDeclaration";
import { VersionList } from "./VersionList";

interface Props<Body> {
  kind: string;
  name: string;
  back: { to: string; label: string };
  /** How many days of history a dry run reads. */
  days?: number;
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

function Loaded<Body>({ back, editor, detail, days, hint, brief }: Props<Body> & { detail: Declaration<Body> }) {
  const t = useT();
  const control = useDeclaration(detail, days);
  const [publishing, setPublishing] = useState(false);
  const publish = async (note: string) => {
    const worked = await control.publish(note);
    if (worked) setPublishing(false);
    return worked;
  };
  return (
    <>
      <PageHead
        back={back}
        title={detail.title}
        note={
          control.changed ? (
            <Flag mood="warn">{t("policy.draft")}</Flag>
          ) : (
            <Flag mood="ok">{detail.version ? `v${detail.version}` : t("declaration.shipped")}</Flag>
          )
        }
        actions={<Actions control={control} onPublish={() => setPublishing(true)} />}
      />
      <div className="fh-policy">
        <Panel title={detail.kind_title}>
          <Notes control={control} />
          {editor(control, detail.may_edit)}
        </Panel>
        <Panel title={t("dry.title")}>
          <TrialPanel trial={control.trial} stale={control.trial !== null && !control.fresh} />
        </Panel>
        <Panel title={t("history.title")}>
          <VersionList control={control} brief={brief} />
        </Panel>
      </div>
      {publishing && (
        <NoteDialog
          title={t("publish.title")}
          hint={hint}
          okText={t("mapping.publish")}
          onOk={publish}
          onClose={() => setPublishing(false)}
        />
      )}
    </>
  );
}

function Notes<Body>({ control }: { control: DeclarationControl<Body> }) {
  const t = useT();
  const { draft, detail } = control;
  return (
    <>
      {draft && (
        <Alert
          type="info"
          showIcon
          className="fh-gap"
          data-testid="draft-author"
          title={t("policy.draftBy", { who: draft.author, at: formatMinute(draft.updated_at) })}
          description={detail.second_person ? t("policy.secondPerson") : undefined}
        />
      )}
      {control.problems.map((each) => (
        <Alert key={each.message} type="warning" showIcon title={each.message} className="fh-gap" />
      ))}
    </>
  );
}

function Actions<Body>({ control, onPublish }: { control: DeclarationControl<Body>; onPublish: () => void }) {
  const t = useT();
  const { detail } = control;
  return (
    <>
      {detail.may_edit && control.draft && (
        <Popconfirm title={t("mapping.discardAsk")} onConfirm={() => void control.discard()}>
          <Button data-testid="discard">{t("mapping.discard")}</Button>
        </Popconfirm>
      )}
      {detail.may_edit && (
        <Button
          icon={<SaveOutlined />}
          disabled={!control.unsaved}
          loading={control.busy}
          onClick={() => void control.save()}
          data-testid="save-draft"
        >
          {t("declaration.save")}
        </Button>
      )}
      <Button
        icon={<ExperimentOutlined />}
        loading={control.busy}
        disabled={!detail.may_edit || !control.changed}
        onClick={() => void control.dryRun()}
        data-testid="dry-run"
      >
        {t("dry.run")}
      </Button>
      <PublishButton
        allowed={detail.may_publish}
        needs={t("declaration.publishRight")}
        changes={control.changed ? 1 : 0}
        fresh={control.fresh}
        onClick={onPublish}
      />
    </>
  );
}
