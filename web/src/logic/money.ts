/** Money as it is read: minor units in, `¥1,234.50` out. Pure; nothing is ever a float on the way. */
import type { Money } from "../api/types";

const SIGNS: Record<string, string> = { CNY: "¥", USD: "$", EUR: "€", GBP: "£", JPY: "JP¥", HKD: "HK$" };
const DECIMALS: Record<string, number> = { JPY: 0, KRW: 0 };

export function formatMoney(money: Money | null | undefined): string {
  if (!money) return "";
  const decimals = DECIMALS[money.currency] ?? 2;
  const sign = money.amount_minor < 0 ? "-" : "";
  const digits = String(Math.abs(Math.trunc(money.amount_minor))).padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  const cents = decimals ? `.${digits.slice(-decimals)}` : "";
  return `${sign}${SIGNS[money.currency] ?? `${money.currency} `}${whole}${cents}`;
}
