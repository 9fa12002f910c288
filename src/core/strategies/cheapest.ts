/**
 * Finds the slot with the least score, where a score is `base + in flight * rise`; ties are drawn by weight. In a large
 * pool a part is looked at: neighbours in a random order, from a random place on.
 */
import type { StrategyEnv } from '../strategy.ts';
import type { CandidateList } from './candidate-list.ts';
import { drawAmong } from './draw.ts';

/** All candidates are looked at up to so many, and so many of them above. */
const SCANNED_MAX = 128;
const WINDOW = 64;
/** Ties beyond so many do not take part in the draw. */
const TIES_MAX = 128;

export class Cheapest {
  /** By slot. */
  readonly base: Float64Array;
  readonly rise: Float64Array;
  readonly #env: StrategyEnv;
  readonly #ties = new Int32Array(TIES_MAX);
  /** The candidates in a random order, if they are many. */
  #scattered: Int32Array = new Int32Array(0);
  /** The least score of the present scan, and how many slots in `#ties` have it. */
  #least = 0;
  #found = 0;

  constructor(env: StrategyEnv) {
    this.#env = env;
    this.base = new Float64Array(env.weight.length);
    this.rise = new Float64Array(env.weight.length);
  }

  /** Candidates have changed. */
  update(candidates: CandidateList): void {
    if (candidates.count > SCANNED_MAX && candidates.moved) this.#scattered = candidates.scattered(this.#env.random);
  }

  /** The cheapest candidate, or of a part of them when they are many. */
  of({ slots, count, even }: CandidateList): number {
    this.#clear();
    if (count <= SCANNED_MAX) this.#scan(slots, 0, count);
    else {
      const start = (this.#env.random() * count) | 0;
      const end = start + WINDOW;
      this.#scan(this.#scattered, start, end < count ? end : count);
      if (end > count) this.#scan(this.#scattered, 0, end - count);
    }
    return this.#draw(even);
  }

  /** The cheapest of `slots[0..count)`. */
  among(slots: Int32Array, count: number): number {
    this.#clear();
    this.#scan(slots, 0, count);
    return this.#draw(false);
  }

  #clear(): void {
    this.#least = Infinity;
    this.#found = 0;
  }

  #draw(even: boolean): number {
    const { weight, random } = this.#env;
    const ties = this.#ties;
    const found = this.#found;
    if (found === 1) return ties[0];
    return even ? ties[(random() * found) | 0] : drawAmong(ties, found, weight, random());
  }

  #scan(slots: Int32Array, from: number, to: number): void {
    const { base, rise } = this;
    const { inFlight } = this.#env;
    const ties = this.#ties;
    let least = this.#least;
    let found = this.#found;
    for (let at = from; at < to; at++) {
      const slot = slots[at];
      const score = base[slot] + inFlight[slot] * rise[slot];
      if (score < least) {
        least = score;
        found = 1;
        ties[0] = slot;
      } else if (score === least && found < TIES_MAX) ties[found++] = slot;
    }
    this.#least = least;
    this.#found = found;
  }
}
