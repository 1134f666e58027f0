/** Text patterns of the mapper as the hub reads them: words in order, `*` between, `!word` struck out first. Pure. */

function occurs(parts: readonly string[], text: string): boolean {
  let start = 0;
  for (const part of parts) {
    const at = text.indexOf(part, start);
    if (at < 0) return false;
    start = at + part.length;
  }
  return true;
}

export function patternFound(pattern: string, text: string): boolean {
  const words = pattern.split(" ");
  const parts = words.filter((word) => !word.startsWith("!")).flatMap((word) => word.split("*").filter(Boolean));
  if (parts.length === 0 || !occurs(parts, text)) return false;
  const struck = words.filter((word) => word.startsWith("!") && word.length > 1).map((word) => word.slice(1));
  return (
    struck.length === 0 ||
    occurs(
      parts,
      struck.reduce((rest, word) => rest.replaceAll(word, ""), text),
    )
  );
}
