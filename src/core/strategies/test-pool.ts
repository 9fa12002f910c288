/**
 * A pool for tests of strategies: plain memory, a virtual clock, workers that share both. It does what the engine does:
 * pick, begin, settle, refresh, and the count of requests in flight.
 */
import { DrawTape } from '../balancing/draw-tape.ts';
import { createPrng } from '../math/prng.ts';
import { Outcome } from '../outcome.ts';
import type { ParamValues, Strategy, StrategyDefinition } from '../strategy.ts';

export const nameOfSlot = (slot: number): string => `10.0.0.${slot}:8080`;

export interface TestPoolOptions {
  readonly capacity?: number;
  readonly workers?: number;
  readonly seed?: number;
  readonly params?: ParamValues;
}

/** What happens to a request at each backend. */
export interface Answer {
  readonly latencyMs: number;
  readonly outcome?: Outcome;
}

interface Attempt {
  readonly worker: number;
  readonly slot: number;
  readonly before: number;
  readonly beganMs: number;
  readonly endsMs: number;
  readonly outcome: Outcome;
}

export class TestPool {
  readonly definition: StrategyDefinition;
  readonly strategies: readonly Strategy[];
  /** What each worker draws. */
  readonly tapes: readonly DrawTape[];
  readonly inFlight: Int32Array;
  readonly weight: Float64Array;
  readonly rows: Readonly<Record<string, readonly Float64Array[]>>;
  candidates: readonly number[] = [];
  nowMs = 0;
  readonly #attempts: Attempt[] = [];
  #refreshedMs = 0;

  constructor(definition: StrategyDefinition, options: TestPoolOptions = {}) {
    const { capacity = 64, workers = 1, seed = 1, params = {} } = options;
    const defaults = Object.fromEntries(definition.params.map((param) => [param.name, param.default]));
    this.definition = definition;
    this.inFlight = new Int32Array(capacity);
    this.weight = new Float64Array(capacity).fill(1);
    const row = (): Float64Array[] => Array.from({ length: workers }, () => new Float64Array(capacity));
    this.rows = Object.fromEntries(definition.memory.rows.map((name) => [name, row()]));
    const words = Object.fromEntries(definition.memory.words.map((name) => [name, new Int32Array(1)]));
    this.tapes = Array.from({ length: workers }, (_, worker) => new DrawTape(createPrng(seed * 1000 + worker)));
    this.strategies = Array.from({ length: workers }, (_, worker) =>
      definition.create({
        params: { ...defaults, ...params },
        inFlight: this.inFlight,
        weight: this.weight,
        rows: this.rows,
        words,
        worker,
        random: (this.tapes[worker] as DrawTape).random,
        nameOf: nameOfSlot,
      }),
    );
  }

  /** Makes these slots the candidates, in this order; weights that are not named stay. */
  update(slots: readonly number[], weights: Readonly<Record<number, number>> = {}): void {
    for (const [slot, weight] of Object.entries(weights)) this.weight[Number(slot)] = weight;
    this.candidates = slots;
    const array = Int32Array.from([...slots, -1, -1]);
    for (const strategy of this.strategies) strategy.update(array, slots.length, this.nowMs);
    // The engine may use its array for something else.
    array.fill(-1);
  }

  pick(worker = 0, key = 0): number {
    return this.strategies[worker].pick(this.definition.key === null ? 0 : key, this.nowMs);
  }

  pickAmong(slots: readonly number[], worker = 0, key = 0): number {
    const asked = this.definition.key === null ? 0 : key;
    return this.strategies[worker].pickAmong(Int32Array.from([...slots, -1]), slots.length, asked, this.nowMs);
  }

  /** Picks, and begins an attempt that will end as `answer` says; returns the slot. */
  send(answer: (slot: number) => Answer, worker = 0, key = 0): number {
    const slot = this.pick(worker, key);
    this.begin(slot, answer(slot), worker);
    return slot;
  }

  begin(slot: number, { latencyMs, outcome = Outcome.success }: Answer, worker = 0): void {
    const before = this.inFlight[slot]++;
    this.strategies[worker].begin?.(slot, before, this.nowMs);
    const endsMs = this.nowMs + latencyMs;
    let at = this.#attempts.length;
    while (at > 0 && this.#attempts[at - 1].endsMs > endsMs) at--;
    this.#attempts.splice(at, 0, { worker, slot, before, beganMs: this.nowMs, endsMs, outcome });
  }

  /** Lets time pass: attempts end and workers refresh when their time comes. */
  advance(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (;;) {
      const endsMs = this.#attempts[0]?.endsMs ?? Infinity;
      const { refreshMs } = this.definition;
      const refreshesMs = refreshMs === 0 ? Infinity : this.#refreshedMs + refreshMs;
      const nextMs = Math.min(endsMs, refreshesMs);
      if (nextMs > untilMs) break;
      this.nowMs = nextMs;
      if (endsMs <= refreshesMs) this.#settle(this.#attempts.shift() as Attempt);
      else this.#refresh();
    }
    this.nowMs = untilMs;
  }

  #settle({ worker, slot, before, beganMs, outcome }: Attempt): void {
    this.inFlight[slot]--;
    this.strategies[worker].settle?.(slot, before, this.nowMs - beganMs, outcome, this.nowMs);
  }

  #refresh(): void {
    this.#refreshedMs = this.nowMs;
    for (const strategy of this.strategies) strategy.refresh?.(this.nowMs);
  }
}

/** Counts of picks by slot. */
export function tally(slots: Iterable<number>): Map<number, number> {
  const counts = new Map<number, number>();
  for (const slot of slots) counts.set(slot, (counts.get(slot) ?? 0) + 1);
  return counts;
}

/** Pearson's statistic of counts against what was expected of each. */
export function chiSquare(counts: readonly number[], expected: readonly number[]): number {
  return counts.reduce((sum, count, at) => sum + (count - expected[at]) ** 2 / expected[at], 0);
}

/**
 * What Pearson's statistic exceeds once in 10,000 runs of a fair draw, by degrees of freedom (Wilson and Hilferty 1931).
 */
export function chiSquareLimit(freedom: number): number {
  const spread = 2 / (9 * freedom);
  return freedom * (1 - spread + 3.719 * Math.sqrt(spread)) ** 3;
}
