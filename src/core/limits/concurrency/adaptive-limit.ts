/**
 * A limit of attempts in flight that finds itself, per pool and worker: whoever comes when it is reached waits in line or
 * is refused, instead of making everybody slow.
 *
 * Why: backends can do so much at one time and no more. What is sent beyond that waits inside them, out of sight, until it
 * times out; then all work is done for nobody. How much "so much" is changes with every release, so nobody can configure it.
 * Conditions: attempts are looked at in windows, each as long as an attempt takes, so that a limit's effect is seen before
 * it is changed again. The algorithm (gradient, vegas, aimd) says the next limit from what the window saw. A window in which
 * less than half of the limit was used changes nothing: a pool that idles cannot sink, and the limit does not grow without
 * need.
 * Failures are no latencies, or a backend that fails fast would look fast. Timeouts count with the time they took; so does a
 * client that left after more than the usual time.
 * Nothing is ever held down in order to measure (envoyproxy/envoy #8337, #18152: a limit that is pinned to 3 for a minute
 * refuses what it wants to know about). What the latency would be without a queue is learned as base-latency.ts says.
 * Cold start: `LIMIT_INITIAL`, growing by half with each window that refused somebody, until latency rises for the first
 * time. Recovery: limits grow by up to their square root in each window that needs it.
 * Source: Netflix's concurrency-limits (2018), windowed, without its resets of the base.
 */
import { isFailure, Outcome } from '../../outcome.ts';
import { BaseLatency } from './base-latency.ts';

/** Enough to see what latency does; a pool that can do less at one time gets a short queue. */
const LIMIT_MIN = 4;
/** Netflix's; so low because the first windows must not be measured inside a queue of our own making. */
const LIMIT_INITIAL = 20;
/** Far above what one worker can have in flight: the limits of the single backends come first. */
const LIMIT_MAX = 10_000;
/** A window lasts this long at least, and as long as its attempts took on average. */
const WINDOW_MS = 100;
/** Fewer latencies than this say nothing. */
const SAMPLES_LEAST = 16;
/** A window that has not become full by then is forgotten: what it saw is old. */
const WINDOW_MS_MAX = 30_000;
/** Until latency first rises. */
const FIRST_GROWTH = 1.5;

/** What one window saw. */
export interface Seen {
  /** Mean over its attempts. */
  latencyMs: number;
  inFlight: number;
  /** What the latency would be without a queue. */
  baseMs: number;
  /** Share of its attempts that timed out, or that a backend refused for lack of capacity, 0 to 1. */
  droppedShare: number;
}

/** The next limit. */
export type LimitStep = (limit: number, seen: Seen) => number;

/** What this worker and the others have in flight in the pool, as each saw it lately, and what each allows. */
export interface Peers {
  tell(inFlight: number, limit: number, nowMs: number): void;
  /** All but this one, together. */
  others(nowMs: number): number;
}
const ALONE: Peers = { tell: () => {}, others: () => 0 };

export class AdaptiveLimit {
  limit: number = LIMIT_INITIAL;
  readonly #step: LimitStep;
  readonly #peers: Peers;
  readonly #base = new BaseLatency();
  readonly #seen: Seen = { latencyMs: 0, inFlight: 0, baseMs: 0, droppedShare: 0 };
  #beganMs = -Infinity;
  #refused = false;
  #attempts = 0;
  #dropped = 0;
  #samples = 0;
  #sumMs = 0;
  #sumInFlight = 0;
  /** Latency has not risen yet. */
  #first = true;

  constructor(step: LimitStep, peers: Peers = ALONE) {
    this.#step = step;
    this.#peers = peers;
  }

  admit(inFlight: number): boolean {
    if (inFlight < Math.floor(this.limit)) return true;
    this.#refused = true;
    return false;
  }

  settle(elapsedMs: number, inFlight: number, outcome: Outcome, nowMs: number): void {
    if (nowMs - this.#beganMs > WINDOW_MS_MAX) this.#begin(nowMs);
    const timedOut = outcome === Outcome.timeout || outcome === Outcome.connectTimeout;
    this.#attempts += 1;
    if (timedOut || outcome === Outcome.gatewayError) this.#dropped += 1;
    const left = outcome === Outcome.cancelled;
    if (timedOut || (left ? elapsedMs > this.#base.ms : !isFailure(outcome))) {
      this.#samples += 1;
      this.#sumMs += elapsedMs;
      this.#sumInFlight += inFlight;
    }
    const enough = this.#samples >= SAMPLES_LEAST || this.#dropped >= SAMPLES_LEAST;
    if (enough && nowMs - this.#beganMs >= Math.max(WINDOW_MS, this.#meanMs)) this.#end(nowMs);
  }

  get #meanMs(): number {
    return this.#samples === 0 ? 0 : this.#sumMs / this.#samples;
  }

  #begin(nowMs: number): void {
    this.#beganMs = nowMs;
    this.#refused = false;
    this.#attempts = 0;
    this.#dropped = 0;
    this.#samples = 0;
    this.#sumMs = 0;
    this.#sumInFlight = 0;
  }

  #end(nowMs: number): void {
    const seen = this.#seen;
    const base = this.#base;
    seen.droppedShare = this.#dropped / this.#attempts;
    if (this.#samples > 0) {
      seen.latencyMs = this.#meanMs;
      seen.inFlight = this.#sumInFlight / this.#samples;
      base.observe(seen.latencyMs, seen.inFlight + this.#peers.others(nowMs), this.#refused);
    }
    seen.baseMs = base.ms;
    if (this.#refused || seen.inFlight >= this.limit / 2) this.#move(this.#step(this.limit, seen));
    this.#peers.tell(seen.inFlight, this.limit, nowMs);
    this.#begin(nowMs);
  }

  #move(wanted: number): void {
    const { limit } = this;
    let next = wanted;
    if (next < limit) {
      this.#first = false;
    } else {
      if (this.#first && this.#refused) next = Math.max(next, limit * FIRST_GROWTH);
    }
    this.limit = Math.min(LIMIT_MAX, Math.max(LIMIT_MIN, next));
  }
}
