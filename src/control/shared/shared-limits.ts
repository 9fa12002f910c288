/**
 * Rate limits that replicas hold together. Every decision is made here and now, by the same bucket as without replicas (memory/
 * bucket-table.ts): a request never waits for the store. Many times a second what was let through is told to the store, and
 * each bucket moved by what the others have let through meanwhile. So a limit is exact but for what happens between two
 * rounds, and that is made up for: whoever has gone too far waits longer.
 *
 * - A key of which nothing is known here starts with `lease` tokens, until the first round has told the rest.
 * - While the store cannot be asked, each replica counts what it lets through once for every replica that was there last
 *   (`share`), as if it were alone (`open`), or lets nothing through that is limited (`closed`).
 * - What was let through meanwhile is not told afterwards: the limit goes on from the store's state, or from a full bucket
 *   where that is gone.
 */
import { TokenBucket } from '#core/limits/token-bucket.ts';
import type { RateLimitPlan } from '#core/plan-failures.ts';
import type { Cancel, Log, Timers } from '#core/ports.ts';
import type { Tables } from '#memory/tables.ts';
import type { ReplicaStore } from './replica-store.ts';

/** Reasons logged for one loss of the store. */
const WHYS_MAX = 4;
/** Between two rounds: 40 operations a second at most. */
const ROUND_MS = 25;
/** A replica that has nothing to tell says so much more seldom that it is there. */
const HEARTBEAT_MS = 1_000;
/** Keys of one round: the script takes about a millisecond. The others are told in the next. */
const KEYS_MAX = 500;
/** Keys that may wait; a flood of others is counted at this replica alone. */
const WAITING_MAX = 20_000;
/** How often a lost store is asked whether it is back. */
const RETRY_MS = 250;
/** Without an answer for so long the store is lost, and the connection given up for a new one. */
const LOST_MS = 400;
/** The same for the first answer: a process that starts is busy, and the connection has yet to be made. */
const FIRST_MS = 1_500;
const RENEW_MS = 3_000;

export interface SharedSettings {
  readonly whenLost: 'share' | 'open' | 'closed';
  /** To suppose until the store has said how many there are. */
  readonly replicas: number;
}

export interface SharedStatus {
  readonly connected: boolean;
  readonly replicas: number;
  /** Rounds asked for, and those that failed. */
  readonly rounds: number;
  readonly failures: number;
  /** Requests let through that no round could tell of. */
  readonly untold: number;
}

export interface SharedLimitsOptions {
  readonly settings: SharedSettings;
  /** A name of this replica that no other has. */
  readonly replica: string;
  readonly store: ReplicaStore;
  readonly tables: Pick<Tables, 'buckets' | 'usage'>;
  readonly timers: Timers;
  readonly log: Log;
}

interface Used {
  readonly bucket: TokenBucket;
  readonly name: string;
  readonly low: number;
  readonly high: number;
  tokens: number;
}

export class SharedLimits {
  readonly #options: SharedLimitsOptions;
  #limits = new Map<number, { readonly name: string; readonly bucket: TokenBucket }>();
  #waiting = new Map<string, Used>();
  #cancel: Cancel | null = null;
  #stopped = false;
  #askedAtMs: number | null = null;
  #answeredAtMs: number;
  #toldAtMs = -Infinity;
  #connected = true;
  #failedSinceAnswer = false;
  #everAnswered = false;
  #replicas: number;
  #rounds = 0;
  #failures = 0;
  /** Why the store cannot be asked, as far as the log says. */
  readonly #whys = new Set<string>();
  #untold = 0;

  constructor(options: SharedLimitsOptions) {
    this.#options = options;
    this.#answeredAtMs = options.timers.nowMs();
    this.#replicas = options.settings.replicas;
  }

  get status(): SharedStatus {
    const rounds = this.#rounds;
    return {
      connected: this.#connected,
      replicas: this.#replicas,
      rounds,
      failures: this.#failures,
      untold: this.#untold,
    };
  }

  /** Follows these limits from now on. */
  obey(plans: readonly RateLimitPlan[]): void {
    const { buckets } = this.#options.tables;
    this.#limits = new Map();
    for (const plan of plans) {
      if (plan.lease === null) continue;
      const bucket = new TokenBucket({ ...plan, lease: plan.lease });
      buckets.know(bucket);
      this.#limits.set(plan.row, { name: plan.name, bucket });
    }
  }

  start(): void {
    this.#round();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
    this.#options.store.close();
  }

  #round(): void {
    const { timers } = this.#options;
    this.#collect();
    const nowMs = timers.nowMs();
    if (this.#askedAtMs === null) {
      const pauseMs = this.#connected ? HEARTBEAT_MS : RETRY_MS;
      const anythingToTell = this.#connected && this.#waiting.size > 0;
      if (anythingToTell || nowMs - this.#toldAtMs >= pauseMs) void this.#tell(nowMs);
    } else if (nowMs - this.#askedAtMs > RENEW_MS) {
      // It neither answers nor ends: a partition, or a machine that is gone.
      this.#askedAtMs = null;
      this.#options.store.renew();
    }
    if (this.#isOverdue(nowMs)) this.#lose();
    if (!this.#connected) this.#fendForItself(nowMs);
    if (!this.#stopped) this.#cancel = timers.after(ROUND_MS, () => this.#round());
  }

  /** No answer came for too long to a question that was asked, or to those before it. */
  #isOverdue(nowMs: number): boolean {
    // What must be refused while the store is lost is not let through until it is known to be there.
    const lostMs = this.#everAnswered || this.#options.settings.whenLost === 'closed' ? LOST_MS : FIRST_MS;
    if (this.#askedAtMs !== null && nowMs - this.#askedAtMs > lostMs) return true;
    return this.#failedSinceAnswer && nowMs - this.#answeredAtMs > lostMs;
  }

  /** What workers have let through since the last time. */
  #collect(): void {
    for (const row of this.#options.tables.usage.rows)
      row.take((limitRow, low, high, tokens) => {
        const limit = this.#limits.get(limitRow);
        if (limit === undefined || tokens <= 0) return;
        const key = `${limitRow}:${low}:${high}`;
        const used = this.#waiting.get(key);
        if (used !== undefined) used.tokens += tokens;
        else if (this.#waiting.size < WAITING_MAX) this.#waiting.set(key, { ...limit, low, high, tokens });
        else this.#untold += tokens;
      });
  }

  async #tell(nowMs: number): Promise<void> {
    const { store, replica, tables, timers } = this.#options;
    // While the store is lost, what is let through is made up for here: it must not be told as well.
    const told = this.#connected ? this.#next() : [];
    this.#askedAtMs = nowMs;
    this.#toldAtMs = nowMs;
    this.#rounds += 1;
    const before = told.map(({ bucket, low, high }) => tables.buckets.aheadOf(bucket, low, high, nowMs));
    try {
      const { replicas, aheadMs } = await store.sync(
        replica,
        told.map(({ bucket, name, low, high, tokens }) => ({
          key: `${name}:${hex(low)}${hex(high)}`,
          tokens,
          tokenMs: bucket.tokenParts / bucket.partsPerMs,
          wholeMs: bucket.wholeParts / bucket.partsPerMs,
        })),
      );
      // One that was given up for a new connection says what was true then.
      if (this.#askedAtMs !== nowMs || this.#stopped) return;
      const answeredMs = timers.nowMs();
      told.forEach(({ bucket, low, high }, at) => {
        const known = before[at] ?? null;
        if (known === null) return;
        const expected = Math.max(0, known - (answeredMs - nowMs) * bucket.partsPerMs);
        const ahead = (aheadMs[at] as number) * bucket.partsPerMs;
        tables.buckets.move(bucket, low, high, ahead - expected, answeredMs);
      });
      this.#answered(replicas, answeredMs);
    } catch {
      if (this.#askedAtMs !== nowMs) return;
      this.#failures += 1;
      this.#failedSinceAnswer = true;
      // They may have been told, or not: once is enough, and never twice.
      for (const { tokens } of told) this.#untold += tokens;
      this.#sayAnotherWhy();
    }
    this.#askedAtMs = null;
  }

  #next(): Used[] {
    const told: Used[] = [];
    for (const [key, used] of this.#waiting) {
      if (told.length === KEYS_MAX) break;
      told.push(used);
      this.#waiting.delete(key);
    }
    return told;
  }

  #answered(replicas: number, nowMs: number): void {
    const { tables, log } = this.#options;
    this.#answeredAtMs = nowMs;
    this.#failedSinceAnswer = false;
    this.#everAnswered = true;
    this.#replicas = Math.max(1, replicas);
    if (this.#connected) return;
    this.#connected = true;
    Atomics.store(tables.usage.closed, 0, 0);
    log.info({ replicas }, `what replicas share can be asked again: ${replicas} hold rate limits together`);
  }

  #lose(): void {
    if (!this.#connected) return;
    const { settings, store, tables, log } = this.#options;
    this.#connected = false;
    if (settings.whenLost === 'closed') Atomics.store(tables.usage.closed, 0, 1);
    const then = {
      share: `this replica holds rate limits at its share, one of ${this.#replicas}`,
      open: 'this replica holds rate limits as if it were alone',
      closed: 'requests with a shared rate limit are refused',
    }[settings.whenLost];
    const why = store.trouble === '' ? 'no answer in time' : store.trouble;
    log.warn({ replicas: this.#replicas, why }, `what replicas share cannot be asked (${why}): ${then}`);
    this.#whys.clear();
    this.#whys.add(why);
  }

  /** The first reason may be the way there (a timeout) and a later one what an operator must put right. */
  #sayAnotherWhy(): void {
    const { store, log } = this.#options;
    const why = store.trouble;
    if (this.#connected || why === '' || this.#whys.has(why) || this.#whys.size >= WHYS_MAX) return;
    this.#whys.add(why);
    log.warn({ why }, `what replicas share still cannot be asked (${why})`);
  }

  /** Lost: the others are taken to let through as much as this replica does. */
  #fendForItself(nowMs: number): void {
    const { settings, tables } = this.#options;
    for (const [key, { bucket, low, high, tokens }] of this.#waiting) {
      this.#waiting.delete(key);
      this.#untold += tokens;
      if (settings.whenLost !== 'share') continue;
      tables.buckets.move(bucket, low, high, tokens * (this.#replicas - 1) * bucket.tokenParts, nowMs);
    }
  }
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
