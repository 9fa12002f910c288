/**
 * A pool as one worker sees it: what src/proxy/plan-state.ts makes of a plan, with every pick and every end of an attempt
 * shown to the watch. What outlives a plan (budget, gate, line) is its load, as in src/proxy/pool-load.ts.
 */
import type { Members } from '#core/balancing/members.ts';
import type { Selector } from '#core/balancing/selector.ts';
import type { Tried } from '#core/balancing/tried.ts';
import type { Circuits } from '#core/health/circuits.ts';
import type { HedgeGate } from '#core/limits/hedge-gate.ts';
import type { RetryBudget } from '#core/limits/retry-budget.ts';
import { WaitingLine } from '#core/limits/waiting-line.ts';
import type { Outcome } from '#core/outcome.ts';
import type { BackendPlan, PoolPlan, RoutePlan } from '#core/plan.ts';
import type { RetryRules } from '#core/retry.ts';
import type { Strategy, StrategyDefinition } from '#core/strategy.ts';
import type { AttemptModel } from './attempt-model.ts';
import { CheckedStrategy } from './checked-strategy.ts';
import type { ExchangeModel } from './exchange-model.ts';
import { definitionOf } from './policies.ts';
import type { WorkerTwin } from './worker-twin.ts';

export class LoadTwin {
  hedge: HedgeGate | null = null;
  budget: RetryBudget | null = null;
  readonly line = new WaitingLine<ExchangeModel>();
  #plan: PoolPlan | null = null;

  apply(plan: PoolPlan, worker: WorkerTwin): void {
    const before = this.#plan;
    const { policies, tables, watch } = worker.world;
    this.#plan = plan;
    if (before === null || !same(before.hedge, plan.hedge)) {
      this.hedge = plan.hedge === null ? null : policies.gate(plan.hedge);
      watch.exchanges.gateMade(plan, worker.row);
    }
    if (before === null || !same(before.retry, plan.retry))
      this.budget = plan.retry === null ? null : policies.budget(plan.retry, tables.pools.budget(plan.row));
    this.line.timeoutMs = plan.limits.queueTimeoutMs;
  }
}

export class PoolTwin {
  readonly plan: PoolPlan;
  readonly route: RoutePlan;
  readonly worker: WorkerTwin;
  readonly definition: StrategyDefinition;
  readonly members: Members;
  readonly circuits: Circuits | null;
  readonly selector: Selector;
  readonly strategy: Strategy;
  readonly load: LoadTwin;
  readonly rules: RetryRules | null;
  /** Another plan is in force. */
  old = false;
  readonly #bySlot: ReadonlyMap<number, BackendPlan>;
  readonly #generations: ReadonlyMap<number, number>;

  constructor(worker: WorkerTwin, plan: PoolPlan, route: RoutePlan, index: number, before: PoolTwin | undefined) {
    const { policies, tables, watch } = worker.world;
    this.worker = worker;
    this.plan = plan;
    this.route = route;
    this.definition = definitionOf(plan.strategy.name);
    this.#bySlot = new Map(plan.backends.map((backend) => [backend.slot, backend]));
    const { generation } = tables.slots;
    this.#generations = new Map(plan.backends.map(({ slot }) => [slot, generation[slot]!]));
    this.strategy =
      before !== undefined && sameStrategy(before.plan, plan) ? before.strategy : this.#createStrategy(index);
    this.members = policies.members(plan.backends, tables.slots);
    this.circuits =
      plan.circuit === null
        ? null
        : policies.circuits(plan.circuit, tables.circuits, this.members, worker.row, (event) =>
            watch.circuits.onEvent(event),
          );
    this.selector = policies.selector({
      members: this.members,
      strategy: this.strategy,
      keyed: this.definition.key !== null,
      circuits: this.circuits,
      inFlightMax: plan.limits.inFlight,
      panicThreshold: plan.panicThreshold,
      worker: worker.row,
      random: worker.random,
      onPanic: (panic) => watch.picks.onPanic(this, panic),
    });
    this.rules = plan.retry === null ? null : policies.rules(plan.retry);
    this.load = before?.load ?? new LoadTwin();
    this.load.apply(plan, worker);
  }

  backendAt(slot: number): BackendPlan {
    return this.#bySlot.get(slot) as BackendPlan;
  }

  /** Whether the slot still belongs to the backend that it belonged to under this plan. */
  stillHas(slot: number): boolean {
    return this.#generations.get(slot) === this.worker.world.tables.slots.generation[slot];
  }

  /** As `Selector.take`, watched. */
  take(key: number, tried: Tried, repeatable: boolean, again: boolean): number {
    const { watch, nowMs } = this.worker.world;
    const asked = this.definition.key === null ? 0 : key;
    watch.beforeTake(this);
    const slot = this.selector.take(asked, nowMs, tried, repeatable, again);
    watch.afterTake(this, { tried, repeatable, again }, slot);
    return slot;
  }

  /** The answer begins of an attempt whose circuit judges by that. */
  answered(attempt: AttemptModel, outcome: Outcome): void {
    const { slot, permit, trial } = attempt;
    const { watch, nowMs } = this.worker.world;
    watch.beforeEnd();
    this.selector.answered(attempt, outcome, nowMs);
    watch.afterEnd(this, { slot, permit, trial, outcome });
  }

  /** The answer begins. */
  heard({ slot, startedMs }: AttemptModel): void {
    const { nowMs } = this.worker.world;
    this.selector.heard(slot, nowMs - startedMs, nowMs);
  }

  settle(attempt: AttemptModel, outcome: Outcome): void {
    const { slot, permit, trial, answered, waitedMs } = attempt;
    const { watch, nowMs } = this.worker.world;
    watch.beforeEnd();
    this.selector.settle(attempt, waitedMs, outcome, nowMs);
    watch.afterEnd(this, answered ? null : { slot, permit, trial, outcome });
    if (this.load.line.length > 0) this.worker.serveLineSoon(this.plan.name);
  }

  #createStrategy(index: number): Strategy {
    const { policies, tables } = this.worker.world;
    const { definition } = this;
    const strategy = policies.strategy(definition, {
      params: this.plan.strategy.params,
      inFlight: tables.slots.total,
      weight: tables.slots.weight,
      rows: tables.strategies.rows(definition.memory),
      words: tables.strategies.words(definition.memory, index),
      worker: this.worker.row,
      random: this.worker.random,
      nameOf: (slot) => this.worker.authorityOf(slot),
    });
    return new CheckedStrategy(strategy);
  }
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** As in src/proxy/plan-state.ts: the strategy goes on while the pool keeps strategy, parameters and backends' names. */
function sameStrategy(old: PoolPlan, now: PoolPlan): boolean {
  const names = (pool: PoolPlan): string => pool.backends.map(({ slot, authority }) => `${slot}=${authority}`).join();
  return (
    old.strategy.name === now.strategy.name &&
    same(old.strategy.params, now.strategy.params) &&
    names(old) === names(now)
  );
}
