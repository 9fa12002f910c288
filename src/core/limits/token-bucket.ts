/**
 * A token bucket in one word: the generic cell rate algorithm. The word is the time at which the bucket will be full again;
 * a request moves it on by what one token takes to refill, and is refused when it already lies too far ahead.
 *
 * Each limit counts time in parts of its own tokens, so that a token is a whole number of parts at any rate: nothing is ever
 * rounded but the clock. A fixed tick does not do: at 150,000/s a token is two thirds of a tick of 10 microseconds, and
 * rounding it by chance lets through 937 to 1,060 requests of a burst of 1,000.
 *
 * Conditions: at most `burst` at once, and in t seconds at most burst + t * perSecond, both over all workers. The clock is
 * rounded to whole parts, which adds less than one part: an eighth of a token, or a token for rates above 12,500 a second.
 * Cold start and recovery: a word that lies in the past, or further ahead than this limit ever puts it, is a full bucket. A
 * worker that read its clock a while ago must not take an empty bucket for that: see `LATE_SECONDS`.
 * Words wrap around, after 11.9 hours for most limits; a client that comes back after just that time may find its bucket as if
 * it had been used a moment ago.
 * Source: ITU-T I.371 (virtual scheduling).
 */

/** Parts in a second for all but fast limits: fine enough for those, and long until words wrap around. */
const PARTS_PER_SECOND = 100_000;
/** Parts of a whole bucket, where a token has more than eight: far less than what a word can tell apart. */
const BUCKET_PARTS_MAX = 2 ** 22;
const TOKEN_PARTS_MIN = 8;
/**
 * A worker may read the clock, be held up for this long, and still see what others have done meanwhile for what it is: a word
 * that is further ahead than any bucket goes, by no more than this, is an empty bucket and not one of long ago.
 */
const LATE_SECONDS = 1;
/** What words tell apart, less a margin. */
const AHEAD_MAX = 2 ** 31 - 2 ** 24;

/** What a bucket must know of its limit. */
export interface BucketRate {
  /** Tells this limit's words from others'. */
  readonly row: number;
  /** At most 10 million. */
  readonly perSecond: number;
  /** 1 to 10 million. */
  readonly burst: number;
  /**
   * Tokens of a bucket that nobody here has used for as long as it takes to refill, where replicas share it: others may have
   * used it meanwhile, which is known a moment after the first request. `burst` when left out.
   */
  readonly lease?: number;
}

export class TokenBucket {
  readonly row: number;
  readonly burst: number;
  /** Parts that one token takes to refill. */
  readonly tokenParts: number;
  readonly partsPerMs: number;
  /** Parts that a whole bucket takes to refill: a word lies so far ahead when the bucket is empty. */
  readonly wholeParts: number;
  /** After `step`: whether a token was there, and how many are left. */
  allowed = false;
  remaining = 0;
  readonly #aheadMax: number;
  readonly #unknownParts: number;
  #aheadParts = 0;

  constructor({ row, perSecond, burst, lease = burst }: BucketRate) {
    const byTime = Math.floor(PARTS_PER_SECOND / perSecond);
    const bySpan = Math.max(TOKEN_PARTS_MIN, Math.floor(BUCKET_PARTS_MAX / burst));
    this.row = row;
    this.burst = burst;
    this.tokenParts = Math.max(1, Math.min(byTime, bySpan));
    this.partsPerMs = (this.tokenParts * perSecond) / 1000;
    this.wholeParts = burst * this.tokenParts;
    this.#unknownParts = Math.max(0, burst - lease) * this.tokenParts;
    this.#aheadMax = Math.min(AHEAD_MAX, this.wholeParts + Math.ceil(this.partsPerMs * 1000 * LATE_SECONDS));
  }

  /** The time as this limit's words count it. `nowMs` is 0 or more, from one clock for all threads. */
  partsAt(nowMs: number): number {
    return (nowMs * this.partsPerMs) | 0;
  }

  /** How far a word lies ahead, in parts: 0 for a full bucket. */
  aheadOf(word: number, nowParts: number): number {
    const ahead = (word - nowParts) | 0;
    return ahead < 0 || ahead > this.#aheadMax ? 0 : ahead;
  }

  /** The word after one request; the same when it is refused. */
  step(word: number, nowParts: number): number {
    const since = (word - nowParts) | 0;
    const ahead = since < 0 || since > this.#aheadMax ? this.#unknownParts : since;
    const next = ahead + this.tokenParts;
    if (next > this.wholeParts) {
      this.allowed = false;
      this.remaining = 0;
      this.#aheadParts = ahead;
      return word;
    }
    this.allowed = true;
    this.remaining = Math.floor((this.wholeParts - next) / this.tokenParts);
    this.#aheadParts = next;
    return (nowParts + next) | 0;
  }

  /**
   * The word of a bucket that others have used as well: `moreParts` further ahead, or back where they have used less. It stays
   * a bucket that is known, and owes no more than what `LATE_SECONDS` refill.
   */
  moved(word: number, nowParts: number, moreParts: number): number {
    const ahead = Math.round(this.aheadOf(word, nowParts) + moreParts);
    return (nowParts + Math.max(1, Math.min(this.#aheadMax, ahead))) | 0;
  }

  /** After `step`: seconds until the bucket is full. */
  get fullInSeconds(): number {
    return this.#aheadParts / (this.partsPerMs * 1000);
  }

  /** After a `step` that was refused: seconds until there is a token. */
  get waitSeconds(): number {
    return Math.max(0, this.#aheadParts + this.tokenParts - this.wholeParts) / (this.partsPerMs * 1000);
  }
}
