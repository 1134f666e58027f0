/** The HTTP contract: notifications. */

export interface Mail {
  id: string;
  event: string;
  event_title: string;
  kind: string;
  severity: number;
  count: number;
  case_id: string | null;
  title: string;
  body: string;
  link: string;
  at: string;
  read: boolean;
}

export interface Preference {
  muted_kinds: string[];
  muted_events: string[];
  quiet_start: string;
  quiet_end: string;
}

export interface MyPreference {
  preference: Preference;
  events: { event: string; title: string }[];
}

export interface ChannelField {
  name: string;
  title: string;
  hint: string;
  required: boolean;
  secret: boolean;
  many: boolean;
}

export interface Channel {
  kind: string;
  title: string;
  per_minute: number;
  per_second: number;
  fields: ChannelField[];
}

export type RobotState = "ready" | "off" | "paused" | "open" | "unreadable";

export interface Robot {
  id: string;
  kind: string;
  kind_title: string;
  title: string;
  enabled: boolean;
  config: Record<string, unknown>;
  secret_names: string[];
  secrets_readable: boolean;
  state: RobotState;
  state_until: string | null;
  waiting: number;
  sent_24h: number;
  dead: number;
  last_sent_at: string | null;
  last_error: string;
}

export interface Targets {
  robots: string[];
  roles: string[];
  people: string[];
  owner: boolean;
}

export interface RuleValues {
  title: string;
  enabled: boolean;
  events: string[];
  kinds: string[];
  severities: number[];
  shops: string[];
  targets: Targets;
  message_title: string;
  message_body: string;
  quiet: { start: string; end: string; severe_passes: boolean } | null;
  digest: { minutes: number; more_than: number; top: number; severe_at_once: boolean };
  dedupe_minutes: number;
  escalation: { after_minutes: number; targets: Targets }[];
}

export interface NamedChoice {
  value: string;
  title: string;
}

export interface RuleChoices {
  events: NamedChoice[];
  robots: NamedChoice[];
  roles: NamedChoice[];
  people: NamedChoice[];
  kinds: NamedChoice[];
  shops: NamedChoice[];
  placeholders: NamedChoice[];
}

export interface Delivery {
  id: string;
  robot: string;
  robot_title: string;
  robot_kind: string;
  rule: string;
  rule_version: number;
  event: string;
  event_title: string;
  kind: string;
  kind_title: string;
  severity: number;
  count: number;
  case_id: string | null;
  title: string;
  body: string;
  status: "waiting" | "sent" | "dead" | "dropped";
  status_title: string;
  attempts: number;
  created_at: string;
  due_at: string;
  sent_at: string | null;
  answer: string;
  again_by: string | null;
}
