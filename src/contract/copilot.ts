/**
 * The copilot: what it has found, how it backs each number, and how it answers a question. `GET /admin/copilot` gives
 * `CopilotAnswer`; `POST /admin/copilot` streams `CopilotLine`s, one JSON object a line (application/x-ndjson).
 */
import { OUTCOME_NAMES } from '#core/outcome.ts';
import type { Estimate, SimulatedChange } from './simulate.ts';

/** Who answers. All but the first ask a model. */
export const COPILOT_PROVIDERS = ['builtin', 'anthropic', 'openai', 'bedrock', 'openai-compatible'] as const;
export type CopilotProvider = (typeof COPILOT_PROVIDERS)[number];

/** How attempts end, in the order in which counts of them are listed. */
export const ATTEMPT_OUTCOMES: readonly (typeof OUTCOME_NAMES)[number][] = OUTCOME_NAMES;

/** Characters of a question. Nobody asks in more, and it is searched word by word. */
export const QUESTION_LENGTH_MAX = 500;

/** `share` is 0 to 1, `times` a multiple, `count` has no unit. */
export const CITED_UNITS = ['ms', 's', '/s', 'share', 'count', 'times', 'money'] as const;
export type CitedUnit = (typeof CITED_UNITS)[number];

/** A number, and where it was read. */
export interface CitedValue {
  /** A metric's name, a field of an answer, or a key of the configuration; what it is, for one that was worked out. */
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly unit: CitedUnit;
  /** Seconds that it was counted over; null: as it is now, or as it is configured. */
  readonly windowS: number | null;
  /** The call that gives it, such as `GET /metrics`. */
  readonly source: string;
  /** What it was worked out from; empty when it was read as it is. */
  readonly of: readonly CitedValue[];
}

/** A value as it stands in a text. */
export interface Citation extends CitedValue {
  readonly shown: string;
}

/**
 * A text in which every number is a citation. Names that users gave (backends, pools, routes) stand between backticks; nothing
 * else in it holds a digit, but for words such as `p99`.
 */
export interface Told {
  readonly text: string;
  /** In the order in which they stand in the text. */
  readonly cites: readonly Citation[];
}

export const SEVERITIES = ['critical', 'warning', 'advice'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What a finding is about; what is left out plays no part. */
export interface FindingPlace {
  readonly pool?: string;
  readonly backend?: string;
  readonly route?: string;
  readonly listener?: string;
  readonly rateLimit?: string;
}

/** A key of the configuration, from the top. Entries of lists go by their name or id: `routes`, `app`, `timeouts`, `perTry`. */
export interface ProposedSetting {
  readonly path: readonly string[];
  /** As the configuration writes it: `"2s"`, `"20%"`, 5; null turns a section off. */
  readonly value: unknown;
}

export type ProposedChange =
  /** Keys to be set in what `GET /admin/config` gives, which then is `PUT`. */
  | { readonly kind: 'set'; readonly set: readonly ProposedSetting[] }
  /** A call of the admin API. */
  | {
      readonly kind: 'call';
      readonly method: 'PATCH' | 'PUT' | 'POST';
      readonly path: string;
      readonly body: Readonly<Record<string, unknown>>;
    };

export interface Recommendation {
  readonly says: Told;
  /** Null: there is nothing that a change of the configuration would put right. */
  readonly change: ProposedChange | null;
}

export interface PredictedFigure {
  readonly now: Estimate;
  readonly then: Estimate;
}

/** What the simulator says of a recommendation. */
export interface PredictedEffect {
  readonly pool: string;
  readonly changes: readonly SimulatedChange[];
  readonly p50Ms: PredictedFigure;
  readonly p99Ms: PredictedFigure;
  /** Share of requests without a good answer. */
  readonly errors: PredictedFigure;
  /** What must be known to read it, a sentence each. */
  readonly warnings: readonly string[];
}

/** What `GET /admin/cost` says now, and under the recommendation. A month. */
export interface CostEffect {
  readonly currency: string;
  readonly now: CitedValue;
  readonly then: CitedValue;
}

/** A finding that another one explains. */
export interface Symptom {
  readonly rule: string;
  readonly place: FindingPlace;
  readonly title: Told;
}

export interface Finding {
  /** The same as long as it is the same thing: rule and place. */
  readonly id: string;
  readonly rule: string;
  readonly severity: Severity;
  readonly place: FindingPlace;
  readonly title: Told;
  readonly why: Told;
  readonly evidence: readonly CitedValue[];
  /** What it brings about. */
  readonly symptoms: readonly Symptom[];
  readonly recommendation: Recommendation | null;
  /** Null: the simulator has not been asked, or cannot say. */
  readonly predicted: PredictedEffect | null;
  /** Null: it costs the same, or nobody can say. */
  readonly cost: CostEffect | null;
}

/** What is looked for. */
export interface RuleEntry {
  readonly name: string;
  readonly summary: string;
}

/** `GET /admin/copilot` */
export interface CopilotAnswer {
  /** Who answers questions. Findings are the rules', whoever that is. */
  readonly provider: CopilotProvider;
  /** Null: the built-in provider uses none. */
  readonly model: string | null;
  /** ISO 8601: when this was worked out. */
  readonly at: string;
  /** Seconds looked back on (`copilot.window`), and how many of them there are so far. */
  readonly windowS: number;
  readonly coveredS: number;
  /** The worst first, a cause before what it brings about. */
  readonly findings: readonly Finding[];
  readonly rules: readonly RuleEntry[];
  /** What it could not look at, a sentence each. */
  readonly gaps: readonly string[];
}

/** A figure of a model's answer that no tool has given. */
export interface UncitedFigure {
  readonly text: string;
  /** Place in the answer: all `delta`s, one after another. The end is the first character after it. */
  readonly from: number;
  readonly to: number;
}

/** Of a model, all its steps together. */
export interface TokensUsed {
  readonly input: number;
  readonly output: number;
}

/**
 * One line of the answer to a question. A model's answer is `delta`s, with `tool`s as it looks things up; that of the built-in
 * provider is `text`s and `finding`s. Where a model cannot answer, a `notice` says why, and a second `begin` the built-in
 * provider's answer.
 */
export type CopilotLine =
  | {
      readonly type: 'begin';
      readonly provider: CopilotProvider;
      readonly model: string | null;
      readonly at: string;
      readonly question: string;
    }
  | { readonly type: 'text'; readonly told: Told }
  | { readonly type: 'finding'; readonly finding: Finding }
  /** More of a model's words. They are a model's: nothing in them is checked but their figures, at the end. */
  | { readonly type: 'delta'; readonly text: string }
  /** A model reads, or simulates. */
  | { readonly type: 'tool'; readonly name: string }
  /** A model proposes a change; nothing is done by it. */
  | { readonly type: 'proposal'; readonly says: string; readonly change: ProposedChange }
  | { readonly type: 'notice'; readonly text: string }
  /** The last. `answered` false: it cannot say; `canAnswer` lists what it can. */
  | {
      readonly type: 'end';
      readonly answered: boolean;
      readonly canAnswer: readonly string[];
      readonly uncited: readonly UncitedFigure[];
      /** Null: no model was asked. */
      readonly tokens: TokensUsed | null;
    };
