/** A raw message body made readable without changing a value in it. Pure. */

export interface ReadableBody {
  text: string;
  kind: "json" | "form" | "xml" | "text";
}

/** Re-indents JSON by its tokens, so that long numbers and repeated keys stay exactly as they came. */
export function indentJson(text: string): string {
  JSON.parse(text);
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g) ?? [];
  let depth = 0;
  let out = "";
  tokens.forEach((token, at) => {
    const next = tokens[at + 1];
    if (token === "{" || token === "[") {
      const empty = next === "}" || next === "]";
      depth += 1;
      out += empty ? token : `${token}\n${"  ".repeat(depth)}`;
    } else if (token === "}" || token === "]") {
      depth -= 1;
      const before = tokens[at - 1];
      out += before === "{" || before === "[" ? token : `\n${"  ".repeat(depth)}${token}`;
    } else if (token === ",") out += `,\n${"  ".repeat(depth)}`;
    else out += token === ":" ? ": " : token;
  });
  return out;
}

function readableForm(text: string): string {
  return [...new URLSearchParams(text)]
    .map(([name, value]) => {
      const inner = readableBody(value, null);
      return inner.kind === "json" ? `${name} =\n${inner.text}` : `${name} = ${value}`;
    })
    .join("\n");
}

export function readableBody(text: string, contentType: string | null): ReadableBody {
  const start = text.trimStart()[0];
  if (start === "{" || start === "[") {
    try {
      return { text: indentJson(text), kind: "json" };
    } catch (error) {
      if (error instanceof SyntaxError) return { text, kind: "text" };
      throw error;
    }
  }
  if (start === "<") return { text, kind: "xml" };
  const isForm = contentType?.includes("urlencoded") || /^[\w.%-]+=[^\s]*(&[\w.%-]+=[^\s]*)*$/.test(text.trim());
  if (isForm) return { text: readableForm(text), kind: "form" };
  return { text, kind: "text" };
}

export function sizeWords(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
