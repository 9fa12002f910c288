/**
 * A pool as one worker sees it: its backends, who is picked among them (core/balancing), and what bounds its requests. What
 * must outlive a change of the plan (requests in line, learned limits and delays) is its load, kept by the pool's name.
 */
import type { PickRecorder } from '#core/balancing/pick-recorder.ts';
import { LIMITED, type Selector, type TakenSlot } from '#core/balancing/selector.ts';
import type { Tried } from '#core/balancing/tried.ts';
import type { Outcome } from '#core/outcome.ts';
import type { PoolPlan } from '#core/plan.ts';
import { RetryRules } from '#core/retry.ts';
import type { Explains, StrategyDefinition } from '#core/strategy.ts';
import type { RequestHead } from '#http1/request-head.ts';
import { METHOD_SERIES } from '#memory/counters.ts';
import type { NamedPick } from '#observe/decision-record.ts';
import type { Backend } from './backend.ts';
import type { PoolLoad } from './pool-load.ts';
import { requestKey, type KeyHash } from './request-key.ts';

export class Pool {
  readonly plan: PoolPlan;
  readonly backends: readonly Backend[];
  readonly selector: Selector;
  readonly load: PoolLoad;
  /** Null: no attempt is made again. */
  readonly retry: RetryRules | null;
  readonly needsKey: boolean;
  /** How often `strategy.refresh` wants to be called; 0: never. */
  readonly refreshMs: number;
  readonly #explains: Explains;
  readonly #keyHash: KeyHash | null;
  /** Bit `1 << Method` for each method with a number that may be tried again. */
  readonly #retryMethods: number;
  readonly #bySlot = new Map<number, Backend>();

  constructor(
    plan: PoolPlan,
    definition: StrategyDefinition,
    backends: readonly Backend[],
    selector: Selector,
    load: PoolLoad,
  ) {
    this.plan = plan;
    this.backends = backends;
    this.selector = selector;
    this.load = load;
    this.retry = plan.retry === null ? null : new RetryRules(plan.retry);
    this.#retryMethods = METHOD_SERIES.reduce(
      (bits, name, at) => (this.retry?.listsMethod(name) ? bits | (1 << at) : bits),
      0,
    );
    this.#explains = definition.explains;
    this.#keyHash = definition.key;
    this.needsKey = definition.key !== null;
    this.refreshMs = definition.refreshMs;
    for (const backend of backends) this.#bySlot.set(backend.slot, backend);
  }

  backendAt(slot: number): Backend {
    return this.#bySlot.get(slot) as Backend;
  }

  /** The hash of what this pool's strategy places a request by; 0 when it does not. */
  keyOf(buf: Buffer, head: RequestHead, clientAddress: Buffer): number {
    return this.#keyHash === null ? 0 : requestKey(this.plan.strategy.key, this.#keyHash, buf, head, clientAddress);
  }

  /** Whether the plan lets this request's method be tried again once it was sent. */
  retriesMethod(buf: Buffer, head: RequestHead): boolean {
    if (head.method !== 0) return (this.#retryMethods & (1 << head.method)) !== 0;
    return this.retry?.listsMethod(buf.toString('latin1', head.methodStart, head.methodEnd)) === true;
  }

  /** As `Selector.take`; `LIMITED` too. */
  take(key: number, nowMs: number, tried: Tried, repeatable: boolean, again: boolean): number {
    const { load } = this;
    if (load.limit !== null && !load.limit.admit(load.inFlight)) return LIMITED;
    const slot = this.selector.take(key, nowMs, tried, repeatable, again);
    if (slot >= 0) load.inFlight += 1;
    return slot;
  }

  /** The pick that `recorder` was there for, with the names of its slots. */
  named(recorder: PickRecorder, chosen: number): NamedPick {
    const pick = this.selector.record(recorder, chosen, this.#explains);
    const plans = Array.from(pick.slots, (slot) => this.backendAt(slot).plan);
    const { name, params } = this.plan.strategy;
    return {
      pick,
      strategy: name,
      params,
      chosen: chosen < 0 ? '' : this.backendAt(chosen).plan.id,
      ids: plans.map(({ id }) => id),
      excludedIds: Array.from(pick.excluded, (slot, at) => (at % 2 === 0 ? this.backendAt(slot).plan.id : '')).filter(
        (_, at) => at % 2 === 0,
      ),
      authorities: this.needsKey ? plans.map(({ authority }) => authority) : [],
    };
  }

  /** An attempt at a slot taken here ended. */
  settle(taken: TakenSlot, elapsedMs: number, outcome: Outcome, nowMs: number): void {
    const { load } = this;
    load.limit?.settle(elapsedMs, load.inFlight, outcome, nowMs);
    load.inFlight -= 1;
    this.selector.settle(taken, elapsedMs, outcome, nowMs);
    if (load.line.length > 0) load.onRoom();
  }
}
