/** What `GET /admin/requests` and `GET /admin/requests/{id}` answer with. */

/** Why a request was recorded: drawn, asked for, or because of how it went. */
export const REQUEST_REASONS = ['sampled', 'asked', 'failed', 'retried', 'slow'] as const;
export type RequestReason = (typeof REQUEST_REASONS)[number];

/** Which requests are listed. All are the newest first, but for the slowest. */
export const REQUEST_LISTS = ['recent', 'slowest', 'failed', 'retried', 'asked'] as const;
export type RequestListName = (typeof REQUEST_LISTS)[number];

/** Most requests of one answer. */
export const REQUESTS_MAX = 200;

export interface RequestEntry {
  /** The request's `x-request-id`. */
  readonly id: string;
  /** ISO 8601, when its head was whole. */
  readonly at: string;
  readonly why: RequestReason;
  readonly worker: number;
  /** Null for whoever reads without a token. */
  readonly client: string | null;
  readonly listener: string;
  /** Empty where none matched, as the pool and the backend. */
  readonly route: string;
  readonly method: string;
  readonly host: string;
  /** Values of parameters that look secret are replaced. */
  readonly target: string;
  /** 0: the client got no answer. */
  readonly status: number;
  /** Why the answer was the proxy's own, or the request ended early; null: it did neither. */
  readonly reason: string | null;
  readonly fault: string | null;
  readonly pool: string;
  /** Whose answer the client got, or who was asked last. */
  readonly backend: string;
  readonly durationMs: number;
  /** In line for a backend; null: it did not stand there. */
  readonly queueMs: number | null;
  readonly attempts: number;
}

/** `GET /admin/requests` */
export interface RequestsAnswer {
  readonly list: RequestListName;
  /** Null: no requests are recorded (`requests: null`). */
  readonly sample: number | null;
  readonly requests: readonly RequestEntry[];
  /** Workers that have not answered in time: what they recorded is missing here. */
  readonly missingWorkers: readonly number[];
}

export interface CandidateEntry {
  readonly backend: string;
  /** Null: it has none. */
  readonly score: number | null;
  readonly inFlight: number;
  readonly weight: number;
  /** It was drawn, and compared with the others that were. */
  readonly drawn: boolean;
  readonly chosen: boolean;
  /** What the strategy knew of it, by name. */
  readonly inputs: Readonly<Record<string, number>>;
}

export interface ExcludedEntry {
  readonly backend: string;
  readonly why: string;
  /** A sentence. */
  readonly says: string;
}

/** How a backend was picked. */
export interface DecisionEntry {
  readonly strategy: string;
  readonly params: Readonly<Record<string, number | string | boolean>>;
  /** By which way: `strategy`, `among`, `trial`, `other-tier`, `again`, `none`. */
  readonly way: string;
  /** A sentence. */
  readonly says: string;
  /** What a score is, and whether the least is taken or each is a chance. */
  readonly score: string;
  readonly wins: 'least' | 'chance';
  /** Null: nobody could be picked. */
  readonly chosen: string | null;
  readonly panic: boolean;
  readonly lastResort: boolean;
  readonly candidates: readonly CandidateEntry[];
  /** Those that are not listed. */
  readonly moreCandidates: number;
  readonly excluded: readonly ExcludedEntry[];
  readonly moreExcluded: number;
  /** Numbers drawn, each from 0 to 1. */
  readonly draws: readonly number[];
  /** The hash that the request was placed by; null: it was not. */
  readonly key: number | null;
  /** What the strategy knew beside the candidates, by name. */
  readonly state: Readonly<Record<string, number>>;
  /** The pick was made again from this record and came out the same. Null: it cannot be, the record does not hold enough. */
  readonly reproduced: boolean | null;
}

export interface AttemptEntry {
  readonly backend: string;
  /** `first`, `retry`, `failover`, `hedge`, `trial`, `last-resort`. */
  readonly reason: string;
  readonly outcome: string;
  /** Null: the backend answered nothing. */
  readonly status: number | null;
  /** Milliseconds since the request's head was whole. */
  readonly startMs: number;
  /** How long was waited on purpose before it. */
  readonly backoffMs: number | null;
  /** Milliseconds since the attempt's start. Null: it used a connection that was there; nothing came; or it is not known. */
  readonly connectMs: number | null;
  readonly firstByteMs: number | null;
  readonly ms: number;
  /** Null: how this backend was picked was not recorded. Only that of sampled and asked ones is, for first attempts. */
  readonly decision: DecisionEntry | null;
}

/** `GET /admin/requests/{id}` */
export interface RequestAnswer extends Omit<RequestEntry, 'attempts'> {
  readonly protocol: string;
  readonly userAgent: string;
  /** Empty: it belongs to none that is known. */
  readonly traceId: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly attempts: readonly AttemptEntry[];
  readonly moreAttempts: number;
  /** Why nobody could be picked, where that ended the request; null where it did not. */
  readonly refused: DecisionEntry | null;
  readonly missingWorkers: readonly number[];
}
