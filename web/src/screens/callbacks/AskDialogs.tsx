/** Asking for an audit: of a period of the inbox, or of a file that is not imported. */
import { InboxOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { DatePicker, Modal, Select, Upload } from "antd";
import type { Dayjs } from "dayjs";
import { useState } from "react";
import { api } from "../../api/client";
import { invalidate, useFacets } from "../../api/queries";
import type { AuditAbout, CallbackAudit } from "../../api/types-callbacks";
import { useT } from "../../i18n";
import { endOfShanghaiDay, fromShanghai } from "../../logic/time";
import { useAct } from "../../parts/useAct";

interface Props {
  about: AuditAbout;
  onClose: () => void;
  onAsked: (audit: CallbackAudit) => void;
}

const HOURS = [24, 72, 168, 720];
const SPAN = 0;

export function RunDialog({ about, onClose, onAsked }: Props) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const { sources } = useFacets();
  const [hours, setHours] = useState(72);
  const [span, setSpan] = useState<[Dayjs | null, Dayjs | null] | null>(null);
  const [source, setSource] = useState("");
  const [busy, setBusy] = useState(false);
  const days = [span?.[0]?.format("YYYY-MM-DD"), span?.[1]?.format("YYYY-MM-DD")] as const;
  const ready = hours !== SPAN || Boolean(days[0] && days[1]);
  const start = async () => {
    setBusy(true);
    const when = hours !== SPAN ? { hours } : { since: fromShanghai(days[0] ?? ""), until: endOfShanghaiDay(days[1] ?? "") };
    await act(
      async () => {
        const asked = await api.post<CallbackAudit>("/api/callbacks/audits", { about, source, ...when });
        invalidate(client, ["callbacks"]);
        onAsked(asked);
      },
      { done: t("callback.asked") },
    );
    setBusy(false);
  };
  const choices = HOURS.map((n) => ({
    value: n,
    label: `${t("callback.hours")} ${n < 96 ? t("callback.hoursN", { n }) : t("callback.daysN", { n: n / 24 })}`,
  }));
  return (
    <Modal
      open
      width={520}
      title={t("callback.runTitle")}
      onCancel={onClose}
      onOk={start}
      confirmLoading={busy}
      okText={t("callback.start")}
      okButtonProps={{ disabled: !ready, "data-testid": "run-start" }}
    >
      <p className="fh-hint fh-gap">{t("callback.runHint")}</p>
      <div className="fh-row fh-gap">
        <Select
          value={hours}
          onChange={setHours}
          options={[...choices, { value: SPAN, label: t("callback.span") }]}
          data-testid="run-hours"
        />
        {hours === SPAN && <DatePicker.RangePicker value={span} onChange={setSpan} />}
        <Select
          allowClear
          placeholder={t("raw.source")}
          value={source || undefined}
          onChange={(next?: string) => setSource(next ?? "")}
          options={sources.map((each) => ({ value: each.value, label: each.title }))}
          popupMatchSelectWidth={false}
          style={{ minWidth: 140 }}
        />
      </div>
    </Modal>
  );
}

export function UploadDialog({ about, onClose, onAsked }: Props) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const send = async (file: File) => {
    setBusy(true);
    await act(
      async () => {
        const form = new FormData();
        form.append("data", file, file.name);
        const asked = await api.upload<CallbackAudit>(`/api/callbacks/files?about=${about}`, form);
        invalidate(client, ["callbacks"]);
        onAsked(asked);
      },
      { done: t("callback.uploaded") },
    );
    setBusy(false);
  };
  return (
    <Modal open width={560} title={t("callback.uploadTitle")} onCancel={onClose} footer={null}>
      <p className="fh-hint fh-gap">{t("callback.uploadHint")}</p>
      <Upload.Dragger
        accept=".json,.ndjson,.jsonl,.csv,.tsv,.txt,.xlsx,.xls,.zip,.gz"
        multiple={false}
        showUploadList={false}
        disabled={busy}
        beforeUpload={(file) => {
          void send(file);
          return false;
        }}
        data-testid="upload-file"
      >
        <p className="ant-upload-drag-icon">
          <InboxOutlined />
        </p>
        <p>{t("callback.drop")}</p>
      </Upload.Dragger>
    </Modal>
  );
}
