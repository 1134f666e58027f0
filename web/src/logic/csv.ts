/** Tables small enough to be exported by the browser itself. Pure. */

const FORMULA = /^[=+\-@\t\r]/;

/** A leading formula sign is quoted away: a spreadsheet must not run what a sender wrote. */
export function csvCell(value: unknown): string {
  const text = value === null || value === undefined ? "" : Array.isArray(value) ? value.join(" ") : String(value);
  const safe = typeof value === "string" && FORMULA.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** With a byte-order mark, so that Excel reads the Chinese. */
export function toCsv(heads: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const lines = [heads, ...rows].map((row) => row.map(csvCell).join(","));
  return `\ufeff${lines.join("\r\n")}\r\n`;
}
