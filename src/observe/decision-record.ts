/**
 * What is kept of one exchange to explain it later: the request as the access log shows it, its attempts with their times, and
 * the picks that were recorded. Plain data, made once where it is kept, and handed from a worker to the supervisor as it is.
 */
import type { PickRecord } from '#core/balancing/pick-recorder.ts';
import { PICK_REASON_NAMES } from '#core/pick-reason.ts';
import { OUTCOME_NAMES } from '#core/outcome.ts';
import type { ParamValues } from '#core/strategy.ts';
import { ATTEMPTS_MAX, TARGET_BYTES_MAX, type ExchangeNotes } from './exchange-notes.ts';
import { putTarget } from './target-text.ts';

/** Why a record was kept. */
export const RECORD_REASONS = ['sampled', 'asked', 'failed', 'retried', 'slow'] as const;
export type RecordReason = (typeof RECORD_REASONS)[number];

/** A pick with the names that its slots had. */
export interface NamedPick {
  readonly pick: PickRecord;
  readonly strategy: string;
  readonly params: ParamValues;
  readonly chosen: string;
  /** By position among `pick.slots`, and among the slots of `pick.excluded`. */
  readonly ids: readonly string[];
  readonly excludedIds: readonly string[];
  /** `host:port` by position among `pick.slots`, for a strategy that places requests by it; else empty. */
  readonly authorities: readonly string[];
}

export interface AttemptRecord {
  readonly backend: string;
  /** How many attempts of the exchange had begun before it. */
  readonly ordinal: number;
  readonly reason: string;
  readonly outcome: string;
  readonly hedge: boolean;
  /** What the backend answered; 0: nothing. */
  readonly status: number;
  /** Milliseconds from the exchange's begin. */
  readonly startMs: number;
  /** Milliseconds that were waited on purpose before it; negative: none. */
  readonly backoffMs: number;
  /** Milliseconds from the attempt's begin; negative: did not happen, or is not known. */
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly ms: number;
  /** Null: its pick was not recorded. */
  readonly pick: NamedPick | null;
}

export interface RequestRecord {
  readonly why: RecordReason;
  readonly bytes: number;
  readonly worker: number;
  readonly id: string;
  /** Milliseconds since 1970 when the request's head was whole. */
  readonly atMs: number;
  readonly durationMs: number;
  readonly client: string;
  readonly listener: string;
  readonly route: string;
  readonly method: string;
  readonly host: string;
  /** Values of parameters that look secret are replaced, as in the access log. */
  readonly target: string;
  readonly protocol: string;
  readonly userAgent: string;
  readonly traceId: string;
  readonly status: number;
  /** A `Fault`, or 0. */
  readonly fault: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly pool: string;
  readonly strategy: string;
  readonly backend: string;
  /** Milliseconds in line for a backend; negative: it did not stand there. */
  readonly queueMs: number;
  readonly attempts: readonly AttemptRecord[];
  /** Attempts beyond those that are told of. */
  readonly moreAttempts: number;
  /** The pick that found nobody, if one ended the exchange. */
  readonly refused: NamedPick | null;
}

/** What the notes do not hold. */
export interface RecordFacts {
  readonly why: RecordReason;
  readonly worker: number;
  readonly atMs: number;
  readonly durationMs: number;
  /** By how many attempts had begun before. */
  readonly picks: readonly (NamedPick | null)[];
  readonly refused: NamedPick | null;
}

/** What a record takes beside its arrays and attempts: its object, and texts of usual length. */
const BASE_BYTES = 600;
const ATTEMPT_BYTES = 200;

/** Escaping makes a byte six at most. */
const scratch = Buffer.alloc(TARGET_BYTES_MAX * 6);

export function recordOf(notes: ExchangeNotes, { picks, ...facts }: RecordFacts): RequestRecord {
  const { parts, methodEnd, targetEnd, hostEnd, agentEnd } = notes;
  const told = Math.min(notes.attempts, ATTEMPTS_MAX);
  const attempts = Array.from({ length: told }, (_, at) => attemptOf(notes, at, picks));
  const last = attempts[told - 1];
  const target = targetOf(notes);
  const userAgent = parts.toString('latin1', hostEnd, agentEnd);
  const all = [...attempts.map(({ pick }) => pick), facts.refused];
  const bytes =
    BASE_BYTES +
    2 * (target.length + userAgent.length) +
    told * ATTEMPT_BYTES +
    all.reduce((sum, pick) => sum + bytesOf(pick), 0);
  return {
    ...facts,
    bytes,
    id: Buffer.from(notes.requestId.subarray(0, notes.requestIdLength)).toString('latin1'),
    client: Buffer.from(notes.client).toString('latin1'),
    listener: notes.listener,
    route: notes.route,
    method: parts.toString('latin1', 0, methodEnd),
    host: parts.toString('latin1', targetEnd, hostEnd),
    target,
    protocol: notes.versionMinor < 0 ? '' : `HTTP/1.${notes.versionMinor}`,
    userAgent,
    traceId: notes.hasTrace ? notes.traceId.toString('latin1') : '',
    status: notes.status,
    fault: notes.fault,
    bytesIn: notes.bytesIn,
    bytesOut: notes.bytesOut,
    pool: notes.pool,
    strategy: notes.strategy,
    backend: notes.backend === '' ? (last?.backend ?? '') : notes.backend,
    queueMs: notes.queueMs,
    attempts,
    moreAttempts: notes.attempts - told,
  };
}

/** The same for a list: picks are most of what a record has to say. */
export function withoutPicks(record: RequestRecord): RequestRecord {
  return { ...record, attempts: record.attempts.map((attempt) => ({ ...attempt, pick: null })), refused: null };
}

function attemptOf(notes: ExchangeNotes, at: number, picks: RecordFacts['picks']): AttemptRecord {
  const ordinal = notes.attemptOrdinals[at] as number;
  return {
    backend: notes.attemptBackends[at] as string,
    ordinal,
    reason: PICK_REASON_NAMES[notes.attemptReasons[at] as number] ?? 'first',
    outcome: OUTCOME_NAMES[notes.attemptOutcomes[at] as number] as string,
    hedge: notes.attemptHedges[at] === 1,
    status: notes.attemptStatuses[at] as number,
    startMs: notes.attemptStartMs[at] as number,
    backoffMs: notes.attemptBackoffMs[at] as number,
    connectMs: notes.attemptMs[3 * at] as number,
    firstByteMs: notes.attemptMs[3 * at + 1] as number,
    ms: notes.attemptMs[3 * at + 2] as number,
    pick: picks[ordinal] ?? null,
  };
}

/** Written as the inside of a JSON string, and read back as one. */
function targetOf({ parts, methodEnd, targetEnd, targetCut }: ExchangeNotes): string {
  const end = putTarget(scratch, 0, scratch.length, parts, methodEnd, targetEnd);
  const text = JSON.parse(`"${scratch.toString('utf8', 0, Math.abs(end))}"`) as string;
  return targetCut || end < 0 ? `${text}…` : text;
}

function bytesOf(named: NamedPick | null): number {
  if (named === null) return 0;
  const { pick, ids, excludedIds } = named;
  const arrays = [
    pick.slots,
    pick.inFlight,
    pick.weight,
    pick.score,
    pick.inputs,
    pick.state,
    pick.subset,
    pick.draws,
    pick.compared,
    pick.excluded,
  ];
  // Each array has an object of its own; names are strings of the plan, of which only the places count.
  return arrays.reduce((sum, { byteLength }) => sum + byteLength + 96, 400) + 16 * (ids.length + excludedIds.length);
}
