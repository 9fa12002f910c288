/**
 * All counts that the copilot compares, as they stand at one moment. Two of them make a span of time. With a thousand backends one
 * takes a quarter of a megabyte, and well under a millisecond for each worker (test/copilot/diagnose-cost.ts).
 */
import type { Plan } from '#core/plan.ts';
import { OUTCOME_COUNT } from '#core/outcome.ts';
import {
  L,
  METHOD_SERIES_COUNT,
  P,
  POOL_COUNTERS,
  POOL_RETRIES,
  SLOT_CELLS,
  STATUS_CELLS,
  statusOfCell,
  type CounterTable,
} from '#memory/counters.ts';
import { HISTOGRAM_CELLS } from '#memory/histogram.ts';
import { listenerRows } from '#memory/listener-table.ts';
import { userPools, type Observed } from '#observe/observed.ts';
import { UNROUTED, UNROUTED_ROW } from '#observe/series.ts';

/** The first cells of a slot: outcomes, changes of its circuit, picks, the sum of times, durations (memory/counters.ts). */
const SLOT_CELLS_KEPT = 31;
export const PROBES_OK: number = SLOT_CELLS_KEPT;
export const PROBES_FAILED: number = SLOT_CELLS_KEPT + 1;
export const BACKEND_CELLS: number = SLOT_CELLS_KEPT + 2;
/** Counters of a pool, then its retries whatever they were for. */
export const POOL_RETRIES_CELL: number = POOL_COUNTERS.length;
/** Ended without a status, then the five classes. */
const CLASSES = 6;
/** Latencies of a route take 6.5 KiB in each snapshot that is kept: those of so many are. */
const HISTOGRAMS_MAX = 64;

export interface RouteCounts {
  readonly classes: Float64Array;
  /** Null: there was no room. */
  readonly histogram: Float64Array | null;
}

export interface Snapshot {
  /** Monotonic milliseconds. */
  readonly atMs: number;
  /** By position: BACKEND_CELLS for each backend. */
  readonly backends: Float64Array;
  /** Position of a slot, and which backend it was given to. */
  readonly positions: ReadonlyMap<number, number>;
  readonly generations: Int32Array;
  readonly pools: ReadonlyMap<string, Float64Array>;
  /** By name: allowed, limited. */
  readonly limits: ReadonlyMap<string, Float64Array>;
  /** By name: accepted, refused. */
  readonly listeners: ReadonlyMap<string, Float64Array>;
  /** Without the control plane's. `UNROUTED` is one of them. */
  readonly routes: ReadonlyMap<string, RouteCounts>;
  readonly staleRetries: number;
  readonly shedLag: number;
  readonly shedMemory: number;
  readonly cpuSeconds: number;
  readonly workerRestarts: number;
}

/** What is not in the tables. */
export interface ProcessCounts {
  readonly atMs: number;
  readonly cpuSeconds: number;
  readonly workerRestarts: number;
}

const rosters = new WeakMap<
  Plan,
  { readonly slots: readonly number[]; readonly positions: ReadonlyMap<number, number> }
>();

function rosterOf(plan: Plan): { readonly slots: readonly number[]; readonly positions: ReadonlyMap<number, number> } {
  const known = rosters.get(plan);
  if (known !== undefined) return known;
  const slots = userPools(plan).flatMap(({ backends }) => backends.map(({ slot }) => slot));
  const roster = { slots, positions: new Map(slots.map((slot, at) => [slot, at])) };
  rosters.set(plan, roster);
  return roster;
}

export function takeSnapshot(observed: Observed, process: ProcessCounts): Snapshot {
  const { plan, tables } = observed;
  const { counters, slots: table } = tables;
  const { slots, positions } = rosterOf(plan);
  return {
    ...process,
    positions,
    generations: Int32Array.from(slots, (slot) => table.generation[slot] as number),
    backends: backendCells(observed, slots),
    pools: new Map(userPools(plan).map(({ name, row }) => [name, poolCells(counters, row)])),
    limits: new Map(
      plan.rateLimits.map(({ name, row }) => [
        name,
        Float64Array.of(counters.limitCount(row, L.allowed), counters.limitCount(row, L.limited)),
      ]),
    ),
    listeners: new Map(
      [...listenerRows(plan.listeners)].map(([name, row]) => [
        name,
        Float64Array.of(counters.listenerCount(row, 'accepted'), counters.listenerCount(row, 'refused')),
      ]),
    ),
    routes: routeCounts(observed),
    staleRetries: counters.global('staleRetries'),
    shedLag: counters.global('shedLag'),
    shedMemory: counters.global('shedMemory'),
  };
}

function backendCells({ tables, workerRows, probes }: Observed, slots: readonly number[]): Float64Array {
  const cells = new Float64Array(slots.length * BACKEND_CELLS);
  for (let worker = 0; worker < workerRows; worker++) {
    const row = tables.counters.rows[worker]?.slot;
    if (row === undefined) continue;
    for (let at = 0; at < slots.length; at++) {
      const from = (slots[at] as number) * SLOT_CELLS;
      const to = at * BACKEND_CELLS;
      for (let cell = 0; cell < SLOT_CELLS_KEPT; cell++) cells[to + cell]! += row[from + cell] as number;
    }
  }
  for (let at = 0; at < slots.length; at++) {
    const probe = probes(slots[at] as number);
    cells[at * BACKEND_CELLS + PROBES_OK] = probe?.successes ?? 0;
    cells[at * BACKEND_CELLS + PROBES_FAILED] = probe?.failures ?? 0;
  }
  return cells;
}

function poolCells(counters: CounterTable, row: number): Float64Array {
  const cells = new Float64Array(POOL_COUNTERS.length + 1);
  for (const counter of POOL_COUNTERS) cells[P[counter]] = counters.poolCount(row, P[counter]);
  for (let outcome = 0; outcome < OUTCOME_COUNT; outcome++)
    cells[POOL_RETRIES_CELL]! += counters.poolCount(row, POOL_RETRIES + outcome);
  return cells;
}

function routeCounts(observed: Observed): Map<string, RouteCounts> {
  const routes = new Map<string, RouteCounts>();
  let histograms = 0;
  const read = (name: string, row: number): void => {
    const classes = new Float64Array(CLASSES);
    const histogram = histograms < HISTOGRAMS_MAX ? new Float64Array(HISTOGRAM_CELLS) : null;
    if (!addRoute(observed, row, classes, histogram)) return;
    if (histogram !== null) histograms += 1;
    routes.set(name, { classes, histogram });
  };
  read(UNROUTED, UNROUTED_ROW);
  for (const { name, row, controlPlane } of observed.plan.routes) if (!controlPlane) read(name, row);
  return routes;
}

/** False: nothing was ever counted there. */
function addRoute(
  { tables, workerRows }: Observed,
  row: number,
  classes: Float64Array,
  histogram: Float64Array | null,
): boolean {
  const { counters } = tables;
  let any = false;
  for (let series = row * METHOD_SERIES_COUNT; series < (row + 1) * METHOD_SERIES_COUNT; series++) {
    // Requests without a route are counted without a time; there are few such series.
    if (row !== UNROUTED_ROW && counters.seriesSumUs(series) === 0) continue;
    any = true;
    for (let worker = 0; worker < workerRows; worker++) {
      const statuses = counters.rows[worker]?.series;
      // The last cell is the sum of times.
      for (let cell = 0; statuses !== undefined && cell < STATUS_CELLS - 1; cell++)
        classes[Math.floor(statusOfCell(cell) / 100)]! += statuses[series * STATUS_CELLS + cell] as number;
    }
    if (histogram === null) continue;
    const cells = counters.seriesHistogram(series);
    for (let cell = 0; cell < HISTOGRAM_CELLS; cell++) histogram[cell]! += cells[cell] as number;
  }
  return any;
}
