/** A change that must be explained: publish or roll back with a note. */
import { Alert, Input, Modal } from "antd";
import { type ReactNode, useState } from "react";
import { useT } from "../../i18n";

interface Props {
  title: string;
  hint?: ReactNode;
  okText: string;
  onOk: (note: string) => Promise<boolean>;
  onClose: () => void;
  children?: ReactNode;
}

export function NoteDialog({ title, hint, okText, onOk, onClose, children }: Props) {
  const t = useT();
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const go = async () => {
    if (!note.trim()) return;
    setBusy(true);
    await onOk(note.trim());
    setBusy(false);
  };
  return (
    <Modal
      open
      width={480}
      title={title}
      onCancel={onClose}
      onOk={go}
      confirmLoading={busy}
      okText={okText}
      okButtonProps={{ disabled: !note.trim(), "data-testid": "note-confirm" }}
    >
      {hint && <Alert type="info" showIcon title={hint} className="fh-gap" />}
      {children}
      <Input.TextArea
        autoFocus
        rows={3}
        maxLength={500}
        showCount
        value={note}
        placeholder={t("note.placeholder")}
        onChange={(event) => setNote(event.target.value)}
        data-testid="note-input"
      />
    </Modal>
  );
}
