/**
 * The pool of a what-if run as its workers see it: strategies, circuits, budgets, hedges, limits and lines, all of them the code
 * that serves live traffic (core/), over the tables that it runs over (memory/), on plain memory.
 */
import type { SimulatedPool } from '#contract/simulate.ts';
import { Members } from '#core/balancing/members.ts';
import { Selector } from '#core/balancing/selector.ts';
import { Tried } from '#core/balancing/tried.ts';
import { Answers } from '#core/health/answers.ts';
import { Circuits, type CircuitEvent } from '#core/health/circuits.ts';
import { AdminState, HealthState } from '#core/health-state.ts';
import { createLimit, type ConcurrencyLimit } from '#core/limits/concurrency.ts';
import { HedgeGate } from '#core/limits/hedge-gate.ts';
import { RetryBudget } from '#core/limits/retry-budget.ts';
import { WaitingLine, type Waiter } from '#core/limits/waiting-line.ts';
import { createPrng } from '#core/math/prng.ts';
import { RetryRules } from '#core/retry.ts';
import { strategyByName } from '#core/strategies/index.ts';
import type { ParamValues, StrategyDefinition } from '#core/strategy.ts';
import { CircuitTable } from '#memory/circuit-table.ts';
import { ConcurrencyTable } from '#memory/concurrency-table.ts';
import { Layout } from '#memory/layout.ts';
import { PoolTable } from '#memory/pool-table.ts';
import { SlotTable } from '#memory/slots.ts';
import { StrategyMemory } from '#memory/strategy-memory.ts';

/** Slots are not positions, so that mixing them up shows. */
export const SLOT_OFFSET = 3;
/** As the data plane: the first, ten retries, and hedges of each. */
export const TRIED_MAX = 24;

/** A request that stands in line. */
export interface LineWaiter extends Waiter {
  exchange: number;
}

export interface WorkerSide {
  readonly selector: Selector;
  readonly budget: RetryBudget | null;
  readonly hedge: HedgeGate | null;
  readonly limit: ConcurrencyLimit | null;
  readonly line: WaitingLine<LineWaiter>;
  readonly refresh: ((nowMs: number) => void) | null;
  /** A place for the slots that one exchange has been tried at. */
  readonly tried: Tried;
  readonly random: () => number;
  /** Attempts that are going on. */
  inFlight: number;
}

export interface Policies {
  readonly workers: readonly WorkerSide[];
  readonly slots: SlotTable;
  readonly pools: PoolTable;
  readonly retry: RetryRules | null;
  readonly keyed: boolean;
  /** How often strategies are refreshed; 0: never. */
  readonly refreshMs: number;
}

interface Tables {
  readonly slots: SlotTable;
  readonly circuits: CircuitTable;
  readonly pools: PoolTable;
  readonly concurrency: ConcurrencyTable;
  readonly strategies: StrategyMemory;
}

export function createPolicies(pool: SimulatedPool, seed: number, onCircuit: (event: CircuitEvent) => void): Policies {
  const definition = strategyByName(pool.strategy.name);
  if (definition === undefined) throw new RangeError(`there is no strategy ${pool.strategy.name}`);
  const tables = layTables(pool.backends.length, pool.workers);
  pool.backends.forEach(({ weight, state }, at) => {
    const slot = at + SLOT_OFFSET;
    tables.slots.weight[slot] = weight;
    tables.slots.health[slot] = state === 'unhealthy' ? HealthState.unhealthy : HealthState.healthy;
    tables.slots.admin[slot] = state === 'active' || state === 'unhealthy' ? AdminState.active : AdminState[state];
  });
  const retry = pool.retry === null || pool.retry.attempts === 0 ? null : new RetryRules(pool.retry);
  const workers = Array.from({ length: pool.workers }, (_, worker) =>
    workerSide({ pool, definition, tables, worker, seed, onCircuit }),
  );
  return {
    workers,
    slots: tables.slots,
    pools: tables.pools,
    retry,
    keyed: definition.key !== null,
    refreshMs: definition.refreshMs,
  };
}

interface SideParts {
  readonly pool: SimulatedPool;
  readonly definition: StrategyDefinition;
  readonly tables: Tables;
  readonly worker: number;
  readonly seed: number;
  readonly onCircuit: (event: CircuitEvent) => void;
}

function workerSide({ pool, definition, tables, worker, seed, onCircuit }: SideParts): WorkerSide {
  const { slots, circuits: memory, pools, concurrency, strategies } = tables;
  const random = createPrng(seed * 104729 + worker * 1009 + 17);
  const strategy = definition.create({
    params: paramsOf(definition, pool.strategy.params),
    inFlight: slots.total,
    weight: slots.weight,
    rows: strategies.rows(definition.memory),
    words: strategies.words(definition.memory, 0),
    worker,
    random,
    nameOf: (slot) => pool.backends[slot - SLOT_OFFSET]!.authority,
  });
  const members = new Members(
    pool.backends.map(({ tier }, at) => ({ slot: at + SLOT_OFFSET, tier })),
    slots,
  );
  const circuits = pool.circuit === null ? null : new Circuits(pool.circuit, memory, members, worker, onCircuit);
  const selector = new Selector({
    members,
    strategy,
    keyed: definition.key !== null,
    circuits,
    answers: circuits === null ? new Answers(memory.windows, worker) : null,
    inFlightMax: pool.limits.inFlight,
    panicThreshold: pool.panicThreshold,
    worker,
    random,
    onPanic: () => {},
  });
  const line = new WaitingLine<LineWaiter>();
  line.timeoutMs = pool.limits.queueTimeoutMs;
  return {
    selector,
    budget: pool.retry === null ? null : new RetryBudget(pool.retry, pools.budget(0)),
    hedge: pool.hedge === null ? null : new HedgeGate(pool.hedge),
    limit: pool.concurrency === null ? null : createLimit(pool.concurrency.algorithm, concurrency.peers(worker, 0)),
    line,
    refresh: strategy.refresh === undefined ? null : (nowMs) => strategy.refresh!(nowMs),
    tried: new Tried(TRIED_MAX),
    random,
    inFlight: 0,
  };
}

/** Every parameter of a strategy at its default, but for those given. */
function paramsOf(definition: StrategyDefinition, params: ParamValues): ParamValues {
  return { ...Object.fromEntries(definition.params.map((param) => [param.name, param.default])), ...params };
}

function layTables(backends: number, workers: number): Tables {
  const capacity = { workers, slots: backends + SLOT_OFFSET, routes: 1, pools: 1, limits: 1, bucketSets: 1 };
  const lay = (layout: Layout): Tables => ({
    slots: new SlotTable(layout),
    circuits: new CircuitTable(layout),
    pools: new PoolTable(layout),
    concurrency: new ConcurrencyTable(layout),
    strategies: new StrategyMemory(layout),
  });
  const measured = new Layout(capacity, null);
  lay(measured);
  return lay(new Layout(capacity, new ArrayBuffer(measured.bytes)));
}
