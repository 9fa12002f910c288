/**
 * When a request that is slow to be answered is sent to a second backend, and whether it may be.
 *
 * Delay: the time within which the given share of this pool's answers began, from a log-linear histogram of what this worker
 * saw, halved every `HALVE_AT` answers so that it follows; or fixed milliseconds. Until `SAMPLES_LEAST` answers are known
 * nothing is hedged.
 * Gate: each request puts `budget` of a token in, scaled by how often the second copy was answered first; a hedge takes one.
 * Where slowness belongs to the request and not to the backend, the copy hardly ever wins, and copies only add load: ungated,
 * a budget of 5 % multiplied p99 by 2 to 7 at 90 to 95 % load; gated by 1.01 to 1.08. A tenth of the budget is always left,
 * or a gate that has closed would never learn that things have changed.
 * Cold start: the share of wins begins at twice the break-even. Per worker: budgets add up, and each sees its share of traffic.
 * Source: Dean and Barroso, The Tail at Scale (2013), with the gate added.
 */
import type { HedgePlan } from '../plan-failures.ts';

const SAMPLES_LEAST = 100;
const HALVE_AT = 2000;
const TOKENS_MAX = 20;
/** Copies that win as often as this earn nothing; at twice this the whole budget. */
const BREAK_EVEN = 0.2;
const LEAST_SHARE = 0.1;
const WIN_WEIGHT = 0.05;
/** Sub-buckets in every power of two: 9 % apart. */
const SUB = 8;
const BUCKETS = 24 * SUB;

export class HedgeGate {
  readonly #plan: HedgePlan;
  readonly #counts = new Float64Array(BUCKETS);
  #samples = 0;
  #wins = 2 * BREAK_EVEN;
  #tokens = 0;
  #delayMs = Infinity;

  constructor(plan: HedgePlan) {
    this.#plan = plan;
    if ('ms' in plan.after) this.#delayMs = plan.after.ms;
  }

  /** How long after its pick a request is sent to a second backend; Infinity while that is not known. */
  get delayMs(): number {
    return this.#delayMs;
  }

  /** How often the second copy was answered first lately, 0 to 1. */
  get winShare(): number {
    return this.#wins;
  }

  /** A request that could be hedged begins. */
  request(): void {
    const scale = Math.min(1, Math.max(LEAST_SHARE, (this.#wins - BREAK_EVEN) / BREAK_EVEN));
    this.#tokens = Math.min(TOKENS_MAX, this.#tokens + this.#plan.budget * scale);
  }

  /** Takes a token for a hedge; false when there is none. */
  take(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** A hedge was not made after all. */
  giveBack(): void {
    this.#tokens = Math.min(TOKENS_MAX, this.#tokens + 1);
  }

  /** One of a hedged request's two copies was answered; `second`: the later one. */
  won(second: boolean): void {
    this.#wins += ((second ? 1 : 0) - this.#wins) * WIN_WEIGHT;
  }

  /** An answer began `elapsedMs` after its pick. */
  observe(elapsedMs: number): void {
    if ('ms' in this.#plan.after) return;
    this.#counts[bucketOf(elapsedMs)]! += 1;
    this.#samples += 1;
    if (this.#samples % SAMPLES_LEAST === 0) this.#measure(this.#plan.after.quantile);
    if (this.#samples >= HALVE_AT) this.#halve();
  }

  #measure(quantile: number): void {
    let total = 0;
    for (let at = 0; at < BUCKETS; at++) total += this.#counts[at] as number;
    let seen = 0;
    for (let at = 0; at < BUCKETS; at++) {
      seen += this.#counts[at] as number;
      if (seen < quantile * total) continue;
      // The bucket's upper border: not sooner than asked for.
      this.#delayMs = floorOf(at + 1);
      return;
    }
  }

  #halve(): void {
    for (let at = 0; at < BUCKETS; at++) this.#counts[at]! /= 2;
    this.#samples = 0;
  }
}

/** Sixty-fourths of a millisecond, log-linear. */
function bucketOf(elapsedMs: number): number {
  const value = Math.max(SUB, elapsedMs * 64);
  const octave = Math.floor(Math.log2(value / SUB));
  const sub = Math.floor((value / (SUB * 2 ** octave) - 1) * SUB);
  return Math.min(BUCKETS - 1, octave * SUB + Math.max(0, Math.min(SUB - 1, sub)));
}

function floorOf(bucket: number): number {
  const octave = Math.floor(bucket / SUB);
  return (SUB * 2 ** octave * (1 + (bucket % SUB) / SUB)) / 64;
}
