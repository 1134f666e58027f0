/** Settings as name and value pairs; what is JSON stays JSON. Pure. */

export interface Pair {
  name: string;
  value: string;
}

export function toPairs(config: Record<string, unknown>): Pair[] {
  return Object.entries(config).map(([name, value]) => ({
    name,
    value: typeof value === "string" ? value : JSON.stringify(value),
  }));
}

/** `true`, `12`, `["a"]`, `{...}` are read as JSON where asked; long digit strings stay text. */
export function fromPairs(pairs: readonly Pair[], json: boolean): Record<string, unknown> {
  return Object.fromEntries(
    pairs
      .filter((pair) => pair.name.trim() !== "")
      .map((pair) => [pair.name.trim(), json ? readValue(pair.value) : pair.value]),
  );
}

const JSON_LIKE = /^(true|false|null|-?\d{1,15}|\[.*\]|\{.*\})$/s;

function readValue(text: string): unknown {
  if (!JSON_LIKE.test(text.trim())) return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
