/** The part of `GET /metrics` that tells of backends: attempts, connections, health, picks. */
import { OUTCOME_COUNT, OUTCOME_NAMES } from '#core/outcome.ts';
import {
  SLOT_CONNECTION_STATES,
  SLOT_CONNECTS,
  SLOT_CONNECT_SUM_US,
  SLOT_DURATIONS,
  SLOT_PICKS,
  SLOT_SUM_US,
  type CounterTable,
} from '#memory/counters.ts';
import { DURATION_CELLS } from '#memory/duration-cells.ts';
import { isServing } from './backends-report.ts';
import { ONE_LINE, eachBackend, linesBy, type BackendLine, type Fill } from './each-backend.ts';
import { BOUND_TEXTS, type Exposition } from './exposition.ts';
import type { Observed } from './observed.ts';

const BY_OUTCOME = linesBy('outcome', OUTCOME_NAMES);
const BY_STATE = linesBy('state', SLOT_CONNECTION_STATES);
const BY_RESULT = linesBy('result', ['ok', 'failed']);
const BY_STRATEGY: readonly BackendLine[] = [{ suffix: '', labels: ({ strategy }) => ({ strategy: strategy.name }) }];
const HISTOGRAM: readonly BackendLine[] = [
  ...linesBy('le', BOUND_TEXTS, '_bucket'),
  { suffix: '_sum', labels: () => ({}) },
  { suffix: '_count', labels: () => ({}) },
];

export function upstream(out: Exposition, { plan, tables }: Observed): void {
  const { counters, slots } = tables;
  out.family('edgebalancer_upstream_requests_total', 'counter', 'Attempts at backends, by how they ended.');
  eachBackend(out, plan, BY_OUTCOME, ({ slot }, values, at) => {
    for (let outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
      const count = counters.slotCount(slot, outcome);
      values[at + outcome] = count > 0 || outcome === 0 ? count : NaN;
    }
  });
  durations(out, tables.counters, plan);
  out.family('edgebalancer_upstream_in_flight', 'gauge', 'Attempts at backends that are going on now.');
  eachBackend(out, plan, ONE_LINE, ({ slot }, values, at) => {
    values[at] = slots.total[slot] as number;
  });
  out.family('edgebalancer_upstream_connections', 'gauge', 'Connections to backends: being made, in use, kept unused.');
  eachBackend(out, plan, BY_STATE, ({ slot }, values, at) => {
    for (let state = 0; state < SLOT_CONNECTION_STATES.length; state++)
      values[at + state] = Math.max(0, counters.slotConnections(slot, state));
  });
  out.family('edgebalancer_picks_total', 'counter', 'How often a strategy chose a backend.');
  eachBackend(out, plan, BY_STRATEGY, ({ slot }, values, at) => {
    values[at] = counters.slotCount(slot, SLOT_PICKS);
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

function durations(out: Exposition, counters: CounterTable, plan: Observed['plan']): void {
  out.family(
    'edgebalancer_upstream_duration_seconds',
    'histogram',
    "From the pick of a backend to its answer's last byte.",
  );
  eachBackend(out, plan, HISTOGRAM, histogramOf(counters, SLOT_DURATIONS, SLOT_SUM_US));
  out.family('edgebalancer_upstream_connect_seconds', 'histogram', 'How long new connections to a backend took.');
  eachBackend(out, plan, HISTOGRAM, histogramOf(counters, SLOT_CONNECTS, SLOT_CONNECT_SUM_US));
}

/** Fills the lines of `HISTOGRAM` from a slot's cells of durations and their sum. */
function histogramOf(counters: CounterTable, first: number, sumUs: number): Fill {
  const cells = new Float64Array(DURATION_CELLS);
  return ({ slot }, values, at) => {
    counters.addSlotDurations(slot, first, cells.fill(0));
    let seen = 0;
    for (let cell = 0; cell < DURATION_CELLS; cell++) values[at + cell] = seen += cells[cell] as number;
    // Whole microseconds: six decimals, however many there were.
    values[at + DURATION_CELLS] = Math.round(counters.slotCount(slot, sumUs)) / 1e6;
    values[at + DURATION_CELLS + 1] = seen;
  };
}

export function backends(out: Exposition, { plan, tables, probes: probesOf }: Observed): void {
  out.family('edgebalancer_backend_up', 'gauge', 'Whether a backend may be given requests.');
  eachBackend(out, plan, ONE_LINE, ({ slot }, values, at) => {
    values[at] = isServing(tables, slot) ? 1 : 0;
  });
  out.family(
    'edgebalancer_backend_weight',
    'gauge',
    'Effective weight, lowered while a backend is brought back slowly.',
  );
  eachBackend(out, plan, ONE_LINE, ({ slot }, values, at) => {
    values[at] = tables.slots.weight[slot] as number;
  });
  out.family('edgebalancer_health_checks_total', 'counter', 'Probes of backends, by result.');
  eachBackend(out, plan, BY_RESULT, ({ slot }, values, at) => {
    const probes = probesOf(slot);
    values[at] = probes === null ? NaN : probes.successes;
    values[at + 1] = probes === null ? NaN : probes.failures;
  });
}
