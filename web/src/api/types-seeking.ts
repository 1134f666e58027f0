/** The contract of searches on the trace board. */

export type QuestionStatus = "waiting" | "found" | "nothing" | "failed" | "not_asked" | "late";

export interface SearchQuestion {
  who: string;
  who_title: string;
  source: string;
  source_title: string;
  words: string;
  status: QuestionStatus;
  status_title: string;
  answer: string;
  message_id: string | null;
  evidence: number;
  asked_at: string;
  answered_at: string | null;
}

export interface SearchView {
  id: string;
  number: string;
  which: string;
  gap: string;
  words: string;
  status: "running" | "done";
  asked_by: string;
  asked_at: string;
  finished_at: string | null;
  gaps: { name: string; words: string; closed: boolean }[];
  closed: number;
  questions: SearchQuestion[];
  how: "" | "begun" | "joined" | "former";
}
