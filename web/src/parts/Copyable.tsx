/** A number that can be copied with one click without opening what it belongs to. */
import { CheckOutlined, CopyOutlined } from "@ant-design/icons";
import { type MouseEvent, type ReactNode, useState } from "react";
import { useT } from "../i18n";

const SHOWN_MS = 1_200;

/** Also where the clipboard is closed to pages without TLS, as on a shop's own network. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

export function Copyable({ text, children }: { text: string | null | undefined; children?: ReactNode }) {
  const [copied, setCopied] = useState(false);
  const t = useT();
  if (!text) return <Blank />;
  const copy = async (event: MouseEvent) => {
    event.stopPropagation();
    event.preventDefault();
    await copyText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), SHOWN_MS);
  };
  return (
    <span className="fh-copyable">
      <span className="fh-number">{children ?? text}</span>
      <button type="button" className="fh-copy" onClick={copy} aria-label={`${t("common.copy")} ${text}`} tabIndex={-1}>
        {copied ? <CheckOutlined /> : <CopyOutlined />}
      </button>
    </span>
  );
}

/** Nothing was said. */
export function Blank() {
  return <span className="fh-blank">—</span>;
}
