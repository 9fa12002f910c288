/** `GET /admin/backends`: each backend's state, load and latency. */
import type { BackendEntry, BackendsAnswer, BackendState } from '#contract/admin.ts';
import { ADMIN_STATE_NAMES, AdminState, HEALTH_STATE_NAMES, isUp, type HealthState } from '#core/health-state.ts';
import { OUTCOME_COUNT, isFailure, type Outcome } from '#core/outcome.ts';
import { Members } from '#core/balancing/members.ts';
import { CIRCUIT_STATE_NAMES, CircuitState, stateOf } from '#core/health/circuit.ts';
import { isPanic } from '#core/health/panic.ts';
import type { BackendPlan, PoolPlan } from '#core/plan.ts';
import type { Tables } from '#memory/tables.ts';
import { percentiles } from './metrics-report.ts';
import { userPools, type Observed } from './observed.ts';

export function backendsReport(observed: Observed): BackendsAnswer {
  return {
    pools: userPools(observed.plan).map((pool) => {
      const counts = pool.backends.map(({ slot }) => attemptCounts(observed.tables, slot));
      const total = counts.reduce((sum, { requests }) => sum + requests, 0);
      return {
        name: pool.name,
        strategy: pool.strategy.name,
        panic: panics(observed.tables, pool),
        discovery: observed.discovery(pool.name),
        backends: pool.backends.map((backend, at) => entry(observed, backend, counts[at] as AttemptCounts, total)),
      };
    }),
  };
}

interface AttemptCounts {
  readonly requests: number;
  readonly failures: number;
}

export function attemptCounts({ counters }: Tables, slot: number): AttemptCounts {
  let requests = 0;
  let failures = 0;
  for (let outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
    const count = counters.slotCount(slot, outcome);
    requests += count;
    if (isFailure(outcome as Outcome)) failures += count;
  }
  return { requests, failures };
}

function entry(observed: Observed, backend: BackendPlan, counts: AttemptCounts, total: number): BackendEntry {
  const { slots, counters } = observed.tables;
  const { id, url, weight, tier, slot } = backend;
  const cells = counters.slotHistogram(slot);
  return {
    id,
    url,
    weight,
    effectiveWeight: slots.weight[slot] as number,
    tier,
    state: stateName(observed.tables, slot),
    circuit: CIRCUIT_STATE_NAMES[circuitOf(observed.tables, slot)],
    circuitChange: observed.circuitChange(slot),
    inFlight: slots.total[slot] as number,
    ...counts,
    share: total === 0 ? 0 : counts.requests / total,
    latencyMs: percentiles(cells),
    lastProbe: observed.probes(slot)?.last ?? null,
    addresses: observed.addresses(slot),
    discovered: backend.discovered,
  };
}

export function circuitOf({ circuits }: Tables, slot: number): CircuitState {
  return stateOf(circuits.words[slot] as number);
}

/** Whether so few of a pool's backends are eligible that circuits do not count (core/health/panic.ts). */
export function panics(tables: Tables, { circuit, panicThreshold, backends }: PoolPlan): boolean {
  if (circuit === null) return false;
  const list = backends.map(({ slot, tier }) => ({ slot, tier }));
  const members = new Members(list, tables.slots);
  const notDown = list.filter(({ slot }) => members.isNotDown(slot));
  const eligible = notDown.filter(
    ({ slot }) => members.isWell(slot) && circuitOf(tables, slot) === CircuitState.closed,
  );
  const taking = list.filter(({ slot }) => members.takesPart(slot));
  return isPanic(eligible.length, notDown.length, taking.length, panicThreshold);
}

/** What an operator set says more than what probes found. */
export function stateName({ slots }: Tables, slot: number): BackendState {
  const admin = slots.admin[slot] as AdminState;
  if (admin === AdminState.draining || admin === AdminState.maintenance) return ADMIN_STATE_NAMES[admin];
  return HEALTH_STATE_NAMES[slots.health[slot] as HealthState];
}

/** Whether a backend may be given requests now. */
export function isServing({ slots }: Tables, slot: number): boolean {
  return slots.admin[slot] === AdminState.active && isUp(slots.health[slot] as HealthState);
}
