/** A strategy between the engine and itself: holds both to the contract of core/strategy.ts. */
import type { Outcome } from '#core/outcome.ts';
import type { PickView, Strategy } from '#core/strategy.ts';
import { ensure } from './invariants.ts';

export class CheckedStrategy implements Strategy {
  readonly #strategy: Strategy;
  #candidates = new Set<number>();

  constructor(strategy: Strategy) {
    this.#strategy = strategy;
  }

  update(slots: Int32Array, count: number, nowMs: number): void {
    this.#candidates = new Set(slots.subarray(0, count));
    ensure(count > 0, 'asks-strategies-well', () => 'update without a candidate');
    this.#strategy.update(slots, count, nowMs);
  }

  pick(key: number, nowMs: number): number {
    ensure(this.#candidates.size > 0, 'asks-strategies-well', () => 'pick before update');
    const slot = this.#strategy.pick(key, nowMs);
    ensure(this.#candidates.has(slot), 'asks-strategies-well', () => `picked ${slot}, no candidate`);
    return slot;
  }

  pickAmong(slots: Int32Array, count: number, key: number, nowMs: number): number {
    const subset = slots.subarray(0, count);
    ensure(count > 0, 'asks-strategies-well', () => 'pickAmong none');
    for (const slot of subset)
      ensure(this.#candidates.has(slot), 'asks-strategies-well', () => `pickAmong ${slot}, which is no candidate`);
    const slot = this.#strategy.pickAmong(slots, count, key, nowMs);
    ensure(subset.includes(slot), 'asks-strategies-well', () => `picked ${slot}, not of ${subset.join()}`);
    return slot;
  }

  begin(slot: number, inFlightBefore: number, nowMs: number): void {
    this.#strategy.begin?.(slot, inFlightBefore, nowMs);
  }

  heard(slot: number, elapsedMs: number, nowMs: number): void {
    ensure(elapsedMs >= 0, 'asks-strategies-well', () => `heard after ${elapsedMs} ms`);
    this.#strategy.heard?.(slot, elapsedMs, nowMs);
  }

  settle(slot: number, inFlightBefore: number, elapsedMs: number, outcome: Outcome, nowMs: number): void {
    ensure(elapsedMs >= 0, 'asks-strategies-well', () => `settled after ${elapsedMs} ms`);
    this.#strategy.settle?.(slot, inFlightBefore, elapsedMs, outcome, nowMs);
  }

  explain(slots: Int32Array, count: number, key: number, nowMs: number, into: PickView): void {
    this.#strategy.explain?.(slots, count, key, nowMs, into);
  }

  refresh(nowMs: number): void {
    this.#strategy.refresh?.(nowMs);
  }
}
