/** Left of the board: codes that were heard, how often, with a sample; the unmapped first. */
import { HolderOutlined, HourglassOutlined, SearchOutlined } from "@ant-design/icons";
import { Input, Segmented, Select } from "antd";
import { useState } from "react";
import type { MappingDetail, SeenCode } from "../../api/types";
import { useT, useTitle } from "../../i18n";
import { plainCode, type RuleName } from "../../logic/rules";
import { EmptyState } from "../../parts/EmptyState";
import { Flag } from "../../parts/Tags";
import { CountText } from "../../parts/Values";
import { containsWords } from "../../table/localRows";
import { DragChip, DropSlot } from "./MappingBoard";

export const POOL = "@pool";

interface Props {
  detail: MappingDetail;
  read: (seen: SeenCode) => string | null;
  editable: boolean;
  highlight: string | null;
  onAssign: (name: RuleName, state: string | null) => void;
}

export function CodeList({ detail, read, editable, highlight, onAssign }: Props) {
  const t = useT();
  const unmapped = detail.seen.filter((each) => each.code !== "" && read(each) === null);
  const [which, setWhich] = useState<"unmapped" | "all">(unmapped.length > 0 ? "unmapped" : "all");
  const [query, setQuery] = useState("");
  const shown = (which === "unmapped" ? unmapped : detail.seen)
    .filter((each) => containsWords(query, [each.code, each.sample_text]))
    .sort((a, b) => b.events_72h - a.events_72h || a.code.localeCompare(b.code));
  return (
    <DropSlot slot={POOL} className="fh-pool" testId="state-slot-unmapped">
      <header>
        <Segmented
          size="small"
          block
          value={which}
          onChange={(value) => setWhich(value as "unmapped" | "all")}
          options={[
            { value: "unmapped", label: t("mapping.unmappedN", { n: unmapped.length }) },
            { value: "all", label: t("mapping.seenN", { n: detail.seen.length }) },
          ]}
          data-testid="code-filter"
        />
        <Input
          size="small"
          allowClear
          prefix={<SearchOutlined />}
          placeholder={t("mapping.findCode")}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
      </header>
      {shown.length === 0 ? (
        <EmptyState
          title={t(which === "unmapped" && !query ? "mapping.allMapped" : "mapping.noCodes")}
          hint={which === "unmapped" && !query ? t("mapping.allMappedHint") : undefined}
        />
      ) : (
        <ul>
          {shown.map((each) => (
            <CodeRow
              key={each.code}
              seen={each}
              state={read(each)}
              states={detail.states}
              editable={editable}
              highlighted={highlight === each.code}
              onAssign={(state) => onAssign(plainCode(each.code), state)}
            />
          ))}
        </ul>
      )}
    </DropSlot>
  );
}

interface RowProps {
  seen: SeenCode;
  state: string | null;
  states: MappingDetail["states"];
  editable: boolean;
  highlighted: boolean;
  onAssign: (state: string | null) => void;
}

function CodeRow({ seen, state, states, editable, highlighted, onAssign }: RowProps) {
  const t = useT();
  const title = useTitle();
  return (
    <li className={highlighted ? "fh-code-row fh-code-lit" : "fh-code-row"} data-testid={`code-row-${seen.code}`}>
      <div className="fh-code-line">
        {seen.code === "" ? (
          <span className="fh-soft">{t("mapping.noCode")}</span>
        ) : (
          <DragChip
            name={plainCode(seen.code)}
            from="seen"
            disabled={!editable}
            className={state ? "" : "fh-chip-new"}
            testId={`code-chip-${seen.code}`}
          >
            <HolderOutlined /> {seen.code}
          </DragChip>
        )}
        <span className="fh-grow" />
        {seen.waiting > 0 && (
          <Flag mood="warn" icon={<HourglassOutlined />}>
            {t("mapping.waiting", { n: seen.waiting })}
          </Flag>
        )}
        <span className="fh-soft" title={t("mapping.total", { n: seen.events_total })}>
          72h <CountText count={seen.events_72h} />
          {seen.capped && "+"}
        </span>
      </div>
      <div className="fh-code-line">
        <span className="fh-code-text" title={seen.sample_text ?? ""}>
          {seen.sample_text || t("mapping.noText")}
        </span>
        {seen.code !== "" && (
          <Select
            size="small"
            variant="filled"
            showSearch={{ optionFilterProp: "label" }}
            popupMatchSelectWidth={180}
            disabled={!editable}
            value={state ?? undefined}
            placeholder={t("mapping.choose")}
            onChange={onAssign}
            options={states.map((each) => ({
              value: each.state,
              label: `${each.rank === null ? "" : `${each.rank} `}${title("state", each.state, each.title)}`,
            }))}
            data-testid={`code-select-${seen.code}`}
          />
        )}
      </div>
    </li>
  );
}
