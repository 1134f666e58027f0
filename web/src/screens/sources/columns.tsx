/** Columns of the list of sources. */
import { EditOutlined } from "@ant-design/icons";
import { Button, Switch } from "antd";
import { Link } from "react-router";
import type { Source, SourceFreshness } from "../../api/types";
import type { Translate, useTitle } from "../../i18n";
import { Copyable } from "../../parts/Copyable";
import { StandingTag } from "../../parts/Freshness";
import { AgoText, CountText } from "../../parts/Values";
import { countColumn, textColumn } from "../../table/cells";
import type { QueryColumn } from "../../table/types";

type Fresh = ReadonlyMap<string, SourceFreshness>;

interface Acts {
  fresh: Fresh;
  onEnable: (row: Source, enabled: boolean) => void;
  onEdit: (row: Source) => void;
}

export function sourceColumns(t: Translate, title: ReturnType<typeof useTitle>, acts: Acts): QueryColumn<Source>[] {
  return [...whatItIs(t, title), ...howItFares(t, acts.fresh), ...whatCanBeDone(t, acts)];
}

function whatItIs(t: Translate, title: ReturnType<typeof useTitle>): QueryColumn<Source>[] {
  return [
    textColumn({
      key: "title",
      title: t("source.title"),
      width: 200,
      of: (row) => row.title,
      render: (row) => (
        <>
          <div>{row.title}</div>
          <small className="fh-soft">{title("sourceKind", row.kind)}</small>
        </>
      ),
    }),
    textColumn({
      key: "connector",
      title: t("source.connector"),
      width: 120,
      of: (row) => row.connector,
      render: (row) => <code>{row.connector}</code>,
    }),
    textColumn({
      key: "hook",
      title: t("source.hook"),
      width: 220,
      of: (row) => row.hook_path,
      render: (row) => (
        <Copyable text={`${window.location.origin}${row.hook_path}`}>
          <code>{row.hook_path}</code>
        </Copyable>
      ),
    }),
  ];
}

function howItFares(t: Translate, fresh: Fresh): QueryColumn<Source>[] {
  return [
    textColumn({
      key: "fresh",
      title: t("source.lastHeard"),
      width: 190,
      of: (row) => row.last_received_at,
      render: (row) => (
        <span className="fh-row">
          <StandingTag standing={fresh.get(row.id)?.standing ?? "unknown"} />
          <span className="fh-soft">
            <AgoText at={fresh.get(row.id)?.last_good_at ?? null} />
          </span>
        </span>
      ),
    }),
    countColumn({
      key: "received",
      title: t("source.received24h"),
      of: (row) => row.received_24h,
      render: (row) => (
        <Link to={`/inbox?source=${encodeURIComponent(row.id)}`}>
          <CountText count={row.received_24h} />
        </Link>
      ),
    }),
    countColumn({
      key: "refused",
      title: t("source.refused24h"),
      of: (row) => row.refused_24h,
      render: (row) => (
        <span className={row.refused_24h ? "fh-bad" : ""}>
          <CountText count={row.refused_24h} />
        </span>
      ),
    }),
    countColumn({ key: "repeats", title: t("source.repeats24h"), of: (row) => row.repeats_24h }),
  ];
}

function whatCanBeDone(t: Translate, { onEnable, onEdit }: Acts): QueryColumn<Source>[] {
  return [
    {
      key: "enabled",
      title: t("source.enabled"),
      width: 80,
      text: (row) => row.enabled,
      render: (row) => (
        <Switch
          size="small"
          checked={row.enabled}
          onChange={(on) => onEnable(row, on)}
          aria-label={t("source.enabled")}
        />
      ),
    },
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
