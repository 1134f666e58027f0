/** A rule for a code not heard yet, or for words in the text (按文本映射). */
import { PlusOutlined } from "@ant-design/icons";
import { Button, Input, Segmented, Select, Space } from "antd";
import { useState } from "react";
import type { MappingDetail, Rule } from "../../api/types";
import { useT, useTitle } from "../../i18n";
import type { RuleName } from "../../logic/rules";

interface Props {
  states: MappingDetail["states"];
  onAdd: (name: RuleName, state: string) => void;
}

export function AddRule({ states, onAdd }: Props) {
  const t = useT();
  const title = useTitle();
  const [match, setMatch] = useState<Rule["match"]>("code");
  const [value, setValue] = useState("");
  const [when, setWhen] = useState("");
  const [state, setState] = useState<string | undefined>();
  const add = () => {
    if (!value.trim() || !state) return;
    onAdd({ match, value: value.trim(), when: match === "code" ? when.trim() : "" }, state);
    setValue("");
    setWhen("");
  };
  return (
    <div className="fh-add-rule">
      <Segmented
        size="small"
        value={match}
        onChange={(next) => setMatch(next as Rule["match"])}
        options={[
          { value: "code", label: t("rule.code") },
          { value: "text", label: t("rule.text") },
        ]}
      />
      <Space.Compact>
        <Input
          size="small"
          value={value}
          placeholder={t(match === "code" ? "rule.codeHint" : "rule.textHint")}
          onChange={(event) => setValue(event.target.value)}
          onPressEnter={add}
          data-testid="add-rule-value"
        />
        {match === "code" && (
          <Input
            size="small"
            value={when}
            placeholder={t("rule.whenHint")}
            onChange={(event) => setWhen(event.target.value)}
            data-testid="add-rule-when"
          />
        )}
        <Select
          size="small"
          value={state}
          onChange={setState}
          placeholder={t("mapping.choose")}
          popupMatchSelectWidth={180}
          options={states.map((each) => ({ value: each.state, label: title("state", each.state, each.title) }))}
          className="fh-add-state"
          data-testid="add-rule-state"
        />
        <Button
          size="small"
          icon={<PlusOutlined />}
          disabled={!value.trim() || !state}
          onClick={add}
          data-testid="add-rule"
        >
          {t("rule.add")}
        </Button>
      </Space.Compact>
    </div>
  );
}
