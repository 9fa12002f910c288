/**
 * Counters and histograms: one row per worker, plain stores by that worker alone, summed by whoever reads. Counts are
 * f64 (exact to 2^53, never torn on 64-bit machines). A dead worker's row keeps its counts: its successor goes on in it.
 */
import { HISTOGRAM_CELLS, addInto } from './histogram.ts';
import type { Layout } from './layout.ts';

/** Counters that have no label but the worker. `inFlight`, `connections` and `tunnels` go up and down. */
export const GLOBAL_COUNTERS = [
  'requests',
  'inFlight',
  'connections',
  'connectionsAccepted',
  'connectionsRefused',
  'badRequests',
  'retries',
  'failovers',
  'upstreamErrors',
  'circuitOpens',
  'rateLimited',
  'bytesIn',
  'bytesOut',
  'tunnels',
  'staleRetries',
  'shedLag',
  'shedMemory',
  'accessLogDropped',
] as const;
export type GlobalCounter = (typeof GLOBAL_COUNTERS)[number];
/** The cell of each global counter in a worker's row. */
export const G: Readonly<Record<GlobalCounter, number>> = Object.fromEntries(
  GLOBAL_COUNTERS.map((name, at) => [name, at]),
) as Record<GlobalCounter, number>;

/** Those that go down again. */
const GAUGES: readonly GlobalCounter[] = ['inFlight', 'connections', 'tunnels'];

/** Methods that have a series of their own; every other counts as `_OTHER`. */
export const METHOD_SERIES = [
  '_OTHER',
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'TRACE',
  'CONNECT',
] as const;
export const METHOD_SERIES_COUNT = METHOD_SERIES.length;

/** Statuses 100 to 599 each have a cell; cell 0 counts exchanges that ended without a status. */
export const STATUS_CELLS = 512;
export function statusCell(status: number): number {
  return status >= 100 && status < 600 ? status - 99 : 0;
}
export function statusOfCell(cell: number): number {
  return cell === 0 ? 0 : cell + 99;
}

/** Outcome counters per slot, then changes of its circuit, the number of picks and the sum of microseconds. */
const SLOT_CELLS = 16;
/** Changes of a slot's circuit to each `CircuitState`. */
export const SLOT_CIRCUIT = 10;
export const SLOT_PICKS = 14;
export const SLOT_SUM_US = 15;

/** Sum of microseconds per route and method, kept behind the statuses. */
const SERIES_SUM_US = STATUS_CELLS - 1;

/** Counters of a pool. Retries by the outcome of the attempt before lie behind them. */
export const POOL_COUNTERS = [
  'failovers',
  'budgetExhausted',
  'hedgesWon',
  'hedgesLost',
  'hedgesRefused',
  'queued',
  'queueFull',
  'queueTimeouts',
  'backendsFull',
  'concurrencyLimited',
] as const;
export type PoolCounter = (typeof POOL_COUNTERS)[number];
export const P: Readonly<Record<PoolCounter, number>> = Object.fromEntries(
  POOL_COUNTERS.map((name, at) => [name, at]),
) as Record<PoolCounter, number>;
/** Retries of a pool by outcome begin here. */
export const POOL_RETRIES = 16;
const POOL_CELLS = 32;

/** Counters of a rate limit. */
export const LIMIT_COUNTERS = ['limited', 'dryRunLimited', 'allowed', 'evicted'] as const;
export type LimitCounter = (typeof LIMIT_COUNTERS)[number];
export const L: Readonly<Record<LimitCounter, number>> = Object.fromEntries(
  LIMIT_COUNTERS.map((name, at) => [name, at]),
) as Record<LimitCounter, number>;
const LIMIT_CELLS = 8;

/** The rows of one worker. */
export class CounterRow {
  readonly global: Float64Array;
  /** [series][status cell]; series = route row * METHOD_SERIES_COUNT + method. */
  readonly series: Float64Array;
  readonly seriesHistogram: Uint32Array;
  /** [slot][SLOT_CELLS] */
  readonly slot: Float64Array;
  readonly slotHistogram: Uint32Array;
  /** [pool row][POOL_CELLS] */
  readonly pool: Float64Array;
  /** [limit row][LIMIT_CELLS] */
  readonly limit: Float64Array;

  constructor(layout: Layout) {
    const { routes, slots, pools, limits } = layout.capacity;
    const series = routes * METHOD_SERIES_COUNT;
    this.global = layout.f64(GLOBAL_COUNTERS.length);
    this.series = layout.f64(series * STATUS_CELLS);
    this.seriesHistogram = layout.u32(series * HISTOGRAM_CELLS);
    this.slot = layout.f64(slots * SLOT_CELLS);
    this.slotHistogram = layout.u32(slots * HISTOGRAM_CELLS);
    this.pool = layout.f64(pools * POOL_CELLS);
    this.limit = layout.f64(limits * LIMIT_CELLS);
  }
}

export class CounterTable {
  readonly rows: readonly CounterRow[];

  constructor(layout: Layout) {
    this.rows = Array.from({ length: layout.capacity.workers }, () => new CounterRow(layout));
  }

  global(name: GlobalCounter): number {
    let sum = 0;
    for (const row of this.rows) sum += row.global[G[name]] as number;
    return sum;
  }

  /** Requests of a series by status cell, all workers together. */
  seriesCount(series: number, cell: number): number {
    let sum = 0;
    for (const row of this.rows) sum += row.series[series * STATUS_CELLS + cell] as number;
    return sum;
  }

  seriesSumUs(series: number): number {
    return this.seriesCount(series, SERIES_SUM_US);
  }

  seriesHistogram(series: number): Float64Array {
    const cells = new Float64Array(HISTOGRAM_CELLS);
    for (const row of this.rows) addInto(cells, row.seriesHistogram, series * HISTOGRAM_CELLS);
    return cells;
  }

  /** A slot's cell: an `Outcome`, `SLOT_PICKS` or `SLOT_SUM_US`, all workers together. */
  slotCount(slot: number, cell: number): number {
    let sum = 0;
    for (const row of this.rows) sum += row.slot[slot * SLOT_CELLS + cell] as number;
    return sum;
  }

  slotHistogram(slot: number): Float64Array {
    const cells = new Float64Array(HISTOGRAM_CELLS);
    for (const row of this.rows) addInto(cells, row.slotHistogram, slot * HISTOGRAM_CELLS);
    return cells;
  }

  /** A pool's cell: `P[…]`, or `POOL_RETRIES` and an outcome, all workers together. */
  poolCount(row: number, cell: number): number {
    let sum = 0;
    for (const { pool } of this.rows) sum += pool[row * POOL_CELLS + cell] as number;
    return sum;
  }

  /** A rate limit's cell, all workers together. */
  limitCount(row: number, cell: number): number {
    let sum = 0;
    for (const { limit } of this.rows) sum += limit[row * LIMIT_CELLS + cell] as number;
    return sum;
  }

  /** Forgets a pool's counts, before its row is given to another pool. Supervisor only, while nobody uses it. */
  clearPool(poolRow: number): void {
    for (const { pool } of this.rows) pool.fill(0, poolRow * POOL_CELLS, (poolRow + 1) * POOL_CELLS);
  }

  clearLimit(limitRow: number): void {
    for (const { limit } of this.rows) limit.fill(0, limitRow * LIMIT_CELLS, (limitRow + 1) * LIMIT_CELLS);
  }

  /** Forgets a slot's counts, before the slot is given to another backend. Supervisor only, while nobody uses it. */
  clearSlot(slot: number): void {
    for (const row of this.rows) {
      row.slot.fill(0, slot * SLOT_CELLS, (slot + 1) * SLOT_CELLS);
      row.slotHistogram.fill(0, slot * HISTOGRAM_CELLS, (slot + 1) * HISTOGRAM_CELLS);
    }
  }

  /** Forgets a route's counts, before its row is given to another route. Supervisor only, while nobody uses it. */
  clearRoute(routeRow: number): void {
    const first = routeRow * METHOD_SERIES_COUNT;
    const end = first + METHOD_SERIES_COUNT;
    for (const row of this.rows) {
      row.series.fill(0, first * STATUS_CELLS, end * STATUS_CELLS);
      row.seriesHistogram.fill(0, first * HISTOGRAM_CELLS, end * HISTOGRAM_CELLS);
    }
  }

  /** Takes back what dead worker `w` counted as going on. Supervisor only. */
  clearGauges(w: number): void {
    const { global } = this.rows[w] as CounterRow;
    for (const name of GAUGES) global[G[name]] = 0;
  }
}

export { LIMIT_CELLS, POOL_CELLS, SERIES_SUM_US, SLOT_CELLS };
