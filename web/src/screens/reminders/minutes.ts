/** Whole minutes out of what was typed, the earliest first, each once. */
export function minutesOf(typed: readonly (string | number)[]): number[] {
  const whole = typed.map(Number).filter((each) => Number.isInteger(each) && each > 0);
  return [...new Set(whole)].sort((a, b) => a - b);
}
