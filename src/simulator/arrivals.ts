/**
 * When requests come, and what each brings. Chance comes from separate streams, so that every alternative of one seed meets the
 * same requests at the same times with the same work: what differs is where they went, nothing else.
 *
 * Rates are steps in time. Within them requests are independent (Poisson), evenly spread (gaps are sums of exponential ones,
 * Erlang) or come in bunches of geometric size: for a mean size of m the index of dispersion is 2m - 1.
 */
import type { TrafficShape } from '#contract/simulate.ts';
import { exp, ln } from '#core/math/elementary.ts';
import { mix32 } from '#core/math/hash.ts';
import { createPrng } from '#core/math/prng.ts';
import { WeightedIndex } from '#core/math/weighted-index.ts';

/** Evenness beyond this cannot be told from none at all. */
const ERLANG_MAX = 50;

export class Arrivals {
  /** When the next request comes; Infinity: never. */
  nextMs = 0;
  /** Of the last one taken: its place in the work, its fate, what says whether it may be repeated (0 to 1), its key's hash. */
  work = 0;
  fate = 0;
  character = 0;
  key = 0;
  readonly #rates: Float64Array;
  readonly #stepMs: number;
  readonly #untilMs: number;
  readonly #gaps: () => number;
  readonly #works: () => number;
  readonly #fates: () => number;
  readonly #characters: () => number;
  readonly #keys: (() => number) | null;
  /** Exponential gaps in one, or 0: bunches. */
  readonly #erlang: number;
  /** Chance that a bunch goes on. */
  readonly #goesOn: number;
  /** What a rate of requests is in bunches, or in parts of gaps. */
  readonly #pace: number;
  #step = 0;
  #stepEndsMs: number;

  /** `keyed`: somebody looks at keys. */
  constructor(shape: TrafficShape, seed: number, untilMs: number, keyed: boolean) {
    const stream = (number: number): (() => number) => createPrng(seed * 7919 + number);
    this.#rates = Float64Array.from(shape.ratesPerSecond, (rate) => rate / 1000);
    this.#stepMs = shape.stepMs;
    this.#stepEndsMs = shape.stepMs;
    this.#untilMs = untilMs;
    this.#gaps = stream(1);
    this.#works = stream(2);
    this.#fates = stream(5);
    this.#characters = stream(6);
    this.#keys = keyed ? keyStream(shape.keys.count, shape.keys.skew, stream(3)) : null;
    const { burstiness } = shape;
    const bunch = Math.max(1, (burstiness + 1) / 2);
    this.#erlang = burstiness >= 1 ? 1 : Math.min(ERLANG_MAX, Math.max(1, Math.round(1 / Math.max(burstiness, 1e-9))));
    this.#goesOn = 1 - 1 / bunch;
    this.#pace = this.#erlang / bunch;
    this.#goOn();
  }

  /** Takes the next request; `nextMs` moves on. */
  take(): void {
    this.work = this.#works();
    this.fate = this.#fates();
    this.character = this.#characters();
    if (this.#keys !== null) this.key = this.#keys();
    if (this.#goesOn > 0 && this.#gaps() < this.#goesOn) return;
    this.#goOn();
  }

  #goOn(): void {
    let units = 0;
    for (let part = 0; part < this.#erlang; part++) units -= ln(1 - this.#gaps());
    for (;;) {
      const rate = (this.#rates[this.#step] as number) * this.#pace;
      const atMs = rate > 0 ? this.nextMs + units / rate : Infinity;
      if (atMs < this.#stepEndsMs) {
        this.nextMs = atMs < this.#untilMs ? atMs : Infinity;
        return;
      }
      units -= (this.#stepEndsMs - this.nextMs) * rate;
      this.nextMs = this.#stepEndsMs;
      if (this.nextMs >= this.#untilMs) {
        this.nextMs = Infinity;
        return;
      }
      this.#step = this.#step + 1 < this.#rates.length ? this.#step + 1 : 0;
      this.#stepEndsMs += this.#stepMs;
    }
  }
}

/** Key i of `count` comes in proportion to i^-skew. Gives hashes, as strategies are given them. */
function keyStream(count: number, skew: number, random: () => number): () => number {
  const places = Int32Array.from({ length: count }, (_, at) => at);
  const weights = Float64Array.from(places, (at) => exp(-skew * ln(at + 1)));
  const index = new WeightedIndex();
  index.set(places, count, weights);
  return () => mix32(index.at(random()) + 1);
}
