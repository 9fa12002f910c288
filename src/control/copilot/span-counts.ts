/** What was counted between two snapshots, in the shapes that the copilot reads. */
import type { AttemptSpan, PoolSpan } from '#copilot/readings.ts';
import { CircuitState } from '#core/health/circuit.ts';
import { OUTCOME_COUNT, isFailure, type Outcome } from '#core/outcome.ts';
import { P, SLOT_CIRCUIT, SLOT_DURATIONS, SLOT_PICKS, SLOT_SUM_US } from '#memory/counters.ts';
import { DURATION_CELLS } from '#memory/duration-cells.ts';
import { HISTOGRAM_CELLS, quantilesUs } from '#memory/histogram.ts';
import {
  BACKEND_CELLS,
  POOL_RETRIES_CELL,
  PROBES_FAILED,
  PROBES_OK,
  type RouteCounts,
  type Snapshot,
} from './snapshot.ts';

/** What a count has grown by; one that is smaller began anew. */
export function grown(before: number, now: number): number {
  return now >= before ? now - before : now;
}

/** Attempts at the backend of a slot; null: it is not in `to`, or was another one's in `from`, which then says nothing. */
export function attemptSpan(from: Snapshot, to: Snapshot, slot: number, isNewCounted: boolean): AttemptSpan | null {
  const at = to.positions.get(slot);
  if (at === undefined) return null;
  const was = from.positions.get(slot);
  const isSame = was !== undefined && from.generations[was] === to.generations[at];
  // A slot is cleared before it is given away: what it counts is all its new owner's.
  if (!isSame && !isNewCounted) return null;
  const cell = (name: number): number => {
    const now = to.backends[at * BACKEND_CELLS + name] as number;
    return isSame ? grown(from.backends[was * BACKEND_CELLS + name] as number, now) : now;
  };
  const outcomes = new Array<number>(OUTCOME_COUNT);
  let attempts = 0;
  let failures = 0;
  for (let outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
    const count = (outcomes[outcome] = cell(outcome));
    attempts += count;
    if (isFailure(outcome as Outcome)) failures += count;
  }
  const durations = new Array<number>(DURATION_CELLS);
  for (let bucket = 0; bucket < DURATION_CELLS; bucket++) durations[bucket] = cell(SLOT_DURATIONS + bucket);
  return {
    outcomes,
    attempts,
    failures,
    durations,
    picks: cell(SLOT_PICKS),
    sumMs: cell(SLOT_SUM_US) / 1000,
    circuitOpened: cell(SLOT_CIRCUIT + CircuitState.open),
    circuitClosed: cell(SLOT_CIRCUIT + CircuitState.closed),
    probesOk: cell(PROBES_OK),
    probesFailed: cell(PROBES_FAILED),
  };
}

export function poolSpan(from: Snapshot, to: Snapshot, pool: string): PoolSpan {
  const [before, now] = [from.pools.get(pool), to.pools.get(pool)];
  const cell = (at: number): number => grown(before?.[at] ?? 0, now?.[at] ?? 0);
  return {
    retries: cell(POOL_RETRIES_CELL),
    budgetExhausted: cell(P.budgetExhausted),
    failovers: cell(P.failovers),
    hedgesWon: cell(P.hedgesWon),
    hedgesLost: cell(P.hedgesLost),
    queued: cell(P.queued),
    queueFull: cell(P.queueFull),
    queueTimeouts: cell(P.queueTimeouts),
    backendsFull: cell(P.backendsFull),
    concurrencyLimited: cell(P.concurrencyLimited),
  };
}

/** Two counts of a name: `limits` or `listeners`. */
export function pairSpan(
  from: ReadonlyMap<string, Float64Array>,
  to: ReadonlyMap<string, Float64Array>,
  name: string,
): [number, number] {
  const [before, now] = [from.get(name), to.get(name)];
  return [0, 1].map((at) => grown(before?.[at] ?? 0, now?.[at] ?? 0)) as [number, number];
}

/** Requests of a route by class (those without a status first), and their latency. */
export function routeSpan(
  from: RouteCounts | undefined,
  to: RouteCounts | undefined,
): {
  readonly classes: readonly number[];
  readonly latency: { readonly p50Ms: number; readonly p99Ms: number } | null;
} {
  const classes = Array.from({ length: 6 }, (_, at) => grown(from?.classes[at] ?? 0, to?.classes[at] ?? 0));
  const now = to?.histogram ?? null;
  if (now === null || (from !== undefined && from.histogram === null)) return { classes, latency: null };
  const cells = Float64Array.from({ length: HISTOGRAM_CELLS }, (_, at) =>
    grown(from?.histogram?.[at] ?? 0, now[at] as number),
  );
  if (!cells.some((count) => count > 0)) return { classes, latency: null };
  const [p50 = 0, p99 = 0] = quantilesUs(cells, [0.5, 0.99]);
  return { classes, latency: { p50Ms: p50 / 1000, p99Ms: p99 / 1000 } };
}
