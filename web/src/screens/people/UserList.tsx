/** Users (用户). */
import { CheckCircleOutlined, EditOutlined, PlusOutlined, StopOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useState } from "react";
import type { User } from "../../api/types";
import { type Translate, useT, useTitle } from "../../i18n";
import { Flag } from "../../parts/Tags";
import { agoColumn, textColumn, timeColumn } from "../../table/cells";
import { containsWords } from "../../table/localRows";
import { QueryTable } from "../../table/QueryTable";
import type { QueryColumn } from "../../table/types";
import { useListState } from "../../table/useListState";
import { UserDialog } from "./UserDialog";

const SOURCE = {
  topic: "people",
  path: "/api/users",
  local: {
    match: (row: User, filters: Record<string, string>) =>
      containsWords(filters.q, [row.username, row.name, ...row.roles]),
  },
} as const;

type Title = ReturnType<typeof useTitle>;

function userColumns(t: Translate, title: Title, onEdit: (row: User) => void): QueryColumn<User>[] {
  return [
    textColumn({
      key: "username",
      title: t("signIn.username"),
      of: (row) => row.username,
      render: (row) => <b>{row.username}</b>,
    }),
    textColumn({ key: "name", title: t("people.name"), width: 140, of: (row) => row.name }),
    textColumn({
      key: "roles",
      title: t("people.roles"),
      width: 240,
      of: (row) => row.roles.map((role) => title("role", role)).join(" "),
      render: (row) => (
        <span className="fh-row">
          {row.roles.map((role) => (
            <Flag key={role} mood="info">
              {title("role", role)}
            </Flag>
          ))}
        </span>
      ),
    }),
    textColumn({ key: "shops", title: t("people.shops"), of: (row) => row.shops?.join("、") ?? t("people.allShops") }),
    {
      key: "active",
      title: t("people.active"),
      width: 90,
      text: (row) => row.active,
      render: (row) => (
        <Flag mood={row.active ? "ok" : "mute"} icon={row.active ? <CheckCircleOutlined /> : <StopOutlined />}>
          {t(row.active ? "people.on" : "people.off")}
        </Flag>
      ),
    },
    agoColumn({ key: "last_seen_at", title: t("people.lastSeen"), of: (row) => row.last_seen_at }),
    timeColumn({ key: "created_at", title: t("people.created"), of: (row) => row.created_at }),
    {
      key: "edit",
      title: "",
      width: 60,
      render: (row) => (
        <Button
          type="text"
          size="small"
          icon={<EditOutlined />}
          aria-label={t("common.edit")}
          onClick={() => onEdit(row)}
        />
      ),
    },
  ];
}

export function UserList() {
  const t = useT();
  const title = useTitle();
  const control = useListState("username");
  const [editing, setEditing] = useState<User | "new" | null>(null);
  return (
    <>
      <QueryTable<User>
        screen="users"
        testId="users-table"
        source={SOURCE}
        control={control}
        rowKey={(row) => row.id}
        rowTestId={(row) => `user-row-${row.username}`}
        fields={[{ kind: "text", name: "q", label: t("list.words"), primary: true }]}
        onOpen={setEditing}
        actions={
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setEditing("new")} data-testid="user-new">
            {t("people.newUser")}
          </Button>
        }
        columns={userColumns(t, title, setEditing)}
      />
      {editing && <UserDialog user={editing === "new" ? null : editing} onClose={() => setEditing(null)} />}
    </>
  );
}
