/** The part of `GET /metrics` that tells of backends: attempts, connections, health, picks. */
import { OUTCOME_NAMES } from '#core/outcome.ts';
import {
  SLOT_CONNECTION_STATES,
  SLOT_CONNECTS,
  SLOT_CONNECT_SUM_US,
  SLOT_DURATIONS,
  SLOT_PICKS,
  SLOT_SUM_US,
} from '#memory/counters.ts';
import { DURATION_CELLS } from '#memory/duration-cells.ts';
import { isServing } from './backends-report.ts';
import { eachBackend } from './each-backend.ts';
import type { Exposition } from './exposition.ts';
import type { Observed } from './observed.ts';

export function upstream(out: Exposition, { plan, tables }: Observed): void {
  const { counters, slots } = tables;
  out.family('edgebalancer_upstream_requests_total', 'counter', 'Attempts at backends, by how they ended.');
  eachBackend(plan, (labels, { slot }) => {
    OUTCOME_NAMES.forEach((outcome, at) => {
      const count = counters.slotCount(slot, at);
      if (count > 0 || at === 0) out.sample(labels.with('outcome', outcome), count);
    });
  });
  durations(out, tables.counters, plan);
  out.family('edgebalancer_upstream_in_flight', 'gauge', 'Attempts at backends that are going on now.');
  eachBackend(plan, (labels, { slot }) => void out.sample(labels, slots.total[slot] as number));
  out.family('edgebalancer_upstream_connections', 'gauge', 'Connections to backends: being made, in use, kept unused.');
  eachBackend(plan, (labels, { slot }) => {
    SLOT_CONNECTION_STATES.forEach((state, at) => {
      out.sample(labels.with('state', state), Math.max(0, counters.slotConnections(slot, at)));
    });
  });
  out.family('edgebalancer_picks_total', 'counter', 'How often a strategy chose a backend.');
  eachBackend(plan, (labels, { slot }, { strategy }) => {
    out.sample(labels.with('strategy', strategy.name), counters.slotCount(slot, SLOT_PICKS));
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

function durations(out: Exposition, counters: Observed['tables']['counters'], plan: Observed['plan']): void {
  const cells = new Float64Array(DURATION_CELLS);
  out.family(
    'edgebalancer_upstream_duration_seconds',
    'histogram',
    "From the pick of a backend to its answer's last byte.",
  );
  eachBackend(plan, (labels, { slot }) => {
    counters.addSlotDurations(slot, SLOT_DURATIONS, cells.fill(0));
    out.histogram(labels, cells, counters.slotCount(slot, SLOT_SUM_US));
  });
  out.family('edgebalancer_upstream_connect_seconds', 'histogram', 'How long new connections to a backend took.');
  eachBackend(plan, (labels, { slot }) => {
    counters.addSlotDurations(slot, SLOT_CONNECTS, cells.fill(0));
    out.histogram(labels, cells, counters.slotCount(slot, SLOT_CONNECT_SUM_US));
  });
}

export function backends(out: Exposition, { plan, tables, probes: probesOf }: Observed): void {
  out.family('edgebalancer_backend_up', 'gauge', 'Whether a backend may be given requests.');
  eachBackend(plan, (labels, { slot }) => void out.sample(labels, isServing(tables, slot) ? 1 : 0));
  out.family(
    'edgebalancer_backend_weight',
    'gauge',
    'Effective weight, lowered while a backend is brought back slowly.',
  );
  eachBackend(plan, (labels, { slot }) => void out.sample(labels, tables.slots.weight[slot] as number));
  out.family('edgebalancer_health_checks_total', 'counter', 'Probes of backends, by result.');
  eachBackend(plan, (labels, { slot }) => {
    const probes = probesOf(slot);
    if (probes === null) return;
    out.sample(labels.with('result', 'ok'), probes.successes).sample(labels.with('result', 'failed'), probes.failures);
  });
}
