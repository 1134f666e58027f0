/** Work on many breaks at once: an owner, what is to be done, a comment. */
import { CommentOutlined, TagOutlined, UserSwitchOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Button, Input, Modal, Select } from "antd";
import { useState } from "react";
import { api } from "../../api/client";
import type { BulkResult } from "../../api/types";
import { useT } from "../../i18n";
import { bulkBody, countOf, type Selection } from "../../logic/selection";
import { useAct } from "../../parts/useAct";
import { App } from "antd";

export const DECISIONS = ["investigate", "asked_provider", "asked_buyer", "to_book", "to_refund", "accept"] as const;
type Field = "owner" | "decision" | "comment";

interface Props {
  selection: Selection;
  owners: string[];
  onClear: () => void;
}

const ICONS = { owner: <UserSwitchOutlined />, decision: <TagOutlined />, comment: <CommentOutlined /> };

export function BreakBulk({ selection, owners, onClear }: Props) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const { message } = App.useApp();
  const [doing, setDoing] = useState<Field | null>(null);
  const count = countOf(selection);
  const save = (value: string) =>
    act(async () => {
      const body = { ...bulkBody(selection), [doing ?? "comment"]: value };
      const told = await api.post<BulkResult>("/api/recon/breaks/edits", body);
      await client.invalidateQueries({ queryKey: ["money"] });
      void message.success(t("break.edited", { n: told.changed }));
      setDoing(null);
      onClear();
    });
  const titles = { owner: "break.assignTitle", decision: "break.decideTitle", comment: "break.commentTitle" } as const;
  const buttons = { owner: "break.assign", decision: "break.decision", comment: "break.comment" } as const;
  return (
    <>
      {(["owner", "decision", "comment"] as const).map((field) => (
        <Button
          key={field}
          size="small"
          icon={ICONS[field]}
          onClick={() => setDoing(field)}
          data-testid={`bulk-${field}`}
        >
          {t(buttons[field])}
        </Button>
      ))}
      {doing && (
        <FieldDialog
          field={doing}
          title={t(titles[doing], { n: count })}
          owners={owners}
          onSave={save}
          onClose={() => setDoing(null)}
        />
      )}
    </>
  );
}

interface DialogProps {
  field: Field;
  title: string;
  owners: string[];
  start?: string;
  onSave: (value: string) => Promise<boolean>;
  onClose: () => void;
}

export function FieldDialog({ field, title, owners, start = "", onSave, onClose }: DialogProps) {
  const t = useT();
  const [value, setValue] = useState(start);
  const [busy, setBusy] = useState(false);
  const choices = {
    owner: [{ value: "", label: t("break.nobody") }, ...owners.map((name) => ({ value: name, label: name }))],
    decision: [
      { value: "", label: t("decision.none") },
      ...DECISIONS.map((code) => ({ value: code, label: t(`decision.${code}`) })),
    ],
  };
  const go = async () => {
    setBusy(true);
    await onSave(value.trim());
    setBusy(false);
  };
  return (
    <Modal
      open
      width={420}
      title={title}
      onCancel={onClose}
      onOk={go}
      confirmLoading={busy}
      okButtonProps={{ "data-testid": "field-save" }}
    >
      {field === "comment" ? (
        <Input.TextArea
          autoFocus
          rows={3}
          maxLength={2000}
          value={value}
          onChange={(event) => setValue(event.target.value)}
          data-testid="field-comment"
        />
      ) : (
        <Select
          showSearch={{ optionFilterProp: "label" }}
          style={{ width: "100%" }}
          options={choices[field]}
          value={value}
          onChange={setValue}
          data-testid={`field-${field}`}
        />
      )}
    </Modal>
  );
}
