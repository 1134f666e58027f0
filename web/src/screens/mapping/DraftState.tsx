/** Whether one looks at what is in force or at a draft, and whether it is saved. */
import { CheckCircleOutlined, EditOutlined, ExclamationCircleOutlined, LoadingOutlined } from "@ant-design/icons";
import type { MappingDetail } from "../../api/types";
import { useT } from "../../i18n";
import { formatClock } from "../../logic/time";
import { Flag } from "../../parts/Tags";
import type { DraftControl } from "./useMappingDraft";

interface Props {
  detail: MappingDetail;
  draft: DraftControl;
  changes: number;
}

export function DraftState({ detail, draft, changes }: Props) {
  const t = useT();
  const version = detail.published?.version
    ? t("mapping.version", { n: detail.published.version })
    : t("mapping.neverPublished");
  if (draft.phase === "conflict" || draft.phase === "failed") {
    return (
      <span data-testid="draft-state" data-state="unsaved">
        <Flag mood="bad" icon={<ExclamationCircleOutlined />}>
          {t("mapping.unsaved")}
        </Flag>
      </span>
    );
  }
  if (draft.phase === "saving" || draft.dirty) {
    return (
      <span data-testid="draft-state" data-state="saving">
        <Flag mood="info" icon={<LoadingOutlined />}>
          {t("mapping.saving")}
        </Flag>
      </span>
    );
  }
  if (draft.revision === null || !detail.draft) {
    return (
      <span data-testid="draft-state" data-state="published">
        <Flag mood="ok" icon={<CheckCircleOutlined />}>
          {t("mapping.inForce", { version })}
        </Flag>
      </span>
    );
  }
  return (
    <span data-testid="draft-state" data-state="saved">
      <Flag mood="warn" icon={<EditOutlined />}>
        {t("mapping.draftSaved", { version, n: changes })}
      </Flag>
      <small className="fh-soft">
        {" "}
        {t("mapping.savedBy", { who: detail.draft.author, at: formatClock(detail.draft.updated_at) })}
      </small>
    </span>
  );
}
