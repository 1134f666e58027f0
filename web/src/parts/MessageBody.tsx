/** A message as it was sent (消息正文): the little Markdown that robots understand, drawn without trusting a word of it. */
import { Fragment, type ReactNode } from "react";
import { Link } from "react-router";

const PIECE = /\[([^\]\n]*)\]\(([^()\s]*)\)|\*\*([^*]+)\*\*/g;

/** A link to this hub's phone pages opens the page of the screen one is on. */
export function ownPath(address: string): string | null {
  const found = /^(?:https?:\/\/[^/]+)?(\/m\/(?:cases|orders)\/\d+|\/m|\/notices)$/.exec(address);
  return found?.[1] ?? null;
}

function inline(text: string, toPath: (path: string) => string): ReactNode[] {
  const parts: ReactNode[] = [];
  let at = 0;
  for (const piece of text.matchAll(PIECE)) {
    parts.push(text.slice(at, piece.index));
    const [whole, label, address, bold] = piece;
    const path = address === undefined ? null : ownPath(address);
    if (bold !== undefined) parts.push(<b key={piece.index}>{bold}</b>);
    else if (path) {
      parts.push(
        <Link key={piece.index} to={toPath(path)}>
          {label}
        </Link>,
      );
    } else parts.push(label || whole);
    at = piece.index + whole.length;
  }
  parts.push(text.slice(at));
  return parts;
}

export function forScreen(path: string): string {
  return path === "/m" ? "/cases?owner=me" : path.replace(/^\/m\//, "/");
}

export function MessageBody({ text, toPath = forScreen }: { text: string; toPath?: (path: string) => string }) {
  return (
    <div className="fh-message">
      {text.split("\n").map((line, at) => {
        const key = `${at}`;
        if (!line.trim()) return <Fragment key={key} />;
        if (line.startsWith("#")) return <h4 key={key}>{inline(line.replace(/^#+\s*/, ""), toPath)}</h4>;
        if (line.startsWith("> ")) return <blockquote key={key}>{inline(line.slice(2), toPath)}</blockquote>;
        if (line.startsWith("- ")) {
          return (
            <p key={key} className="fh-message-item">
              {inline(line.slice(2), toPath)}
            </p>
          );
        }
        return <p key={key}>{inline(line, toPath)}</p>;
      })}
    </div>
  );
}
