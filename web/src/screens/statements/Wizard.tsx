/** A layout made by pointing: the file's first rows, which line is the heading, what each column is, and how it reads. */
import { useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Drawer, Skeleton, Space } from "antd";
import { useEffect, useState } from "react";
import { api } from "../../api/client";
import { invalidate, useGet } from "../../api/queries";
import type { Declaration, DeclarationKind, DraftView } from "../../api/types-declarations";
import type { Preview } from "../../api/types-statements";
import { useT } from "../../i18n";
import { EMPTY, guess, type LayoutDraft, layoutBody, missingIn } from "../../logic/layoutDraft";
import { declarationPath } from "../../parts/declaration/useDeclaration";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { useAct } from "../../parts/useAct";
import { LAYOUT_KIND, LAYOUTS } from "./LayoutList";
import { WizardColumns } from "./WizardColumns";
import { WizardLive } from "./WizardLive";
import { WizardSettings } from "./WizardSettings";

const TOPICS = ["statements", "declarations", "messages", "workbench"] as const;

interface Props {
  upload: { id: string; name: string; source: string };
  onClose: () => void;
}

export function Wizard({ upload, onClose }: Props) {
  const t = useT();
  const [line, setLine] = useState(0);
  const answer = useGet<Preview>(
    "statements",
    `/api/statement-uploads/${upload.id}/preview`,
    line ? { header_line: line } : {},
    { keep: true },
  );
  const preview = answer.data;
  return (
    <Drawer open onClose={onClose} size="94%" title={t("wizard.title", { name: upload.name })}>
      <div className="fh-wizard" data-testid="wizard">
        {answer.isError && !preview && <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />}
        {!preview && answer.isPending && <Skeleton active paragraph={{ rows: 12 }} />}
        {preview && (
          <>
            {preview.refusal && preview.near && (
              <Alert type="info" showIcon title={t("wizard.near", { name: preview.near })} />
            )}
            {preview.refusal && preview.form !== "table" && <Alert type="warning" showIcon title={preview.refusal} />}
            <PreviewGrid preview={preview} onPick={setLine} />
            <Mapping key={preview.columns.join("\u0000")} upload={upload} preview={preview} onClose={onClose} />
          </>
        )}
      </div>
    </Drawer>
  );
}

/** Save it over whatever draft there is of that name, and put it in force. */
async function publishLayout(name: string, body: Record<string, unknown>, note: string): Promise<void> {
  const path = declarationPath(LAYOUT_KIND, name);
  const kind = await api.get<DeclarationKind>(LAYOUTS);
  const known = kind.declarations.some((each) => each.name === name);
  const draft = known ? (await api.get<Declaration>(path)).draft : null;
  const saved = await api.put<DraftView>(`${path}/draft`, { body, revision: draft?.revision ?? null });
  await api.post(`${path}/publish`, { note, revision: saved.revision });
}

function PreviewGrid({ preview, onPick }: { preview: Preview; onPick: (line: number) => void }) {
  const t = useT();
  const width = Math.max(...preview.rows.map((row) => row.cells.length), 1);
  return (
    <section>
      <h3>{t("wizard.step.header")}</h3>
      <p className="fh-soft">{t("wizard.headerHint")}</p>
      <div className="fh-grid">
        <table data-testid="wizard-preview">
          <tbody>
            {preview.rows.map((row) => (
              <tr
                key={row.line}
                className={
                  row.line === preview.header_line ? "heading" : row.line < preview.header_line ? "preamble" : ""
                }
                onClick={() => onPick(row.line)}
                data-testid={`wizard-row-${row.line}`}
              >
                <th scope="row">
                  <button type="button" onClick={() => onPick(row.line)} aria-pressed={row.line === preview.header_line}>
                    {row.line}
                  </button>
                </th>
                {Array.from({ length: width }, (_, at) => (
                  <td key={at}>{row.cells[at] ?? ""}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Mapping({ upload, preview, onClose }: { upload: Props["upload"]; preview: Preview; onClose: () => void }) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const [draft, setDraft] = useState<LayoutDraft>(EMPTY);
  const [source, setSource] = useState(upload.source);
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const { columns } = preview;
  const first = preview.rows.find((row) => row.line > preview.header_line);
  const samples = (first?.cells ?? []).join("\u0000");
  useEffect(() => setDraft((before) => ({ ...before, columns: guess(columns, samples.split("\u0000")) })), [columns, samples]);
  const missing = missingIn(draft);
  const publish = async (andImport: boolean) => {
    setBusy(true);
    const done = await act(
      async () => {
        await publishLayout(draft.name, layoutBody(draft), note.trim() || t("wizard.made"));
        if (andImport)
          await api.post(`/api/statement-uploads/${upload.id}/import`, { source: source.trim(), layout: draft.name });
        invalidate(client, TOPICS);
      },
      { done: t("wizard.published") },
    );
    setBusy(false);
    if (done) onClose();
  };
  return (
    <>
      <div className="fh-wizard-two">
        <WizardColumns
          columns={columns}
          samples={first?.cells ?? []}
          chosen={draft.columns}
          onChange={(chosen) => setDraft({ ...draft, columns: chosen })}
        />
        <WizardSettings
          draft={draft}
          source={source}
          note={note}
          onDraft={setDraft}
          onSource={setSource}
          onNote={setNote}
        />
      </div>
      <WizardLive uploadId={upload.id} draft={draft} headerLine={preview.header_line} />
      <footer className="fh-wizard-foot">
        {missing.length > 0 && (
          <span className="fh-problem" data-testid="wizard-missing">
            {t("wizard.incomplete", { what: missing.map((one) => t(`wizard.need.${one}`)).join("；") })}
          </span>
        )}
        <Space>
          <Button disabled={missing.length > 0} loading={busy} onClick={() => void publish(false)}>
            {t("wizard.publishOnly")}
          </Button>
          <Button
            type="primary"
            disabled={missing.length > 0 || !source.trim()}
            loading={busy}
            onClick={() => void publish(true)}
            data-testid="wizard-publish"
          >
            {t("wizard.publish")}
          </Button>
        </Space>
      </footer>
    </>
  );
}
