/** Saved views (常用视图): a filter with a name, one's own or everybody's. */
import { DeleteOutlined, DownOutlined, PushpinOutlined, ShareAltOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Button, Checkbox, Dropdown, Input, type MenuProps, Modal } from "antd";
import { useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { api } from "../api/client";
import { useGet } from "../api/queries";
import type { SavedView } from "../api/types";
import { useT } from "../i18n";
import { useAct } from "../parts/useAct";

export function SavedViews({ screen }: { screen: string }) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { pathname, search } = useLocation();
  const [naming, setNaming] = useState(false);
  const views = useGet<SavedView[]>("views", "/api/views", { screen });
  const changed = () => client.invalidateQueries({ queryKey: ["views"] });
  const remove = (view: SavedView) =>
    act(async () => {
      await api.delete(`/api/views/${view.id}`);
      await changed();
    });
  const items: MenuProps["items"] = [
    ...(views.data ?? []).map((view) => ({
      key: view.id,
      label: (
        <span className="fh-view-row" data-testid={`view-${view.id}`}>
          {view.shared && <ShareAltOutlined title={t("view.shared")} />} {view.name}
          <Button
            type="text"
            size="small"
            icon={<DeleteOutlined />}
            aria-label={t("common.delete")}
            onClick={(event) => {
              event.stopPropagation();
              void remove(view);
            }}
          />
        </span>
      ),
      onClick: () => navigate(`${pathname}?${view.query}`),
    })),
    ...(views.data?.length ? [{ type: "divider" as const }] : []),
    {
      key: "save",
      icon: <PushpinOutlined />,
      label: <span data-testid="view-save">{t("view.save")}</span>,
      onClick: () => setNaming(true),
    },
  ];
  return (
    <>
      <Dropdown menu={{ items }} trigger={["click"]}>
        <Button icon={<PushpinOutlined />} data-testid="views">
          {t("view.title")} <DownOutlined />
        </Button>
      </Dropdown>
      {naming && (
        <NameDialog
          screen={screen}
          query={search.replace(/^\?/, "")}
          onClose={() => setNaming(false)}
          onSaved={() => void changed()}
        />
      )}
    </>
  );
}

interface NameProps {
  screen: string;
  query: string;
  onClose: () => void;
  onSaved: () => void;
}

function NameDialog({ screen, query, onClose, onSaved }: NameProps) {
  const t = useT();
  const act = useAct();
  const [name, setName] = useState("");
  const [shared, setShared] = useState(false);
  const save = () =>
    act(
      async () => {
        await api.post("/api/views", { name: name.trim(), screen, query, shared });
        onSaved();
        onClose();
      },
      { done: t("view.saved") },
    );
  return (
    <Modal
      open
      width={400}
      title={t("view.save")}
      onCancel={onClose}
      onOk={save}
      okText={t("common.save")}
      okButtonProps={{ disabled: !name.trim() }}
    >
      <Input
        autoFocus
        value={name}
        maxLength={40}
        placeholder={t("view.name")}
        onChange={(event) => setName(event.target.value)}
        onPressEnter={() => name.trim() && void save()}
        data-testid="view-name"
      />
      <p>
        <Checkbox checked={shared} onChange={(event) => setShared(event.target.checked)}>
          {t("view.shareIt")}
        </Checkbox>
      </p>
    </Modal>
  );
}
