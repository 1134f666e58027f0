/** One uploaded file: what it was taken for, whose it is, and what came of it. */
import {
  CheckCircleOutlined,
  ClockCircleOutlined,
  CloseCircleOutlined,
  InboxOutlined,
  SyncOutlined,
  WarningOutlined,
} from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { AutoComplete, Button } from "antd";
import { type ReactNode, useEffect } from "react";
import { api } from "../../api/client";
import { invalidate, useGet } from "../../api/queries";
import type { Choice } from "../../api/types";
import type { DeclarationKind } from "../../api/types-declarations";
import type { LayoutBody, Preview, Upload, UploadState } from "../../api/types-statements";
import { useT } from "../../i18n";
import { sizeWords } from "../../logic/body";
import { Flag } from "../../parts/Tags";
import { AgoText } from "../../parts/Values";
import { useAct } from "../../parts/useAct";
import { LAYOUTS } from "./LayoutList";

const TOPICS = ["statements", "messages", "workbench"] as const;
const MOODS: Record<UploadState, "ok" | "warn" | "bad" | "mute" | "info"> = {
  held: "info",
  waiting: "mute",
  running: "info",
  done: "ok",
  refused: "bad",
  failed: "bad",
};
const ICONS: Record<UploadState, ReactNode> = {
  held: <InboxOutlined />,
  waiting: <ClockCircleOutlined />,
  running: <SyncOutlined spin />,
  done: <CheckCircleOutlined />,
  refused: <CloseCircleOutlined />,
  failed: <CloseCircleOutlined />,
};

interface Props {
  upload: Upload;
  source: string;
  choices: Choice[];
  onSource: (source: string) => void;
  onMap: (source: string) => void;
}

export function UploadItem({ upload, source, choices, onSource, onMap }: Props) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const open = upload.has_bytes && upload.state !== "waiting" && upload.state !== "running";
  // what a file is taken for changes with the layouts, not with every step of an import
  const preview = useGet<Preview>("declarations", `/api/statement-uploads/${upload.id}/preview`, {}, { enabled: open });
  const layouts = useGet<DeclarationKind<LayoutBody>>("declarations", LAYOUTS, {}, { enabled: open });
  const found = layouts.data?.declarations.find((one) => one.name === preview.data?.layout)?.body;
  const wanted = source || upload.source;
  useEffect(() => {
    const guess = upload.source || (found && found.provider !== "" ? found.provider : "");
    if (!source && guess) onSource(guess);
  }, [found, source, upload.source, onSource]);
  const run = (path: string, body: object) =>
    act(async () => {
      await api.post(`/api/statement-uploads/${upload.id}/${path}`, body);
      invalidate(client, TOPICS);
    });
  const discard = () =>
    act(async () => {
      await api.delete(`/api/statement-uploads/${upload.id}`);
      invalidate(client, TOPICS);
    });
  const unknown = Boolean(preview.data?.refusal) && preview.data?.form === "table";
  return (
    <div className="fh-upload" data-testid={`upload-${upload.id}`} data-state={upload.state}>
      <div className="fh-upload-name">
        <b className="fh-clip" title={upload.name}>
          {upload.name}
        </b>
        <span className="fh-soft">
          {sizeWords(upload.size)} · <AgoText at={upload.uploaded_at} />
        </span>
      </div>
      <Flag mood={MOODS[upload.state]} icon={ICONS[upload.state]}>
        {t(`stmt.state.${upload.state}`, { n: upload.rows_read.toLocaleString("en-US") })}
      </Flag>
      <div className="fh-upload-said">
        <UploadSaid upload={upload} preview={open ? preview.data : undefined} title={found?.title ?? ""} />
      </div>
      {open && (
        <div className="fh-upload-acts">
          {!unknown && (
            <>
              <AutoComplete
                value={wanted}
                options={choices.map((one) => ({ value: one.value }))}
                onChange={(value: string) => onSource(value)}
                placeholder={t("stmt.sourceHint")}
                title={t("stmt.sourceAsk")}
                data-testid={`source-${upload.id}`}
                style={{ width: 170 }}
                size="small"
              />
              <Button
                size="small"
                type="primary"
                disabled={!wanted}
                onClick={() => void run("import", { source: wanted })}
                data-testid={`import-${upload.id}`}
              >
                {upload.state === "held" ? t("stmt.import") : t("stmt.again")}
              </Button>
            </>
          )}
          {unknown && (
            <Button size="small" type="primary" onClick={() => onMap(wanted)} data-testid={`map-${upload.id}`}>
              {t("stmt.map")}
            </Button>
          )}
          <Button size="small" type="text" onClick={() => void discard()} data-testid={`discard-${upload.id}`}>
            {t("stmt.discard")}
          </Button>
        </div>
      )}
    </div>
  );
}

function UploadSaid({ upload, preview, title }: { upload: Upload; preview: Preview | undefined; title: string }) {
  const t = useT();
  const { report } = upload;
  if (upload.state === "done" && report.read !== undefined) {
    const checks = report.checks ?? [];
    return (
      <>
        <span className="fh-number">
          {t("stmt.funnel", {
            read: report.read.toLocaleString("en-US"),
            stored: (report.stored ?? 0).toLocaleString("en-US"),
            duplicate: (report.duplicate ?? 0).toLocaleString("en-US"),
            aside: (report.set_aside ?? 0).toLocaleString("en-US"),
          })}
        </span>
        {checks.length > 0 && (
          <Flag mood="warn" icon={<WarningOutlined />}>
            {t("stmt.differs", { n: checks.length })}
          </Flag>
        )}
      </>
    );
  }
  if (report.refused) return <span className="fh-problem">{report.refused.message}</span>;
  if (!preview) return upload.state === "held" ? <span className="fh-soft">{t("stmt.looking")}</span> : null;
  if (preview.refusal)
    return <span className="fh-problem">{preview.form === "table" ? t("stmt.unknown") : preview.refusal}</span>;
  return <span className="fh-soft">{t("stmt.recognised", { title: title || preview.layout })}</span>;
}
