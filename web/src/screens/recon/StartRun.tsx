/** Asking for a run, and the runs that wait or are under way: a worker does them, nobody has to wait. */
import { PlayCircleOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Alert, Button, DatePicker, Form, Modal, Radio } from "antd";
import type { Dayjs } from "dayjs";
import { useState } from "react";
import { Link } from "react-router";
import { api } from "../../api/client";
import { useGet } from "../../api/queries";
import type { ReconAsk } from "../../api/types-recon";
import { useSession } from "../../app/session";
import { useT, useTitle } from "../../i18n";
import { durationWords, secondsBetween } from "../../logic/time";
import { Flag } from "../../parts/Tags";
import { useAct } from "../../parts/useAct";
import { useNow } from "../../parts/useNow";
import { AgoText, useUnits } from "../../parts/Values";
import { scopeWords } from "./parts";

const LOOK_MS = 1_500;
const MOODS = { waiting: "mute", running: "info", done: "ok", failed: "bad" } as const;
const SHOWN = 2;

export function StartRun() {
  const t = useT();
  const { can } = useSession();
  const [open, setOpen] = useState(false);
  if (!can("money.reconcile")) return null;
  return (
    <>
      <Button type="primary" icon={<PlayCircleOutlined />} onClick={() => setOpen(true)} data-testid="start-run">
        {t("recon.start")}
      </Button>
      {open && <RunDialog onClose={() => setOpen(false)} />}
    </>
  );
}

interface Wish {
  kind: "scan" | "reconcile";
  scope: "days" | "new" | "all";
  days?: [Dayjs, Dayjs];
}

function RunDialog({ onClose }: { onClose: () => void }) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const [form] = Form.useForm<Wish>();
  const scope = Form.useWatch("scope", form);
  const [busy, setBusy] = useState(false);
  const ask = async ({ kind, scope: wanted, days }: Wish) => {
    setBusy(true);
    const body = {
      kind,
      scope: wanted,
      day_from: wanted === "days" ? (days?.[0].format("YYYY-MM-DD") ?? "") : "",
      day_to: wanted === "days" ? (days?.[1].format("YYYY-MM-DD") ?? "") : "",
    };
    const worked = await act(
      async () => {
        await api.post("/api/recon/asks", body);
        await client.invalidateQueries({ queryKey: ["money"] });
      },
      { done: t("recon.asked") },
    );
    setBusy(false);
    if (worked) onClose();
  };
  const kinds = (["reconcile", "scan"] as const).map((value) => ({
    value,
    label: (
      <>
        {t(`recon.kind.${value}`)} <span className="fh-soft">{t(`recon.kind.${value}Hint`)}</span>
      </>
    ),
  }));
  return (
    <Modal
      open
      width={520}
      title={t("recon.start")}
      okText={t("recon.startGo")}
      onOk={form.submit}
      onCancel={onClose}
      confirmLoading={busy}
      okButtonProps={{ "data-testid": "start-go" }}
    >
      <Form form={form} layout="vertical" onFinish={ask} initialValues={{ kind: "reconcile", scope: "all" }}>
        <Form.Item name="kind" label={t("recon.kind")}>
          <Radio.Group vertical options={kinds} />
        </Form.Item>
        <Form.Item name="scope" label={t("recon.scope")}>
          <Radio.Group
            options={(["all", "new", "days"] as const).map((value) => ({ value, label: t(`recon.scope.${value}`) }))}
          />
        </Form.Item>
        {scope === "days" && (
          <Form.Item name="days" label={t("recon.days")} rules={[{ required: true }]}>
            <DatePicker.RangePicker />
          </Form.Item>
        )}
      </Form>
    </Modal>
  );
}

/** The runs under way, and the last one that is through. */
export function Asks() {
  const asks = useGet<ReconAsk[]>("money", "/api/recon/asks", {}, { refetchMs: LOOK_MS }).data ?? [];
  const going = asks.filter((each) => each.status === "waiting" || each.status === "running");
  const ended = asks.filter((each) => each.status === "done" || each.status === "failed").slice(0, 1);
  const shown = [...going, ...ended].slice(0, Math.max(SHOWN, going.length));
  if (shown.length === 0) return null;
  return (
    <ul className="fh-recon-asks" data-testid="asks">
      {shown.map((each) => (
        <AskLine key={each.id} ask={each} />
      ))}
    </ul>
  );
}

function AskLine({ ask }: { ask: ReconAsk }) {
  const t = useT();
  return (
    <li data-testid={`ask-${ask.status}`}>
      <Flag mood={MOODS[ask.status]}>{t(`recon.ask.${ask.status}`)}</Flag>
      <b>{t(`recon.kind.${ask.kind}`)}</b>
      <span>{scopeWords(ask, t)}</span>
      <Progress ask={ask} />
      <span className="fh-grow" />
      <span className="fh-soft">
        {ask.asked_by} · <AgoText at={ask.finished_at ?? ask.asked_at} />
      </span>
      {ask.run_id && <Link to={`/recon/runs/${ask.run_id}`}>{t("recon.run", { n: ask.run_id })}</Link>}
      {ask.problem && <Alert type="error" title={ask.problem} />}
    </li>
  );
}

function Progress({ ask }: { ask: ReconAsk }) {
  const t = useT();
  const words = useTitle();
  const units = useUnits();
  const now = useNow();
  if (ask.status !== "running" || !ask.started_at) return null;
  const since = durationWords(Math.max(0, Math.round(secondsBetween(ask.started_at, now))), units);
  return (
    <span className="fh-soft">
      {t("recon.ask.since", { d: since })} · {ask.stage ? words("stage", ask.stage) : t("recon.ask.retaken")}
    </span>
  );
}
