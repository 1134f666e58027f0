/** Names and values, a row each. */
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Input, Space } from "antd";
import { useT } from "../../i18n";
import type { Pair } from "./pairs";

interface Props {
  value?: Pair[];
  onChange?: (pairs: Pair[]) => void;
  secret?: boolean;
}

export function PairsInput({ value = [], onChange, secret = false }: Props) {
  const t = useT();
  const set = (at: number, part: Partial<Pair>) =>
    onChange?.(value.map((pair, index) => (index === at ? { ...pair, ...part } : pair)));
  return (
    <div className="fh-pairs">
      {value.map((pair, at) => (
        <Space.Compact key={at} block>
          <Input
            placeholder={t("source.name")}
            value={pair.name}
            onChange={(event) => set(at, { name: event.target.value })}
            className="fh-pair-name"
          />
          {secret ? (
            <Input.Password
              autoComplete="new-password"
              placeholder={t("source.value")}
              value={pair.value}
              onChange={(event) => set(at, { value: event.target.value })}
            />
          ) : (
            <Input
              placeholder={t("source.value")}
              value={pair.value}
              onChange={(event) => set(at, { value: event.target.value })}
            />
          )}
          <Button
            icon={<DeleteOutlined />}
            aria-label={t("common.delete")}
            onClick={() => onChange?.(value.filter((_, index) => index !== at))}
          />
        </Space.Compact>
      ))}
      <Button
        size="small"
        type="dashed"
        icon={<PlusOutlined />}
        onClick={() => onChange?.([...value, { name: "", value: "" }])}
      >
        {t("source.addPair")}
      </Button>
    </div>
  );
}
