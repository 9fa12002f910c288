/**
 * What a pool's latency would be if nobody waited in a queue: the mark that an adaptive limit measures against.
 *
 * Why it is hard: when latency rises, either a queue has grown (the limit must go down) or the work itself has become
 * slower (going down would only starve the pool). An average that follows takes any lasting queue for normal; a minimum
 * that is kept takes any lasting slowness for a queue; a phase that holds the limit down to look refuses what it measures.
 * How: a lower latency is believed, though not wholly, for chance makes low ones too. A higher one is believed
 *  - slowly, while nobody is refused: the limit does not hold anything back, so this is how slow the pool is;
 *  - at once, when somebody is refused, much less is in flight than a moment ago, and that has not helped. In a queue
 *    latency falls in step with what is in flight (Little's law: the same throughput, less waiting). Where it does not,
 *    there was no queue, and the limit had been cut for nothing;
 *  - at once, when too little is in flight for anyone to wait.
 * So a pool that becomes slower costs one cut by a third, for some windows, and a queue that lasts for hours does not become
 * normal. What counts as in flight are the attempts of all workers: one worker that sends less changes little by itself.
 * Bounds: chance, or balancers that do not know of each other, can make a cut look useless. Therefore, for as long as
 * somebody is refused, the base never rises above `RAISED_MOST` times what it was when the refusing began. However wrong the
 * judgements were, latency stays within a small multiple of that. A pool that became slower than that all at once, and is
 * overloaded too, gets a part of what it could use until the refusing ends.
 * Cold start: the first window is believed.
 */

/** Weight of a lower latency. */
const DOWN = 0.1;
/** Weight of a higher one, while nobody is refused. */
const UP = 0.02;
/** Weight of a window in the averages that are compared. */
const MEAN = 0.3;
/** What is in flight must have fallen to this share of its peak to say something, */
const TOLD_AT = 0.7;
/** within so many windows. */
const TOLD_WITHIN = 30;
/** It has not helped if latency fell by less than this share of what Little's law expects. */
const HELPED = 0.25;
/** With so few in flight nobody waits, or the pool can do hardly anything at one time. */
const IN_FLIGHT_LEAST = 5;
const RAISED_MOST = 5;

export class BaseLatency {
  /** 0: not known yet. */
  ms = 0;
  /** As of the last window in which nobody was refused. */
  #freeMs = 0;
  #meanMs = 0;
  #meanInFlight = 0;
  /** The averages when most was in flight, and how many windows ago that was. */
  #peakMs = 0;
  #peakInFlight = 0;
  #peakAge = 0;

  /** A window saw this on average; `refused`: the limit held some back. */
  observe(latencyMs: number, inFlight: number, refused: boolean): void {
    if (this.ms === 0) {
      this.ms = latencyMs;
      this.#freeMs = latencyMs;
      this.#meanMs = latencyMs;
      this.#meanInFlight = inFlight;
    }
    this.#meanMs += (latencyMs - this.#meanMs) * MEAN;
    this.#meanInFlight += (inFlight - this.#meanInFlight) * MEAN;
    if (latencyMs < this.ms) this.ms += (latencyMs - this.ms) * DOWN;
    else if (!refused) this.ms += (latencyMs - this.ms) * UP;
    if (refused) this.#compare();
    else {
      this.#freeMs = this.ms;
      this.#peakInFlight = 0;
    }
  }

  #compare(): void {
    this.#peakAge += 1;
    if (this.#meanInFlight >= this.#peakInFlight || this.#peakAge > TOLD_WITHIN) {
      this.#setPeak();
    } else if (this.#meanInFlight <= TOLD_AT * this.#peakInFlight) {
      const expected = 1 - this.#meanInFlight / this.#peakInFlight;
      const fell = 1 - this.#meanMs / this.#peakMs;
      if (fell < HELPED * expected) this.#raise();
      this.#setPeak();
    } else if (this.#meanInFlight <= IN_FLIGHT_LEAST) {
      this.#raise();
    }
  }

  #setPeak(): void {
    this.#peakMs = this.#meanMs;
    this.#peakInFlight = this.#meanInFlight;
    this.#peakAge = 0;
  }

  #raise(): void {
    this.ms = Math.min(Math.max(this.ms, this.#meanMs), RAISED_MOST * this.#freeMs);
  }
}
