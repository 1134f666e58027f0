/** Robots (机器人): how each fares, a test message, and the address links begin with. */
import { PlusOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Input, Switch } from "antd";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import { api } from "../../api/client";
import { useGet } from "../../api/queries";
import type { Robot, RobotState } from "../../api/types-notices";
import { type Translate, useT } from "../../i18n";
import { formatMinute } from "../../logic/time";
import { Blank } from "../../parts/Copyable";
import { Flag } from "../../parts/Tags";
import { useAct } from "../../parts/useAct";
import { TimeText } from "../../parts/Values";
import { containsWords } from "../../table/localRows";
import { QueryTable } from "../../table/QueryTable";
import type { QueryColumn } from "../../table/types";
import { useListState } from "../../table/useListState";
import { RobotDialog } from "./RobotDialog";

const SOURCE = {
  topic: "notices",
  path: "/api/notice-robots",
  local: {
    match: (row: Robot, filters: Record<string, string>) =>
      containsWords(filters.q, [row.id, row.title, row.kind_title]),
  },
} as const;

const MOODS: Record<RobotState, "ok" | "warn" | "bad" | "mute"> = {
  ready: "ok",
  off: "mute",
  paused: "warn",
  open: "bad",
  unreadable: "bad",
};

interface Acts {
  enable: (row: Robot, enabled: boolean) => void;
  test: (row: Robot) => void;
  edit: (row: Robot) => void;
}

function columns(t: Translate, acts: Acts): QueryColumn<Robot>[] {
  const number = (key: "sent_24h" | "waiting" | "dead", title: string, status: string): QueryColumn<Robot> => ({
    key,
    title,
    width: 84,
    align: "right",
    text: (row) => row[key],
    render: (row) =>
      row[key] ? (
        <Link to={`/notices?view=log&robot=${row.id}&status=${status}`} className="fh-number">
          {row[key]}
        </Link>
      ) : (
        <Blank />
      ),
  });
  return [
    {
      key: "title",
      title: t("robot.name"),
      width: 200,
      text: (row) => row.title,
      render: (row) => (
        <button type="button" className="fh-link" onClick={() => acts.edit(row)}>
          {row.title}
        </button>
      ),
    },
    {
      key: "kind",
      title: t("robot.kind"),
      width: 136,
      text: (row) => row.kind_title,
      render: (row) => row.kind_title,
    },
    { key: "state", title: t("robot.state"), width: 150, text: (row) => row.state, render: (row) => <State row={row} /> },
    number("sent_24h", t("robot.sent"), "sent"),
    number("waiting", t("robot.waiting"), "waiting"),
    number("dead", t("robot.dead"), "dead"),
    { key: "last", title: t("robot.lastSent"), width: 140, render: (row) => <TimeText at={row.last_sent_at} /> },
    {
      key: "problem",
      title: t("robot.lastError"),
      width: 150,
      render: (row) => (row.last_error ? <span className="fh-clip" title={row.last_error}>{row.last_error}</span> : <Blank />),
    },
    {
      key: "acts",
      title: "",
      width: 150,
      render: (row) => (
        <span className="fh-hours">
          <Switch
            size="small"
            checked={row.enabled}
            aria-label={t("robot.enabled")}
            onChange={(on) => acts.enable(row, on)}
            data-testid={`robot-switch-${row.id}`}
          />
          <Button size="small" disabled={!row.enabled} onClick={() => acts.test(row)} data-testid={`robot-test-${row.id}`}>
            {t("robot.test")}
          </Button>
        </span>
      ),
    },
  ];
}

function State({ row }: { row: Robot }) {
  const t = useT();
  return (
    <span data-state={row.state}>
      <Flag mood={MOODS[row.state]}>{t(`robot.state.${row.state}`)}</Flag>
      {row.state_until && <small className="fh-soft"> {t("robot.until", { at: formatMinute(row.state_until) })}</small>}
    </span>
  );
}

export function RobotList() {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const control = useListState("title");
  const [editing, setEditing] = useState<Robot | "new" | null>(null);
  const changed = () => client.invalidateQueries({ queryKey: ["notices"] });
  const table = useMemo(
    () =>
      columns(t, {
        edit: setEditing,
        enable: (row, enabled) =>
          void act(async () => {
            await api.patch(`/api/notice-robots/${row.id}`, { enabled });
            await client.invalidateQueries({ queryKey: ["notices"] });
          }),
        test: (row) =>
          void act(
            async () => {
              await api.post(`/api/notice-robots/${row.id}/test`);
              await client.invalidateQueries({ queryKey: ["notices"] });
            },
            { done: t("robot.tested") },
          ),
      }),
    [t, act, client],
  );
  return (
    <>
      <PublicAddress />
      <QueryTable<Robot>
        screen="robots"
        testId="robots-table"
        source={SOURCE}
        control={control}
        columns={table}
        fields={[{ kind: "text", name: "q", label: t("list.words"), primary: true }]}
        actions={
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setEditing("new")} data-testid="robot-new">
            {t("robot.new")}
          </Button>
        }
        rowKey={(row) => row.id}
        rowTestId={(row) => `robot-row-${row.id}`}
        onOpen={setEditing}
        empty={{ title: t("robot.empty"), hint: t("robot.emptyHint") }}
      />
      {editing && (
        <RobotDialog
          robot={editing === "new" ? null : editing}
          onClose={() => setEditing(null)}
          onSaved={() => void changed()}
        />
      )}
    </>
  );
}

function PublicAddress() {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const { data } = useGet<{ public_url: string }>("notices", "/api/notice-settings");
  if (!data) return null;
  const save = (url: string) =>
    act(
      async () => {
        await api.put("/api/notice-settings", { public_url: url });
        await client.invalidateQueries({ queryKey: ["notices"] });
      },
      { done: t("common.saved") },
    );
  return (
    <div className="fh-address">
      {!data.public_url && <Alert type="warning" showIcon title={t("robot.noAddress")} />}
      <label htmlFor="public-url">{t("robot.address")}</label>
      <Input.Search
        key={data.public_url}
        id="public-url"
        defaultValue={data.public_url}
        placeholder={t("robot.addressHint")}
        enterButton={t("common.save")}
        onSearch={(url) => void save(url)}
        data-testid="public-url"
      />
    </div>
  );
}
