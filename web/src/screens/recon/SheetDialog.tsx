/** The sheet's way back (差异表往返): what it would change and which rows are refused are shown before anything is done. */
import { InboxOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Alert, Modal, Spin, Upload } from "antd";
import { useState } from "react";
import { sendFile } from "../../api/upload";
import type { SheetTaken } from "../../api/types-recon";
import { useT, useTitle } from "../../i18n";
import { useAct } from "../../parts/useAct";

const PATH = "/api/recon/breaks/sheet";

export function SheetDialog({ onClose }: { onClose: () => void }) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [taken, setTaken] = useState<SheetTaken | null>(null);
  const [busy, setBusy] = useState(false);
  const send = async (chosen: File, apply: boolean) => {
    setBusy(true);
    await act(async () => {
      setTaken(await sendFile<SheetTaken>(apply ? `${PATH}?apply=true` : PATH, chosen, () => undefined));
      if (apply) await client.invalidateQueries({ queryKey: ["money"] });
    });
    setBusy(false);
  };
  const ready = file !== null && taken !== null && !taken.applied && taken.edit_count > 0;
  return (
    <Modal
      open
      width={760}
      title={t("sheet.title")}
      onCancel={onClose}
      onOk={() => (ready && file ? void send(file, true) : onClose())}
      okText={ready ? t("sheet.apply", { n: taken.edit_count }) : undefined}
      confirmLoading={busy}
      okButtonProps={{ "data-testid": "sheet-apply" }}
    >
      <p className="fh-soft">{t("sheet.how")}</p>
      <Upload.Dragger
        accept=".csv,.xlsx"
        showUploadList={false}
        beforeUpload={(chosen) => {
          setFile(chosen);
          setTaken(null);
          void send(chosen, false);
          return false;
        }}
      >
        <p>
          {busy ? <Spin /> : <InboxOutlined />} {t("sheet.choose")}
        </p>
      </Upload.Dragger>
      {taken && <Preview taken={taken} />}
    </Modal>
  );
}

function Preview({ taken }: { taken: SheetTaken }) {
  const t = useT();
  const summary = t("sheet.summary", {
    name: taken.name,
    rows: taken.rows,
    edits: taken.edit_count,
    refused: taken.refused_count,
  });
  return (
    <div data-testid="sheet-preview">
      <Alert
        type={taken.applied ? "success" : taken.refused_count > 0 ? "warning" : "info"}
        showIcon
        className="fh-gap"
        title={taken.applied ? t("sheet.applied", { n: taken.changed }) : summary}
        description={!taken.applied && taken.edit_count === 0 ? t("sheet.nothing") : undefined}
      />
      <div className="fh-sheet-lists">
        <Changes taken={taken} />
        <RefusedRows taken={taken} />
      </div>
    </div>
  );
}

function Changes({ taken }: { taken: SheetTaken }) {
  const t = useT();
  const words = useTitle();
  if (taken.edits.length === 0) return null;
  const said = (name: string, value: string) => (value ? (name === "decision" ? words("decision", value) : value) : "—");
  return (
    <>
      <h3 className="fh-break-section">{t("sheet.changes")}</h3>
      <ul className="fh-dry-samples">
        {taken.edits.map((edit) => (
          <li key={edit.line}>
            <span>{t("sheet.line", { n: edit.line })}</span>
            <span>
              {Object.entries(edit.changes).map(([name, [before, after]]) => (
                <span key={name}>
                  {words("breakEvent", name)}：{said(name, before)} → <b>{said(name, after)}</b>{" "}
                </span>
              ))}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

function RefusedRows({ taken }: { taken: SheetTaken }) {
  const t = useT();
  if (taken.refused.length === 0) return null;
  return (
    <>
      <h3 className="fh-break-section">{t("sheet.refused")}</h3>
      <ul className="fh-dry-samples" data-testid="sheet-refused">
        {taken.refused.map((row) => (
          <li key={row.line}>
            <span>{t("sheet.line", { n: row.line })}</span>
            <span>
              {row.field}：{row.reason}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
