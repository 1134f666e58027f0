/** What stands around every declaration's editor: whose draft it is, and what may be done with it. */
import { ExperimentOutlined, SaveOutlined } from "@ant-design/icons";
import { Alert, Button, Popconfirm, Select } from "antd";
import { useState } from "react";
import { useT } from "../../i18n";
import { formatMinute } from "../../logic/time";
import { NoteDialog } from "./NoteDialog";
import { PublishButton } from "./PublishButton";
import type { DeclarationControl } from "./useDeclaration";

const SPANS = [1, 3, 7, 14, 30, 90] as const;

interface Props<Body> {
  control: DeclarationControl<Body>;
  /** How many days of history a dry run reads at first. */
  days: number;
  /** What publishing means for what there is. */
  hint?: string | undefined;
}

/** Give the draft up, save it, try it on so many days, publish it with a note: as far as one may. */
export function DeclarationActions<Body>({ control, days, hint }: Props<Body>) {
  const t = useT();
  const { detail } = control;
  const [span, setSpan] = useState(days);
  const [publishing, setPublishing] = useState(false);
  const publish = async (note: string) => {
    const worked = await control.publish(note);
    if (worked) setPublishing(false);
    return worked;
  };
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
          disabled={!control.unsaved || control.busy}
          loading={control.busy}
          onClick={() => void control.save()}
          data-testid="save-draft"
        >
          {t("declaration.save")}
        </Button>
      )}
      {detail.may_edit && (
        <Select
          value={span}
          onChange={setSpan}
          options={SPANS.map((value) => ({ value, label: t("dry.days", { n: value }) }))}
          aria-label={t("dry.span")}
        />
      )}
      <Button
        icon={<ExperimentOutlined />}
        loading={control.busy}
        disabled={!detail.may_edit || !control.changed || control.busy}
        onClick={() => void control.dryRun(span)}
        data-testid="dry-run"
      >
        {t("dry.run")}
      </Button>
      <PublishButton
        allowed={detail.may_publish}
        needs={t("declaration.publishRight")}
        changes={control.changed ? 1 : 0}
        fresh={control.fresh}
        onClick={() => setPublishing(true)}
      />
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

/** Whose draft it is, and what must be settled first. */
export function DeclarationNotes<Body>({ control }: { control: DeclarationControl<Body> }) {
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
        <Alert
          key={each.message}
          type="warning"
          showIcon
          title={each.message}
          className="fh-gap"
          data-testid="problem"
        />
      ))}
    </>
  );
}
