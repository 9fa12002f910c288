/** `GET /metrics`: everything that is counted, in Prometheus' text format. */
import { OUTCOME_NAMES } from '#core/outcome.ts';
import type { BackendPlan, PoolPlan } from '#core/plan.ts';
import { METHOD_SERIES, SLOT_PICKS, SLOT_SUM_US } from '#memory/counters.ts';
import { listenerRows } from '#memory/listener-table.ts';
import { isServing } from './backends-report.ts';
import { failures } from './failures-exposition.ts';
import { Exposition, type Labels } from './exposition.ts';
import { inFlight } from './metrics-report.ts';
import { userPools, type Observed } from './observed.ts';
import { overload } from './overload-exposition.ts';
import { readSeries } from './series.ts';

/** What is known of the process beside the tables. */
export interface ProcessFacts {
  readonly revision: number;
  readonly reloads: { readonly ok: number; readonly failed: number };
  readonly workerRestarts: number;
  readonly workers: number;
  readonly version: string;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** Seconds since 1970. */
  readonly startSeconds: number;
}

export function prometheusReport(observed: Observed, facts: ProcessFacts): string {
  const out = new Exposition();
  requests(out, observed);
  connections(out, observed);
  attempts(out, observed);
  backends(out, observed);
  failures(out, observed);
  overload(out, observed);
  supervisor(out, facts);
  return out.toString();
}

/** Workers do not count by listener; where there is one only, it is that one. */
function listenerLabel({ plan }: Observed): string {
  return plan.listeners.length === 1 ? (plan.listeners[0]?.name ?? '') : '';
}

function requests(out: Exposition, observed: Observed): void {
  const { plan, tables, workerRows } = observed;
  const listener = listenerLabel(observed);
  const all = readSeries(plan, tables.counters, workerRows);
  out.family('edgebalancer_requests_total', 'counter', 'Requests answered; status 0: ended without an answer.');
  for (const { route, method, statuses } of all) {
    for (const [status, count] of statuses) {
      out.sample({ listener, route, method: METHOD_SERIES[method] as string, status: String(status) }, count);
    }
  }
  out.family(
    'edgebalancer_request_duration_seconds',
    'histogram',
    "From a request's head to the last byte of its answer.",
  );
  for (const { route, method, index, sumUs } of all) {
    out.histogram({ route, method: METHOD_SERIES[method] as string }, tables.counters.seriesHistogram(index), sumUs);
  }
  out
    .family('edgebalancer_requests_in_flight', 'gauge', 'Requests that are going on now.')
    .sample({}, inFlight(observed));
  out
    .family('edgebalancer_bad_requests_total', 'counter', 'Bytes from clients that were no request.')
    .sample({ listener }, tables.counters.global('badRequests'));
  out
    .family('edgebalancer_access_log_dropped_total', 'counter', 'Lines of the access log that could not be written.')
    .sample({}, tables.counters.global('accessLogDropped'));
}

function connections(out: Exposition, observed: Observed): void {
  const { counters } = observed.tables;
  const listener = listenerLabel(observed);
  out.family('edgebalancer_connections', 'gauge', 'Client connections.');
  for (const [name, row] of listenerRows(observed.plan.listeners))
    out.sample({ listener: name, state: 'open' }, observed.tables.listeners.total[row] as number);
  out
    .family('edgebalancer_connections_total', 'counter', 'Client connections accepted and refused.')
    .sample({ listener, result: 'accepted' }, counters.global('connectionsAccepted'))
    .sample({ listener, result: 'refused' }, counters.global('connectionsRefused'));
  out.family('edgebalancer_tunnels', 'gauge', 'Upgraded connections.').sample({ listener }, counters.global('tunnels'));
  out
    .family('edgebalancer_bytes_total', 'counter', 'Bytes received from clients and sent to them.')
    .sample({ listener, direction: 'received' }, counters.global('bytesIn'))
    .sample({ listener, direction: 'sent' }, counters.global('bytesOut'));
}

function attempts(out: Exposition, observed: Observed): void {
  const { tables } = observed;
  const { counters } = tables;
  out.family('edgebalancer_upstream_requests_total', 'counter', 'Attempts at backends, by how they ended.');
  each(observed, (labels, { slot }) => {
    OUTCOME_NAMES.forEach((outcome, at) => {
      const count = counters.slotCount(slot, at);
      if (count > 0 || at === 0) out.sample({ ...labels, outcome }, count);
    });
  });
  out.family(
    'edgebalancer_upstream_duration_seconds',
    'histogram',
    "From the pick of a backend to its answer's last byte.",
  );
  each(observed, (labels, { slot }) => {
    out.histogram(labels, counters.slotHistogram(slot), counters.slotCount(slot, SLOT_SUM_US));
  });
  out.family('edgebalancer_upstream_in_flight', 'gauge', 'Attempts at backends that are going on now.');
  each(observed, (labels, { slot }) => out.sample(labels, tables.slots.total[slot] as number));
  out.family('edgebalancer_picks_total', 'counter', 'How often a strategy chose a backend.');
  each(observed, (labels, { slot }, pool) => {
    out.sample({ ...labels, strategy: pool.strategy.name }, counters.slotCount(slot, SLOT_PICKS));
  });
  out
    .family(
      'edgebalancer_upstream_errors_total',
      'counter',
      'Attempts that ended without an answer from the application.',
    )
    .sample({}, counters.global('upstreamErrors'));
  out
    .family('edgebalancer_stale_retries_total', 'counter', 'Attempts made again because a kept connection was gone.')
    .sample({}, counters.global('staleRetries'));
}

function backends(out: Exposition, observed: Observed): void {
  const { tables } = observed;
  out.family('edgebalancer_backend_up', 'gauge', 'Whether a backend may be given requests.');
  each(observed, (labels, { slot }) => out.sample(labels, isServing(tables, slot) ? 1 : 0));
  out.family(
    'edgebalancer_backend_weight',
    'gauge',
    'Effective weight, lowered while a backend is brought back slowly.',
  );
  each(observed, (labels, { slot }) => out.sample(labels, tables.slots.weight[slot] as number));
  out.family('edgebalancer_health_checks_total', 'counter', 'Probes of backends, by result.');
  each(observed, (labels, { slot }) => {
    const probes = observed.probes(slot);
    if (probes === null) return;
    out.sample({ ...labels, result: 'ok' }, probes.successes).sample({ ...labels, result: 'failed' }, probes.failures);
  });
}

function supervisor(out: Exposition, facts: ProcessFacts): void {
  out.family('edgebalancer_build_info', 'gauge', 'The version that runs.').sample({ version: facts.version }, 1);
  out.family('edgebalancer_workers', 'gauge', 'Data-plane threads that listen.').sample({}, facts.workers);
  out
    .family('edgebalancer_worker_restarts_total', 'counter', 'Workers that died and were replaced.')
    .sample({}, facts.workerRestarts);
  out
    .family('edgebalancer_config_revision', 'gauge', 'The configuration in force, counted from 1.')
    .sample({}, facts.revision);
  out
    .family('edgebalancer_config_reloads_total', 'counter', 'Configurations taken and refused since the start.')
    .sample({ result: 'ok' }, facts.reloads.ok)
    .sample({ result: 'failed' }, facts.reloads.failed);
  out.family('process_cpu_seconds_total', 'counter', 'CPU time, user and system.').sample({}, facts.cpuSeconds);
  out.family('process_resident_memory_bytes', 'gauge', 'Resident memory.').sample({}, facts.residentBytes);
  out
    .family('process_start_time_seconds', 'gauge', 'When the process began, in seconds since 1970.')
    .sample({}, facts.startSeconds);
}

export function each(observed: Observed, visit: (labels: Labels, backend: BackendPlan, pool: PoolPlan) => void): void {
  for (const pool of userPools(observed.plan)) {
    for (const backend of pool.backends) visit({ pool: pool.name, backend: backend.id }, backend, pool);
  }
}
