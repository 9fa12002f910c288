/**
 * A pool as one worker sees it. It works out which slots are eligible; its strategy only ranks them. Eligibility is worked
 * out anew when the shared epoch moves, not per request; what changes with every request (in-flight limits, backends tried
 * already) is looked at after the pick, and only then are the candidates narrowed.
 */
import { AdminState, HealthState, isUp } from '#core/health-state.ts';
import type { Outcome } from '#core/outcome.ts';
import type { PoolPlan } from '#core/plan.ts';
import type { Strategy, StrategyDefinition } from '#core/strategy.ts';
import type { SlotTable } from '#memory/slots.ts';
import type { RequestHead } from '#http1/request-head.ts';
import type { Backend } from './backend.ts';
import { requestKey, type KeyHash } from './request-key.ts';

/** `pick` found nobody: none is eligible. */
export const NO_BACKEND = -1;
/** `pick` found nobody: all that are eligible are full. */
export const ALL_FULL = -2;

export class Pool {
  readonly plan: PoolPlan;
  readonly strategy: Strategy;
  readonly needsKey: boolean;
  /** How often `strategy.refresh` wants to be called; 0: never. */
  readonly refreshMs: number;
  readonly #keyHash: KeyHash | null;
  readonly backends: readonly Backend[];
  readonly #bySlot = new Map<number, Backend>();
  readonly #slots: SlotTable;
  readonly #candidates: Int32Array;
  readonly #subset: Int32Array;
  #count = 0;
  #epoch = -1;
  #superseded = false;

  constructor(
    plan: PoolPlan,
    strategy: Strategy,
    definition: StrategyDefinition,
    backends: readonly Backend[],
    slots: SlotTable,
  ) {
    this.plan = plan;
    this.strategy = strategy;
    this.#keyHash = definition.key;
    this.needsKey = definition.key !== null;
    this.refreshMs = definition.refreshMs;
    this.backends = backends;
    this.#slots = slots;
    this.#candidates = new Int32Array(backends.length);
    this.#subset = new Int32Array(backends.length);
    for (const backend of backends) this.#bySlot.set(backend.slot, backend);
  }

  backendAt(slot: number): Backend {
    return this.#bySlot.get(slot) as Backend;
  }

  /** The hash of what this pool's strategy places a request by; 0 when it does not. */
  keyOf(buf: Buffer, head: RequestHead, clientAddress: Buffer): number {
    return this.#keyHash === null ? 0 : requestKey(this.plan.strategy.key, this.#keyHash, buf, head, clientAddress);
  }

  /** The slot for a request whose key hashes to `key`; `tried` (or -1) is avoided while another is eligible. */
  pick(key: number, nowMs: number, tried: number): number {
    if (this.#slots.epoch[0] !== this.#epoch) this.#rebuild(nowMs);
    if (this.#count === 0) return NO_BACKEND;
    const slot = this.strategy.pick(key, nowMs);
    if (slot !== tried && (this.#slots.total[slot] as number) < this.plan.limits.inFlight) return slot;
    return this.#pickNarrowed(key, nowMs, tried);
  }

  begin(worker: number, slot: number, nowMs: number): number {
    const before = this.#slots.begin(worker, slot);
    this.strategy.begin?.(slot, before, nowMs);
    return before;
  }

  settle(
    worker: number,
    slot: number,
    inFlightBefore: number,
    elapsedMs: number,
    outcome: Outcome,
    nowMs: number,
  ): void {
    this.#slots.settle(worker, slot);
    if (!this.#superseded) this.strategy.settle?.(slot, inFlightBefore, elapsedMs, outcome, nowMs);
  }

  /** Another strategy has this pool's memory now: what is still in flight must not be written into it. */
  supersede(): void {
    this.#superseded = true;
  }

  #pickNarrowed(key: number, nowMs: number, tried: number): number {
    const { total } = this.#slots;
    const limit = this.plan.limits.inFlight;
    let count = 0;
    let triedHasRoom = false;
    for (let i = 0; i < this.#count; i++) {
      const slot = this.#candidates[i] as number;
      if ((total[slot] as number) >= limit) continue;
      if (slot === tried) triedHasRoom = true;
      else this.#subset[count++] = slot;
    }
    if (count > 0) return this.strategy.pickAmong(this.#subset, count, key, nowMs);
    return triedHasRoom ? tried : ALL_FULL;
  }

  /** The lowest tier that has a backend up; where probes have said nothing yet, those not probed. */
  #rebuild(nowMs: number): void {
    this.#epoch = this.#slots.epoch[0] as number;
    this.#count = this.#collect(isUp);
    if (this.#count === 0) this.#count = this.#collect((state) => state === HealthState.unknown);
    if (this.#count > 0) this.strategy.update(this.#candidates, this.#count, nowMs);
  }

  #collect(serves: (state: HealthState) => boolean): number {
    const { admin, health, weight } = this.#slots;
    let tier = Infinity;
    let count = 0;
    for (const backend of this.backends) {
      const { slot } = backend;
      if (admin[slot] !== AdminState.active || !((weight[slot] as number) > 0)) continue;
      if (backend.plan.tier > tier || !serves(health[slot] as HealthState)) continue;
      if (backend.plan.tier < tier) {
        tier = backend.plan.tier;
        count = 0;
      }
      this.#candidates[count++] = slot;
    }
    return count;
  }
}
