/** What a layout reads from a pasted answer, as one types; the path that leads nowhere is named. */
import { useQuery } from "@tanstack/react-query";
import { Alert, Input } from "antd";
import { useState } from "react";
import { api } from "../../api/client";
import type { LayoutPreview } from "../../api/types-heartbeat";
import { useT } from "../../i18n";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { Flag, StateTag } from "../../parts/Tags";
import { useDebounced } from "../../parts/useDebounced";
import { TimeText } from "../../parts/Values";

const PAUSE_MS = 400;

export function LayoutPreviewPanel({ config }: { config: Record<string, unknown> }) {
  const t = useT();
  const [answer, setAnswer] = useState("");
  const asked = useDebounced(JSON.stringify({ config, answer }), PAUSE_MS);
  const preview = useQuery({
    queryKey: ["sources", "layout-preview", asked],
    queryFn: () => api.post<LayoutPreview>("/api/sources/layout-preview", JSON.parse(asked)),
    enabled: answer.trim() !== "",
    placeholderData: (before) => before,
  });
  return (
    <div className="fh-layout-preview fh-gap">
      <div className="fh-layout-head">
        <b>{t("layout.preview")}</b>
      </div>
      <Input.TextArea
        rows={5}
        spellCheck={false}
        value={answer}
        placeholder={t("layout.paste")}
        onChange={(event) => setAnswer(event.target.value)}
        data-testid="layout-answer"
      />
      {preview.isError && <ErrorPanel error={preview.error} onRetry={() => void preview.refetch()} />}
      {answer.trim() !== "" && preview.data && <Result preview={preview.data} />}
    </div>
  );
}

function Result({ preview }: { preview: LayoutPreview }) {
  const t = useT();
  const wrong = [
    ...preview.problems,
    ...preview.paths.flatMap((each) => (each.problem ? [each.problem] : [])),
    ...preview.unreadable,
  ];
  return (
    <div className="fh-layout-result" data-testid="layout-result">
      {wrong.map((each) => (
        <Alert key={each} type="warning" showIcon title={each} className="fh-gap" data-testid="layout-problem" />
      ))}
      {preview.problems.length === 0 && <Verdict preview={preview} />}
      {preview.unmapped.length > 0 && (
        <p className="fh-soft">{t("layout.unmapped", { codes: preview.unmapped.join("、") })}</p>
      )}
      {preview.events.length > 0 && <Events preview={preview} />}
    </div>
  );
}

function Verdict({ preview }: { preview: LayoutPreview }) {
  const t = useT();
  switch (preview.answer) {
    case "events":
      return <Flag mood="ok">{t("layout.read", { n: preview.total })}</Flag>;
    case "nothing":
      return <Flag mood="info">{t("layout.nothingRead", { said: preview.said })}</Flag>;
    case "error":
      return <Flag mood="bad">{t("layout.errorRead", { said: preview.said })}</Flag>;
    case "unread":
      return <Flag mood="warn">{t("layout.unread")}</Flag>;
  }
}

function Events({ preview }: { preview: LayoutPreview }) {
  const t = useT();
  return (
    <table className="fh-beat-table" data-testid="layout-events">
      <thead>
        <tr>
          <th>{t("layout.number")}</th>
          <th>{t("shipment.lastEvent")}</th>
          <th>{t("layout.code")}</th>
          <th>{t("layout.meaning")}</th>
          <th>{t("layout.text")}</th>
        </tr>
      </thead>
      <tbody>
        {preview.events.map((each, at) => (
          <tr key={at}>
            <td>{each.number}</td>
            <td>
              <TimeText at={each.occurred_at} />
            </td>
            <td>
              <code>{each.code}</code>
            </td>
            <td>
              {each.state ? (
                <StateTag state={each.state} title={each.state_title} />
              ) : (
                <Flag mood="warn">{t("layout.notMapped")}</Flag>
              )}
            </td>
            <td>
              {each.text}
              {each.location && <small className="fh-soft">{each.location}</small>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
