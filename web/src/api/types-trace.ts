/** The contract of the trace board. */

export interface ChainDocument {
  id: string;
  kind: string;
  kind_title: string;
  number: string;
  title: string;
  state: string;
  state_title: string;
  currency: string;
  amount_minor: number | null;
  at: string | null;
  link: string;
  message_id: string | null;
}

export interface ChainGap {
  name: string;
  code: string;
  beside: string;
  words: string;
  search: string;
}

export interface ChainChoice {
  which: string;
  kind_title: string;
  number: string;
  title: string;
  currency: string;
  amount_minor: number | null;
  at: string | null;
}

export interface ChainView {
  number: string;
  which: string;
  choices: ChainChoice[];
  documents: ChainDocument[];
  links: { start: string; end: string; field: string; number: string }[];
  gaps: ChainGap[];
  places: { code: string; words: string; currency: string; amount_minor: number }[];
  accounts: { account: string; title: string; currency: string; balance_minor: number }[];
  uncovered: string[];
}
