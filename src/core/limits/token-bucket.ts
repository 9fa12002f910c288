/**
 * A token bucket in one word: the generic cell rate algorithm. The word is the time at which the bucket will be full again,
 * in ticks of 10 microseconds modulo 2^32; a request moves it on by what one token takes to refill, and is refused when it
 * already lies too far ahead.
 *
 * Conditions: at most `burst` at once, and `perSecond` over any longer time: in t seconds at most burst + t * perSecond. A
 * fraction of a tick is rounded up or down by chance, so that rates above 100,000 a second are exact on average too.
 * Cold start and recovery: a word that lies in the past, or further ahead than this limit ever puts it, is a full bucket.
 * A word that nobody touched wraps around after 11.9 hours, so a client that comes back after just that time may find
 * its bucket as if it had been used a moment ago; it is full again within burst / perSecond at the latest.
 * Source: ITU-T I.371 (virtual scheduling); redis-cell and Brandur Leach on GCRA.
 */
export const TICKS_PER_SECOND = 100_000;
/** A bucket must be able to refill within this many seconds: half of what a word can tell apart. */
export const REFILL_SECONDS_MAX = 18_000;

/** The time as words count it. `nowMs` from one clock for all threads. */
export function ticksOf(nowMs: number): number {
  return (nowMs * (TICKS_PER_SECOND / 1000)) | 0;
}

export class TokenBucket {
  readonly burst: number;
  /** After `step`: whether a token was there, how many are left, and ticks until the bucket is full, or has one again. */
  allowed = false;
  remaining = 0;
  fullInTicks = 0;
  waitTicks = 0;
  readonly #cost: number;
  readonly #tolerance: number;

  constructor(perSecond: number, burst: number) {
    this.burst = burst;
    this.#cost = TICKS_PER_SECOND / perSecond;
    this.#tolerance = (burst - 1) * this.#cost;
  }

  /** The word after one request; the same when it is refused. `chance`: uniform in [0, 1). */
  step(word: number, nowTicks: number, chance: number): number {
    let ahead = (word - nowTicks) | 0;
    if (ahead < 0 || ahead > this.#tolerance + this.#cost + 1) ahead = 0;
    if (ahead > this.#tolerance) {
      this.allowed = false;
      this.remaining = 0;
      this.fullInTicks = ahead;
      this.waitTicks = Math.ceil(ahead - this.#tolerance);
      return word;
    }
    const next = ahead + Math.floor(this.#cost + chance);
    this.allowed = true;
    this.remaining =
      next > this.#tolerance ? 0 : Math.min(this.burst - 1, Math.floor((this.#tolerance - next) / this.#cost) + 1);
    this.fullInTicks = next;
    this.waitTicks = 0;
    return (nowTicks + next) | 0;
  }
}
