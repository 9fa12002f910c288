/** What was refused because there was too much of it, and what waits. */
import { P, type PoolCounter } from '#memory/counters.ts';
import type { Exposition } from './exposition.ts';
import { userPools, type Observed } from './observed.ts';

/** Reasons that belong to a pool. */
const POOL_REASONS: readonly (readonly [reason: string, counter: PoolCounter])[] = [
  ['backends-full', 'backendsFull'],
  ['queue-full', 'queueFull'],
  ['queue-timeout', 'queueTimeouts'],
  ['concurrency', 'concurrencyLimited'],
];

export function overload(out: Exposition, { plan, tables }: Observed): void {
  const { counters } = tables;
  const pools = userPools(plan);
  out
    .family(
      'edgebalancer_overload_rejected_total',
      'counter',
      'Connections closed and requests refused because there was too much to do.',
    )
    .sample({ reason: 'connections' }, counters.global('connectionsRefused'))
    .sample({ reason: 'event-loop-lag' }, counters.global('shedLag'))
    .sample({ reason: 'memory' }, counters.global('shedMemory'));
  for (const { name, row } of pools) {
    for (const [reason, counter] of POOL_REASONS)
      out.sample({ reason, pool: name }, counters.poolCount(row, P[counter]));
  }
  out.family('edgebalancer_queue_length', 'gauge', 'Requests that wait for a backend of the pool.');
  for (const { name, row } of pools) out.sample({ pool: name }, tables.pools.queued(row));
  out.family('edgebalancer_queued_total', 'counter', 'Requests that had to wait for a backend of the pool.');
  for (const { name, row } of pools) out.sample({ pool: name }, counters.poolCount(row, P.queued));
  const limited = pools.filter(({ concurrency }) => concurrency !== null);
  if (limited.length === 0) return;
  out.family('edgebalancer_concurrency_limit', 'gauge', 'Requests in flight that the adaptive limit allows.');
  for (const { name, row } of limited) {
    const limit = tables.concurrency.limit(row);
    // Nothing has been measured yet.
    if (limit > 0) out.sample({ pool: name }, Math.floor(limit));
  }
}
