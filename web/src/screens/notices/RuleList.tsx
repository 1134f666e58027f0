/** Rules of notification (通知规则): what goes to whom, and which wait as drafts. */
import { PlusOutlined } from "@ant-design/icons";
import { Button, Input, Modal } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { useGet } from "../../api/queries";
import type { RuleChoices, RuleRow } from "../../api/types-notices";
import { useT } from "../../i18n";
import { Flag } from "../../parts/Tags";
import { containsWords } from "../../table/localRows";
import { QueryTable } from "../../table/QueryTable";
import { useListState } from "../../table/useListState";

const SOURCE = {
  topic: "notices",
  path: "/api/notice-rules",
  local: {
    match: (row: RuleRow, filters: Record<string, string>) => containsWords(filters.q, [row.name, row.values.title]),
  },
} as const;

function named(values: string[], choices: { value: string; title: string }[] | undefined): string[] {
  return values.map((value) => choices?.find((each) => each.value === value)?.title ?? value);
}

export function RuleList() {
  const t = useT();
  const navigate = useNavigate();
  const control = useListState("title");
  const [naming, setNaming] = useState(false);
  const { data: choices } = useGet<RuleChoices>("notices", "/api/notice-choices");
  const whom = (row: RuleRow) => {
    const { robots, roles, people, owner } = row.values.targets;
    return [
      ...named(robots, choices?.robots),
      ...named(roles, choices?.roles),
      ...named(people, choices?.people),
      ...(owner ? [t("noticeRule.toOwner")] : []),
    ].join("、");
  };
  return (
    <>
      <QueryTable<RuleRow>
        screen="notice-rules"
        testId="rules-table"
        source={SOURCE}
        control={control}
        rowKey={(row) => row.name}
        rowTestId={(row) => `rule-row-${row.name}`}
        onOpen={(row) => navigate(`/notices/rules/${row.name}`)}
        fields={[{ kind: "text", name: "q", label: t("noticeRule.name"), primary: true }]}
        actions={
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setNaming(true)} data-testid="rule-new">
            {t("noticeRule.new")}
          </Button>
        }
        columns={[
          {
            key: "title",
            title: t("noticeRule.title"),
            width: 220,
            text: (row) => row.values.title,
            render: (row) => <Link to={`/notices/rules/${row.name}`}>{row.values.title}</Link>,
          },
          {
            key: "events",
            title: t("noticeRule.events"),
            width: 220,
            text: (row) => named(row.values.events, choices?.events).join("、"),
            render: (row) => named(row.values.events, choices?.events).join("、"),
          },
          {
            key: "kinds",
            title: t("noticeRule.kinds"),
            width: 200,
            text: (row) => row.values.kinds.join("、"),
            render: (row) => named(row.values.kinds, choices?.kinds).join("、") || t("noticeRule.anyKind"),
          },
          { key: "whom", title: t("noticeRule.whom"), width: 320, text: whom, render: (row) => whom(row) || "—" },
          {
            key: "version",
            title: t("noticeRule.version"),
            width: 200,
            text: (row) => row.version,
            render: (row) => <VersionTags row={row} />,
          },
        ]}
      />
      {naming && <NameDialog onClose={() => setNaming(false)} />}
    </>
  );
}

function VersionTags({ row }: { row: RuleRow }) {
  const t = useT();
  return (
    <span className="fh-hours">
      {row.version === null && <Flag mood="mute">{t("noticeRule.unpublished")}</Flag>}
      {row.version === 0 && <Flag mood="mute">{t("noticeRule.shipped")}</Flag>}
      {row.version ? <span>v{row.version}</span> : null}
      {!row.values.enabled && <Flag mood="warn">{t("noticeRule.off")}</Flag>}
      {row.has_draft && <Flag mood="info">{t("noticeRule.draft")}</Flag>}
    </span>
  );
}

function NameDialog({ onClose }: { onClose: () => void }) {
  const t = useT();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const fits = /^[a-z0-9][a-z0-9_-]{0,40}$/.test(name);
  const go = () => fits && navigate(`/notices/rules/${name}?new=1`);
  return (
    <Modal
      open
      title={t("noticeRule.new")}
      okText={t("notice.next")}
      onCancel={onClose}
      onOk={go}
      okButtonProps={{ disabled: !fits, "data-testid": "rule-name-ok" }}
    >
      <label htmlFor="rule-name">{t("noticeRule.id")}</label>
      <Input
        id="rule-name"
        autoFocus
        value={name}
        placeholder={t("robot.idHint")}
        onChange={(event) => setName(event.target.value.trim())}
        onPressEnter={go}
        data-testid="rule-name"
      />
    </Modal>
  );
}
