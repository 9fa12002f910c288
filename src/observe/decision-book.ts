/**
 * The records of one worker, and which exchanges get one.
 *
 * - Sampled: a share of all (`requests.sample`), drawn when the head is whole, so that every pick is recorded as it is made.
 *   At most SAMPLES_PER_SECOND: what is kept must reach back longer than a moment.
 * - Asked: whoever holds an operator's token may ask for it with the request (proxy/explain-keys.ts). Kept apart, so that the
 *   many do not push it out before somebody has looked.
 * - Failed, tried again, or among the slowest: known only at the end. Their attempts and times are kept, and the picks of all
 *   but the first attempt. How the first was picked is recorded only of sampled ones, and when the first byte came only where
 *   notes were taken from the begin (exchange-notes.ts): reading a clock for every request went with 1.02 to 1.03 of
 *   the CPU, without it 0.99 to 1.01 (bench/explain.ts; one run each of 12 and 14 rounds, whose ranges overlap).
 *   At most ENDED_PER_SECOND of them: a thousand failures in a second look much alike, and a worker in trouble has no time.
 *
 * Memory: `keep` sampled records, a quarter as many failed and as many tried again, ASKED_MAX asked ones and twice SLOWEST_MAX
 * slow ones. Each ring has RECORD_BYTES for each of them; the slow ones are bounded by their number alone, and one record by
 * ATTEMPTS_MAX attempts with CANDIDATES_MAX candidates each, 130 KB. With the default of 1,000 and pools of a few backends that is
 * at most 7 MB for each worker.
 */
import type { Random } from '#core/ports.ts';
import { isFailure, outcomeOfStatus } from '#core/outcome.ts';
import { faultRow } from '#core/fault.ts';
import type { RequestsPlan } from '#core/plan-failures.ts';
import { recordOf, type RecordFacts, type RecordReason, type RequestRecord } from './decision-record.ts';
import { DecisionRing } from './decision-ring.ts';
import { DecisionSlowest } from './decision-slowest.ts';
import type { ExchangeNotes } from './exchange-notes.ts';

const SAMPLES_PER_SECOND = 50;
const ENDED_PER_SECOND = 100;
export const ASKED_MAX = 100;
/** What a record takes on average, four backends and a retry; rings of a larger kind hold fewer. */
const RECORD_BYTES = 4096;
const SECOND_MS = 1000;
/** A share of nothing never comes; so many exchanges are as good as never. */
const NEVER = 2 ** 52;

/** What is asked of a book. */
export type BookQuery =
  | { readonly id: string }
  | {
      readonly list: RequestList;
      readonly limit: number;
      /** Null: whichever. `minMs`: took at least so long. */
      readonly pool: string | null;
      readonly backend: string | null;
      readonly route: string | null;
      readonly status: number | null;
      readonly minMs: number;
    };
export type RequestList = 'recent' | 'failed' | 'retried' | 'slowest' | 'asked';

export class DecisionBook {
  readonly #worker: number;
  readonly #random: Random;
  readonly #sample: number;
  readonly #rings: Readonly<Record<'sampled' | 'failed' | 'retried' | 'asked', DecisionRing<RequestRecord>>>;
  readonly #slowest = new DecisionSlowest<RequestRecord>();
  /** Exchanges until the next that is sampled. */
  #skip: number;
  #secondEndsMs = -Infinity;
  #samplesLeft = 0;
  #endedLeft = 0;

  constructor({ sample, keep }: RequestsPlan, worker: number, random: Random) {
    const ring = (most: number): DecisionRing<RequestRecord> => new DecisionRing(most, most * RECORD_BYTES);
    this.#worker = worker;
    this.#random = random;
    this.#sample = sample;
    this.#rings = {
      sampled: ring(keep),
      failed: ring(keep >> 2),
      retried: ring(keep >> 2),
      asked: ring(ASKED_MAX),
    };
    this.#skip = this.#drawSkip();
  }

  /** Whether the exchange that begins now is sampled. */
  draws(nowMs: number): boolean {
    if (--this.#skip > 0) return false;
    this.#skip = this.#drawSkip();
    if (nowMs >= this.#secondEndsMs) this.#turn(nowMs);
    if (this.#samplesLeft === 0) return false;
    this.#samplesLeft -= 1;
    return true;
  }

  /** Whether more that are not sampled may be kept in this second. */
  hasRoom(nowMs: number): boolean {
    if (nowMs >= this.#secondEndsMs) this.#turn(nowMs);
    return this.#endedLeft > 0;
  }

  /** Whether an exchange that has gone on for so long would be among the slowest. */
  isSlow(durationMs: number): boolean {
    return durationMs > this.#slowest.floorMs;
  }

  /**
   * Why an exchange that is over is to be kept, beside having been sampled or asked for; null: it is not. Takes from what may
   * be kept in a second.
   */
  reasonAt(fault: number, status: number, attempts: number, durationMs: number, nowMs: number): RecordReason | null {
    const reason = failed(fault, status)
      ? 'failed'
      : attempts > 1
        ? 'retried'
        : this.isSlow(durationMs)
          ? 'slow'
          : null;
    if (reason === null) return null;
    if (!this.hasRoom(nowMs)) return null;
    this.#endedLeft -= 1;
    return reason;
  }

  /** An exchange that is to be kept is over. `asked` and sampled ones that failed, or were slow, are found as those too. */
  keep(
    notes: ExchangeNotes,
    facts: Omit<RecordFacts, 'worker' | 'why'>,
    marked: 'asked' | 'sampled' | null,
    ended: RecordReason | null,
  ): void {
    const why = marked === 'asked' ? marked : (ended ?? marked);
    if (why === null) return;
    const record = recordOf(notes, { ...facts, worker: this.#worker, why });
    if (marked !== null) this.#rings[marked].put(record);
    if (ended === 'failed' || ended === 'retried') this.#rings[ended].put(record);
    this.#slowest.turn(notes.startedMs + facts.durationMs);
    // A connection that was handed over lasts as long as both sides want.
    if (!outlasts(record) && this.isSlow(record.durationMs)) this.#slowest.put(record);
  }

  find(query: BookQuery): readonly RequestRecord[] {
    if ('id' in query) return [...this.#all()].filter(({ id }) => id === query.id).slice(0, 1);
    const { limit, pool, backend, route, status, minMs } = query;
    const found: RequestRecord[] = [];
    for (const record of this.#list(query.list)) {
      if (found.length === limit) break;
      if (pool !== null && record.pool !== pool) continue;
      if (route !== null && record.route !== route) continue;
      if (status !== null && record.status !== status) continue;
      if (record.durationMs < minMs) continue;
      if (backend !== null && !record.attempts.some((attempt) => attempt.backend === backend)) continue;
      found.push(record);
    }
    return found;
  }

  #list(list: RequestList): Iterable<RequestRecord> {
    if (list === 'slowest') return this.#slowest.list;
    if (list === 'recent') return this.#all();
    return this.#rings[list];
  }

  /** Each once, the newest first. */
  #all(): readonly RequestRecord[] {
    const { sampled, failed: bad, retried, asked } = this.#rings;
    const all = new Set([...asked, ...sampled, ...bad, ...retried, ...this.#slowest.list]);
    return [...all].sort((a, b) => b.atMs + b.durationMs - a.atMs - a.durationMs);
  }

  #turn(nowMs: number): void {
    this.#secondEndsMs = nowMs + SECOND_MS;
    this.#samplesLeft = SAMPLES_PER_SECOND;
    this.#endedLeft = ENDED_PER_SECOND;
    this.#slowest.turn(nowMs);
  }

  /** Geometric, so that each exchange is sampled with the same chance and only those that are cost a draw. */
  #drawSkip(): number {
    const sample = this.#sample;
    if (sample >= 1) return 1;
    return sample <= 0 ? NEVER : Math.min(NEVER, 1 + Math.floor(Math.log(1 - this.#random()) / Math.log(1 - sample)));
  }
}

/** The answer says so, or it broke off on the backend's side. A client that left, or was refused for its own sake, did not fail. */
function failed(fault: number, status: number): boolean {
  if (fault !== 0 && faultRow(fault).side === 'upstream') return true;
  return isFailure(outcomeOfStatus(status));
}

function outlasts({ protocol, attempts }: RequestRecord): boolean {
  return (
    protocol !== '' &&
    attempts.some(({ outcome, firstByteMs, ms }) => outcome === 'success' && firstByteMs === ms && ms > 0)
  );
}
