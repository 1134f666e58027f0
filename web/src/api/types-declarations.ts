/** The contract of declarations: one life for every kind. */

export interface FieldProblem {
  field: string;
  message: string;
}

export interface DeclarationRow<Body = unknown> {
  name: string;
  title: string;
  version: number;
  has_draft: boolean;
  has_shipped: boolean;
  body: Body;
}

export interface DeclarationKind<Body = unknown> {
  kind: string;
  title: string;
  may_edit: boolean;
  may_publish: boolean;
  second_person: boolean;
  declarations: DeclarationRow<Body>[];
}

export interface DraftView<Body = unknown> {
  body: Body;
  base_version: number;
  revision: number;
  author: string;
  updated_at: string;
  problems: FieldProblem[];
}

export interface VersionView<Body = unknown> {
  version: number;
  note: string;
  author: string;
  at: string;
  body: Body;
  rolled_back_to: number | null;
}

export interface Declaration<Body = unknown> {
  kind: string;
  kind_title: string;
  name: string;
  title: string;
  version: number;
  body: Body;
  shipped: Body | null;
  draft: DraftView<Body> | null;
  history: VersionView<Body>[];
  may_edit: boolean;
  may_publish: boolean;
  second_person: boolean;
}

export interface Figure {
  title: string;
  /** The title's word in other languages; empty: only as told. */
  word: string;
  before: number | null;
  after: number | null;
  currency: string | null;
  warn: boolean;
}

export interface Move {
  of: string;
  before: string;
  before_title: string;
  after: string;
  after_title: string;
  count: number;
}

export interface Trial {
  read: number;
  truncated: boolean;
  figures: Figure[];
  moves: Move[];
  rows: { title: string; link: string; before: string; after: string; at: string | null; text: string }[];
}
