/** Many numbers pasted at once (批量粘贴): split, trimmed, each kept once. Pure. */

export const MOST_NUMBERS = 500;

const WRAPPING = /^[`'"‘’“”\u200b\ufeff]+|[`'"‘’“”\u200b\ufeff]+$/g;

/** Newlines, blanks, tabs, commas of both scripts and semicolons separate; spreadsheet quotes fall away. */
export function splitNumbers(text: string): string[] {
  const found = text
    .split(/[\s,，;；、|]+/)
    .map((each) => each.replace(WRAPPING, ""))
    .filter((each) => each.length > 0);
  return [...new Set(found)];
}

/** How the address carries them: one space between. */
export function joinNumbers(numbers: readonly string[]): string {
  return numbers.join(" ");
}
