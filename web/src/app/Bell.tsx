/** The bell (铃铛): how many letters wait, the newest of them, and the way to all. */
import { BellOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Badge, Button, Popover } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { api } from "../api/client";
import { useGet } from "../api/queries";
import type { Page } from "../api/types";
import type { Mail } from "../api/types-notices";
import { useT } from "../i18n";
import { EmptyState } from "../parts/EmptyState";
import { useAct } from "../parts/useAct";
import { AgoText } from "../parts/Values";

const SHOWN = 6;

export function mailPath(mail: Mail): string {
  if (mail.case_id) return `/cases/${mail.case_id}`;
  return mail.count > 1 ? "/cases" : "/notices";
}

export function Bell() {
  const t = useT();
  const [open, setOpen] = useState(false);
  const { data } = useGet<{ unread: number }>("notices", "/api/notices/unread");
  const unread = data?.unread ?? 0;
  return (
    <Popover
      trigger="click"
      placement="bottomRight"
      open={open}
      onOpenChange={setOpen}
      destroyOnHidden
      content={<Latest onClose={() => setOpen(false)} unread={unread} />}
    >
      <Badge count={unread} size="small" overflowCount={99} offset={[-4, 8]}>
        <Button
          type="text"
          icon={<BellOutlined />}
          aria-label={unread ? t("notice.bellUnread", { n: unread }) : t("notice.bell")}
          data-testid="bell"
          data-unread={unread}
        />
      </Badge>
    </Popover>
  );
}

function Latest({ onClose, unread }: { onClose: () => void; unread: number }) {
  const t = useT();
  const act = useAct();
  const navigate = useNavigate();
  const client = useQueryClient();
  const { data } = useGet<Page<Mail>>("notices", "/api/notices", { size: SHOWN });
  const read = (ids: string[] | null) =>
    act(async () => {
      await api.post("/api/notices/read", { ids });
      await client.invalidateQueries({ queryKey: ["notices"] });
    });
  const go = (mail: Mail) => {
    if (!mail.read) void read([mail.id]);
    onClose();
    navigate(mailPath(mail));
  };
  return (
    <div className="fh-bell" data-testid="bell-list">
      <header>
        <b>{t("notice.mine")}</b>
        <Button type="link" size="small" disabled={unread === 0} onClick={() => void read(null)} data-testid="bell-read">
          {t("notice.markAll")}
        </Button>
      </header>
      {data && data.items.length === 0 && <EmptyState title={t("notice.empty")} hint={t("notice.emptyHint")} />}
      {data?.items.map((mail) => (
        <button
          type="button"
          key={mail.id}
          className={mail.read ? "fh-bell-mail" : "fh-bell-mail fh-bell-unread"}
          onClick={() => go(mail)}
          data-testid="bell-mail"
        >
          <span>{mail.title}</span>
          <small>
            {mail.event_title} · <AgoText at={mail.at} />
          </small>
        </button>
      ))}
      <footer>
        <Link to="/notices" onClick={onClose} data-testid="bell-all">
          {t("notice.all")}
        </Link>
      </footer>
    </div>
  );
}
