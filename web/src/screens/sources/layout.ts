/** A declared carrier's layout as the fields of a form, and back as a source's settings. Pure. */

export const PATHS = [
  "carrier",
  "codes",
  "zone",
  "parcels",
  "events",
  "number",
  "code",
  "text",
  "order_no",
  "time",
  "time_format",
  "location",
] as const;

export type PathName = (typeof PATHS)[number];

export interface LayoutFields {
  paths: Partial<Record<PathName | "newest_first" | "forwarded_to", string>>;
  query_url: string;
  error: string;
  /** `path = a, b`: how the carrier says that it knows nothing of the number. */
  nothing: string;
}

const OWN = ["layout", "query_url", "error", "nothing"];

export function withoutLayout(config: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).filter(([name]) => !OWN.includes(name)));
}

function told(value: unknown): string {
  return Array.isArray(value) ? value.join(" ") : typeof value === "string" ? value : "";
}

export function fieldsOf(config: Record<string, unknown>): LayoutFields {
  const layout = (config.layout ?? {}) as Record<string, unknown>;
  const nothing = (config.nothing ?? {}) as { path?: string; values?: string[] };
  return {
    paths: Object.fromEntries(Object.entries(layout).map(([name, value]) => [name, told(value)])),
    query_url: told(config.query_url),
    error: told(config.error),
    nothing: nothing.path ? `${nothing.path} = ${(nothing.values ?? []).join(", ")}` : "",
  };
}

/** Times and places may be put together from several paths, parted by blanks. */
function several(text: string): string | string[] {
  const parts = text.split(/\s+/).filter(Boolean);
  return parts.length > 1 ? parts : (parts[0] ?? "");
}

export function configOf(fields: LayoutFields | undefined): Record<string, unknown> {
  if (!fields) return {};
  const layout: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields.paths ?? {})) {
    const text = (value ?? "").trim();
    if (name === "number" || text !== "") layout[name] = name === "time" || name === "location" ? several(text) : text;
  }
  const [path = "", values = ""] = (fields.nothing ?? "").split(/\s+=\s+/);
  const nothing = { path: path.trim(), values: values.split(/[,，]/).map((each) => each.trim()).filter(Boolean) };
  return {
    layout,
    ...(fields.query_url?.trim() ? { query_url: fields.query_url.trim() } : {}),
    ...(fields.error?.trim() ? { error: fields.error.trim() } : {}),
    ...(nothing.path && nothing.values.length > 0 ? { nothing } : {}),
  };
}
