/** A layout of a statement as it is made by pointing: which column is what becomes the declaration the hub reads. Pure. */

export type Field =
  | "occurred_at"
  | "booked_on"
  | "net"
  | "income"
  | "expense"
  | "amount"
  | "direction"
  | "balance"
  | "fee"
  | "gross"
  | "line_no"
  | "payment_no"
  | "out_trade_no"
  | "order_no"
  | "refund_no"
  | "batch_no"
  | "counterparty"
  | "summary"
  | "account"
  | "currency";

export const FIELDS: Field[] = [
  "occurred_at",
  "booked_on",
  "net",
  "income",
  "expense",
  "amount",
  "direction",
  "balance",
  "fee",
  "gross",
  "line_no",
  "payment_no",
  "out_trade_no",
  "order_no",
  "refund_no",
  "batch_no",
  "counterparty",
  "summary",
  "account",
  "currency",
];

export interface LayoutDraft {
  name: string;
  title: string;
  provider: string;
  ledger: "bank" | "funds" | "trade" | "settlement";
  currency: string;
  unit: "" | "major" | "minor";
  expenseIs: "positive" | "negative";
  numbered: boolean;
  inWords: string;
  outWords: string;
  skip: string;
  /** Column → what it is. */
  columns: Record<string, Field>;
}

export const EMPTY: LayoutDraft = {
  name: "",
  title: "",
  provider: "",
  ledger: "bank",
  currency: "CNY",
  unit: "",
  expenseIs: "positive",
  numbered: false,
  inWords: "",
  outWords: "",
  skip: "",
  columns: {},
};

const GUESSES: [RegExp, Field][] = [
  [/余额|结余|结存|balance/i, "balance"],
  [/借贷|收\/支|收支|方向|direction|dr.?cr/i, "direction"],
  [/收入|进账|贷方|存入|转入|credit|deposit|paid.?in/i, "income"],
  [/支出|出账|借方|取出|支取|转出|debit|withdraw|paid.?out/i, "expense"],
  [/手续费|服务费|\bfee\b/i, "fee"],
  [/(交易|发生|入账|记账|支付).{0,2}(时间|时刻)|datetime|timestamp|\btime\b/i, "occurred_at"],
  [/日期|(记账|交易|入账)日$|\bdate\b/i, "booked_on"],
  [/金额|发生额|amount/i, "net"],
  [/退款.*(号|单)|refund/i, "refund_no"],
  [/(商户|商家|外部).*(号|单)|out_trade/i, "out_trade_no"],
  [/订单.*(号|编号)|order/i, "order_no"],
  [/批次|结算单|batch|payout/i, "batch_no"],
  [/流水|日志号|凭据|serial|transaction|txn|reference/i, "line_no"],
  [/对方|对手|对家|户名|counterparty|payee|payer/i, "counterparty"],
  [/摘要|备注|附言|用途|说明|summary|remark|memo|description/i, "summary"],
  [/币种|currency/i, "currency"],
];

const CLOCK = /^\d{1,2}:?\d{2}(:?\d{2})?$/;

/** What the columns seem to be; each thing once, except words that may stand in several. `samples`: a row below them. */
export function guess(columns: readonly string[], samples: readonly string[] = []): Record<string, Field> {
  const found: Record<string, Field> = {};
  const taken = new Set<Field>();
  for (const column of columns) {
    const match = GUESSES.find(([pattern, field]) => pattern.test(column) && (field === "summary" || !taken.has(field)));
    if (!match) continue;
    found[column] = match[1];
    taken.add(match[1]);
  }
  if (taken.has("direction"))
    for (const [column, field] of Object.entries(found)) if (field === "net") found[column] = "amount";
  const time = columns.findIndex((column) => found[column] === "occurred_at");
  if (time < 0 || CLOCK.test(samples[time] ?? ""))
    for (const [column, field] of Object.entries(found)) if (field === "booked_on") found[column] = "occurred_at";
  return ordered(found, columns);
}

/** A day and its hour stand in two columns: the day is told first. */
function ordered(found: Record<string, Field>, columns: readonly string[]): Record<string, Field> {
  return Object.fromEntries(columns.flatMap((column) => (found[column] ? [[column, found[column]]] : [])));
}

export type Missing = "time" | "amount" | "name";

/** What the draft still needs before it can be read or published. */
export function missingIn(draft: LayoutDraft): Missing[] {
  const have = new Set(Object.values(draft.columns));
  const amount = have.has("net") || have.has("income") || have.has("expense") || (have.has("amount") && have.has("direction"));
  return [
    ...(have.has("occurred_at") || have.has("booked_on") ? [] : (["time"] as const)),
    ...(amount ? [] : (["amount"] as const)),
    ...(/^[a-z][a-z0-9_]{0,59}$/.test(draft.name) ? [] : (["name"] as const)),
  ];
}

const AMOUNTS = new Set<Field>(["net", "income", "expense", "amount", "balance", "fee", "gross"]);
const words = (text: string) => text.split(/[\s,，、;；]+/).filter(Boolean);

/** The declaration: `needs` are the mapped columns, so that the next file of this make is recognised by itself. */
export function layoutBody(draft: LayoutDraft): Record<string, unknown> {
  const byField = new Map<Field, string[]>();
  for (const [column, field] of Object.entries(draft.columns)) byField.set(field, [...(byField.get(field) ?? []), column]);
  const fields: Record<string, unknown> = {};
  for (const [field, columns] of byField) fields[field] = sourceOf(field, columns, draft);
  return {
    name: draft.name || "draft",
    title: draft.title || draft.name || "draft",
    kind: "statement",
    provider: draft.provider.trim(),
    ledger: draft.ledger,
    currency: draft.currency.trim().toUpperCase() || "CNY",
    needs: Object.keys(draft.columns),
    fields,
    expense_is: draft.expenseIs,
    numbered: draft.numbered,
    short_rows: true,
    skip_prefixes: words(draft.skip),
  };
}

function sourceOf(field: Field, columns: string[], draft: LayoutDraft): unknown {
  if (AMOUNTS.has(field)) return { columns, ...(draft.unit ? { unit: draft.unit } : {}) };
  if (field === "direction") {
    const values: Record<string, string> = {};
    for (const word of words(draft.inWords)) values[word] = "in";
    for (const word of words(draft.outWords)) values[word] = "out";
    return { columns, values };
  }
  if ((field === "summary" || field === "occurred_at" || field === "booked_on") && columns.length > 1) return { join: columns };
  return columns;
}
