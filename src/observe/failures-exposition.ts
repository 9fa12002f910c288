/** The part of `GET /metrics` that tells of failures: circuits, panic, retries, failovers, hedges. */
import { CIRCUIT_STATE_NAMES } from '#core/health/circuit.ts';
import { OUTCOME_COUNT, OUTCOME_NAMES } from '#core/outcome.ts';
import { L, P, POOL_RETRIES, SLOT_CIRCUIT } from '#memory/counters.ts';
import { circuitOf, panics } from './backends-report.ts';
import { ONE_LINE, eachBackend, linesBy } from './each-backend.ts';
import type { Exposition } from './exposition.ts';
import { userPools, type Observed } from './observed.ts';

const BY_STATE = linesBy('to', CIRCUIT_STATE_NAMES);

export function failures(out: Exposition, observed: Observed): void {
  circuits(out, observed);
  retries(out, observed);
  hedges(out, observed);
  limits(out, observed);
}

function circuits(out: Exposition, { plan, tables }: Observed): void {
  out.family('edgebalancer_circuit_state', 'gauge', "A backend's circuit: 0 closed, 1 open, 2 half-open.");
  eachBackend(out, plan, ONE_LINE, ({ slot }, values, at) => {
    values[at] = circuitOf(tables, slot);
  });
  out.family('edgebalancer_circuit_transitions_total', 'counter', "Changes of backends' circuits, by the new state.");
  eachBackend(out, plan, BY_STATE, ({ slot }, values, at) => {
    for (let state = 0; state < CIRCUIT_STATE_NAMES.length; state++)
      values[at + state] = tables.counters.slotCount(slot, SLOT_CIRCUIT + state);
  });
  out.family(
    'edgebalancer_panic',
    'gauge',
    'Whether so few backends of a pool are eligible that circuits do not count.',
  );
  for (const pool of userPools(plan)) out.sample({ pool: pool.name }, panics(tables, pool) ? 1 : 0);
}

function retries(out: Exposition, { plan, tables: { counters } }: Observed): void {
  const pools = userPools(plan);
  out.family('edgebalancer_retries_total', 'counter', 'Attempts made again, by how the one before ended.');
  for (const { name: pool, row } of pools)
    for (let outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
      const count = counters.poolCount(row, POOL_RETRIES + outcome);
      if (count > 0) out.sample({ pool, reason: OUTCOME_NAMES[outcome] as string }, count);
    }
  out.family('edgebalancer_retry_budget_exhausted_total', 'counter', 'Retries not made, for the budget was spent.');
  for (const { name: pool, row } of pools) out.sample({ pool }, counters.poolCount(row, P.budgetExhausted));
  out.family('edgebalancer_failovers_total', 'counter', 'Requests that another backend answered after one had failed.');
  for (const { name: pool, row } of pools) out.sample({ pool }, counters.poolCount(row, P.failovers));
}

function hedges(out: Exposition, { plan, tables: { counters } }: Observed): void {
  out.family(
    'edgebalancer_hedges_total',
    'counter',
    'Requests asked twice: the second copy was answered first (won) or not (lost); or not asked twice for want of budget or backend (refused).',
  );
  for (const { name: pool, row, hedge } of userPools(plan)) {
    if (hedge === null) continue;
    out.sample({ pool, result: 'won' }, counters.poolCount(row, P.hedgesWon));
    out.sample({ pool, result: 'lost' }, counters.poolCount(row, P.hedgesLost));
    out.sample({ pool, result: 'refused' }, counters.poolCount(row, P.hedgesRefused));
  }
}

function limits(out: Exposition, { plan, tables: { counters } }: Observed): void {
  out.family('edgebalancer_rate_limited_total', 'counter', 'Requests refused by a rate limit.');
  for (const { name: policy, row } of plan.rateLimits) out.sample({ policy }, counters.limitCount(row, L.limited));
  out.family('edgebalancer_rate_limit_dry_run_total', 'counter', 'Requests that a rate limit on trial would refuse.');
  for (const { name: policy, row, dryRun } of plan.rateLimits)
    if (dryRun) out.sample({ policy }, counters.limitCount(row, L.dryRunLimited));
  out.family(
    'edgebalancer_rate_limit_evictions_total',
    'counter',
    'Allowances forgotten before they were whole again, for want of room.',
  );
  for (const { name: policy, row } of plan.rateLimits) out.sample({ policy }, counters.limitCount(row, L.evicted));
}
