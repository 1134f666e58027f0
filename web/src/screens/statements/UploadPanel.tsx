/** Files given on the screen: sent with progress, recognised, imported by a worker; what could not be read can be mapped. */
import { InboxOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Progress, Upload as Drop } from "antd";
import { useState } from "react";
import { api } from "../../api/client";
import { invalidate, useGet } from "../../api/queries";
import type { StatementFacets, Upload } from "../../api/types-statements";
import { sendFile } from "../../api/upload";
import { useT } from "../../i18n";
import { problemWords } from "../../parts/problemWords";
import { useAct } from "../../parts/useAct";
import { UploadItem } from "./UploadItem";

const LARGEST = 64 * 1024 * 1024;
const SHOWN = 8;
const LOOK_MS = 1_500;
const TOPICS = ["statements", "messages", "workbench"] as const;

interface Sending {
  key: number;
  name: string;
  part: number;
  problem: string;
}

interface Props {
  onMap: (upload: { id: string; name: string; source: string }) => void;
}

let nextKey = 1;

export function UploadPanel({ onMap }: Props) {
  const t = useT();
  const client = useQueryClient();
  const act = useAct();
  const [sending, setSending] = useState<Sending[]>([]);
  const [sources, setSources] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const uploads = useUploads();
  const facets = useGet<StatementFacets>("statements", "/api/statement-facets");
  const send = async (file: File) => {
    const key = nextKey++;
    const change = (part: Partial<Sending>) =>
      setSending((all) => all.map((one) => (one.key === key ? { ...one, ...part } : one)));
    setSending((all) => [...all, { key, name: file.name, part: 0, problem: "" }]);
    if (file.size > LARGEST) return change({ problem: t("stmt.tooLarge", { name: file.name }) });
    try {
      await sendFile<Upload>("/api/statement-uploads", file, (part) => change({ part }));
      setSending((all) => all.filter((one) => one.key !== key));
      invalidate(client, TOPICS);
    } catch (error) {
      change({ problem: problemWords(error, t).what });
    }
  };
  const shown = uploads.filter((one) => one.has_bytes || one.state !== "held").slice(0, SHOWN);
  const ready = shown.filter((one) => one.state === "held" && sources[one.id]);
  const importAll = async () => {
    setBusy(true);
    await act(async () => {
      for (const one of ready)
        await api.post(`/api/statement-uploads/${one.id}/import`, { source: sources[one.id] ?? "" });
    });
    invalidate(client, TOPICS);
    setBusy(false);
  };
  return (
    <section className="fh-intake" data-testid="upload-panel">
      <Drop.Dragger
        multiple
        showUploadList={false}
        customRequest={({ file }) => void send(file as File)}
        data-testid="upload-drop"
        className="fh-drop"
      >
        <p className="fh-drop-icon">
          <InboxOutlined />
        </p>
        <b>{t("stmt.drop")}</b>
        <p className="fh-soft">{t("stmt.dropHint")}</p>
      </Drop.Dragger>
      {sending.map((one) => (
        <div key={one.key} className="fh-sending">
          <span className="fh-clip">{one.name}</span>
          {one.problem ? (
            <Alert
              type="error"
              showIcon
              title={one.problem}
              closable={{ onClose: () => setSending((all) => all.filter((other) => other.key !== one.key)) }}
            />
          ) : (
            <Progress percent={Math.round(one.part * 100)} size="small" />
          )}
        </div>
      ))}
      {shown.length > 0 && (
        <div className="fh-uploads" data-testid="uploads">
          <header>
            <h2>{t("stmt.uploads")}</h2>
            {ready.length > 1 && (
              <Button type="primary" size="small" loading={busy} onClick={() => void importAll()}>
                {t("stmt.importAll", { n: ready.length })}
              </Button>
            )}
          </header>
          {shown.map((one) => (
            <UploadItem
              key={one.id}
              upload={one}
              source={sources[one.id] ?? ""}
              choices={facets.data?.sources ?? []}
              onSource={(source) => setSources((all) => ({ ...all, [one.id]: source }))}
              onMap={(source) => onMap({ id: one.id, name: one.name, source })}
            />
          ))}
        </div>
      )}
    </section>
  );
}

/** Asked again and again while a worker is at one of them. */
function useUploads(): Upload[] {
  const [watching, setWatching] = useState(false);
  const answer = useGet<Upload[]>(
    "statements",
    "/api/statement-uploads",
    {},
    { keep: true, ...(watching ? { refetchMs: LOOK_MS } : {}) },
  );
  const uploads = answer.data ?? [];
  const working = uploads.some((one) => one.state === "waiting" || one.state === "running");
  if (working !== watching) setWatching(working);
  return uploads;
}
