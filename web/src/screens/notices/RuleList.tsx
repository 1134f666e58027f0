/** Rules of notification (通知规则): what goes to whom, and which wait as drafts. */
import { PlusOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Button, Input, Modal } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { useGet } from "../../api/queries";
import { api } from "../../api/client";
import type { DeclarationRow } from "../../api/types-declarations";
import type { RuleChoices, RuleValues } from "../../api/types-notices";
import { useT } from "../../i18n";
import { declarationSource, VersionTags } from "../../parts/declaration/DeclarationTable";
import { declarationPath } from "../../parts/declaration/useDeclaration";
import { Flag } from "../../parts/Tags";
import { useAct } from "../../parts/useAct";
import { QueryTable } from "../../table/QueryTable";
import { useListState } from "../../table/useListState";
import { NEW_RULE } from "./rules";

type RuleRow = DeclarationRow<RuleValues>;

const KIND = "notice_rule";
const SOURCE = declarationSource<RuleValues>(KIND, (row) => [row.name, row.body.title]);

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
    const { robots, roles, people, owner } = row.body.targets;
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
            text: (row) => row.body.title,
            render: (row) => <Link to={`/notices/rules/${row.name}`}>{row.body.title}</Link>,
          },
          {
            key: "events",
            title: t("noticeRule.events"),
            width: 220,
            text: (row) => named(row.body.events, choices?.events).join("、"),
            render: (row) => named(row.body.events, choices?.events).join("、"),
          },
          {
            key: "kinds",
            title: t("noticeRule.kinds"),
            width: 200,
            text: (row) => row.body.kinds.join("、"),
            render: (row) => named(row.body.kinds, choices?.kinds).join("、") || t("noticeRule.anyKind"),
          },
          { key: "whom", title: t("noticeRule.whom"), width: 320, text: whom, render: (row) => whom(row) || "—" },
          {
            key: "version",
            title: t("noticeRule.version"),
            width: 200,
            text: (row) => row.version,
            render: (row) => (
              <>
                <VersionTags row={row} /> {!row.body.enabled && <Flag mood="warn">{t("noticeRule.off")}</Flag>}
              </>
            ),
          },
        ]}
      />
      {naming && <NameDialog onClose={() => setNaming(false)} />}
    </>
  );
}

function NameDialog({ onClose }: { onClose: () => void }) {
  const t = useT();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const fits = /^[a-z0-9][a-z0-9_-]{0,40}$/.test(name);
  const act = useAct();
  const client = useQueryClient();
  const go = async () => {
    if (!fits) return;
    const body = { ...NEW_RULE, title: name };
    const begun = await act(async () => {
      await api.put(`${declarationPath(KIND, name)}/draft`, { body, revision: null });
      await client.invalidateQueries({ queryKey: ["declarations"] });
    });
    if (begun) navigate(`/notices/rules/${name}`);
  };
  return (
    <Modal
      open
      title={t("noticeRule.new")}
      okText={t("notice.next")}
      onCancel={onClose}
      onOk={() => void go()}
      okButtonProps={{ disabled: !fits, "data-testid": "rule-name-ok" }}
    >
      <label htmlFor="rule-name">{t("noticeRule.id")}</label>
      <Input
        id="rule-name"
        autoFocus
        value={name}
        placeholder={t("robot.idHint")}
        onChange={(event) => setName(event.target.value.trim())}
        onPressEnter={() => void go()}
        data-testid="rule-name"
      />
    </Modal>
  );
}
