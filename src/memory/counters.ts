/**
 * Counters and histograms: one row per worker, plain stores by that worker alone, summed by whoever reads. Counts are
 * f64 (exact to 2^53, never torn on 64-bit machines). A dead worker's row keeps its counts: its successor goes on in it.
 */
import { DURATION_CELLS } from './duration-cells.ts';
import { HISTOGRAM_CELLS, addInto } from './histogram.ts';
import type { Layout } from './layout.ts';
import { ListenerSeries } from './listener-series.ts';
import { LISTENERS_MAX } from './listener-table.ts';

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
  'spansDropped',
  'tracesRefused',
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

/** Outcome counters per slot, then what the constants below name. */
const SLOT_CELLS = 48;
/** Changes of a slot's circuit to each `CircuitState`. */
export const SLOT_CIRCUIT = 10;
export const SLOT_PICKS = 14;
export const SLOT_SUM_US = 15;
/** Attempts by `durationCell`. */
export const SLOT_DURATIONS = 16;
/** New connections: the sum of microseconds until they stood, and how many by `durationCell`. */
export const SLOT_CONNECT_SUM_US = 31;
export const SLOT_CONNECTS = 32;

/** Connections of a slot now, by what they do. */
export const SLOT_CONNECTION_STATES = ['connecting', 'active', 'idle'] as const;
const SLOT_CONNECTION_CELLS = 4;

/** Per route and method: requests by `durationCell`, then bytes of clients and to them. */
const SERIES_FLOW_CELLS = 24;
export const SERIES_BYTES_IN: number = DURATION_CELLS;
export const SERIES_BYTES_OUT: number = DURATION_CELLS + 1;

/** Counters of a listener. `inFlight` and `tunnels` go up and down. */
export const LISTENER_COUNTERS = [
  'inFlight',
  'tunnels',
  'accepted',
  'refused',
  'bytesIn',
  'bytesOut',
  'badRequests',
  'handshakesWhole',
  'handshakesResumed',
  'handshakesFailed',
] as const;
export type ListenerCounter = (typeof LISTENER_COUNTERS)[number];
export const LISTENER: Readonly<Record<ListenerCounter, number>> = Object.fromEntries(
  LISTENER_COUNTERS.map((name, at) => [name, at]),
) as Record<ListenerCounter, number>;
const LISTENER_CELLS = 16;

/** How late a worker's loop was, by `durationCell`; then the sum of microseconds. */
const LOOP_CELLS = 16;
export const LOOP_SUM_US: number = DURATION_CELLS;

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
  /** [series][SERIES_FLOW_CELLS] */
  readonly seriesFlow: Float64Array;
  /** Exchanges that go on, by route row. */
  readonly routeInFlight: Float64Array;
  /** [slot][SLOT_CONNECTION_CELLS]: connections now. */
  readonly slotConnections: Float64Array;
  /** [listener row][LISTENER_CELLS] */
  readonly listener: Float64Array;
  /** What is counted by listener too, where there are several. */
  readonly listenerSeries: ListenerSeries;
  readonly loop: Float64Array;

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
    this.seriesFlow = layout.f64(series * SERIES_FLOW_CELLS);
    this.routeInFlight = layout.f64(routes);
    this.slotConnections = layout.f64(slots * SLOT_CONNECTION_CELLS);
    this.listener = layout.f64(LISTENERS_MAX * LISTENER_CELLS);
    this.listenerSeries = new ListenerSeries(layout);
    this.loop = layout.f64(LOOP_CELLS);
  }
}

export class CounterTable {
  readonly rows: readonly CounterRow[];
  /** Rows that a worker has had, which sums are made of; all of them, unless the supervisor says how many. */
  #used: readonly CounterRow[];

  constructor(layout: Layout) {
    this.rows = Array.from({ length: layout.capacity.workers }, () => new CounterRow(layout));
    this.#used = this.rows;
  }

  /** Workers have had the first `count` rows only: what is read from now on leaves the others out. */
  readFirst(count: number): void {
    this.#used = this.rows.slice(0, count);
  }

  global(name: GlobalCounter): number {
    let sum = 0;
    for (const row of this.#used) sum += row.global[G[name]] as number;
    return sum;
  }

  /** Requests of a series by status cell, all workers together. */
  seriesCount(series: number, cell: number): number {
    let sum = 0;
    for (const row of this.#used) sum += row.series[series * STATUS_CELLS + cell] as number;
    return sum;
  }

  seriesSumUs(series: number): number {
    return this.seriesCount(series, SERIES_SUM_US);
  }

  seriesHistogram(series: number): Float64Array {
    const cells = new Float64Array(HISTOGRAM_CELLS);
    for (const row of this.#used) {
      // Pages that nothing was counted in stay untouched.
      if (isEmpty(row.seriesFlow, series * SERIES_FLOW_CELLS)) continue;
      addInto(cells, row.seriesHistogram, series * HISTOGRAM_CELLS);
    }
    return cells;
  }

  /** A slot's cell: an `Outcome`, `SLOT_PICKS` or `SLOT_SUM_US`, all workers together. */
  slotCount(slot: number, cell: number): number {
    let sum = 0;
    for (const row of this.#used) sum += row.slot[slot * SLOT_CELLS + cell] as number;
    return sum;
  }

  slotHistogram(slot: number): Float64Array {
    const cells = new Float64Array(HISTOGRAM_CELLS);
    for (const row of this.#used) {
      if (isEmpty(row.slot, slot * SLOT_CELLS + SLOT_DURATIONS)) continue;
      addInto(cells, row.slotHistogram, slot * HISTOGRAM_CELLS);
    }
    return cells;
  }

  /** A pool's cell: `P[…]`, or `POOL_RETRIES` and an outcome, all workers together. */
  poolCount(row: number, cell: number): number {
    let sum = 0;
    for (const { pool } of this.#used) sum += pool[row * POOL_CELLS + cell] as number;
    return sum;
  }

  /** A rate limit's cell, all workers together. */
  limitCount(row: number, cell: number): number {
    let sum = 0;
    for (const { limit } of this.#used) sum += limit[row * LIMIT_CELLS + cell] as number;
    return sum;
  }

  /** A series' cell of `seriesFlow`, all workers together. */
  seriesFlow(series: number, cell: number): number {
    let sum = 0;
    for (const row of this.#used) sum += row.seriesFlow[series * SERIES_FLOW_CELLS + cell] as number;
    return sum;
  }

  /** Adds the cells of a series' durations to `into`, of `DURATION_CELLS`. */
  addSeriesDurations(series: number, into: Float64Array): void {
    const from = series * SERIES_FLOW_CELLS;
    for (const { seriesFlow } of this.#used)
      for (let cell = 0; cell < DURATION_CELLS; cell++) into[cell]! += seriesFlow[from + cell] as number;
  }

  /** Adds a slot's cells from `SLOT_DURATIONS` or `SLOT_CONNECTS` on to `into`. */
  addSlotDurations(slot: number, first: number, into: Float64Array): void {
    const from = slot * SLOT_CELLS + first;
    for (const { slot: cells } of this.#used)
      for (let cell = 0; cell < DURATION_CELLS; cell++) into[cell]! += cells[from + cell] as number;
  }

  /** Connections of a slot now; `state` indexes `SLOT_CONNECTION_STATES`. */
  slotConnections(slot: number, state: number): number {
    let sum = 0;
    for (const row of this.#used) sum += row.slotConnections[slot * SLOT_CONNECTION_CELLS + state] as number;
    return sum;
  }

  routeInFlight(routeRow: number): number {
    let sum = 0;
    for (const row of this.#used) sum += row.routeInFlight[routeRow] as number;
    return sum;
  }

  listenerCount(listenerRow: number, name: ListenerCounter): number {
    let sum = 0;
    for (const row of this.#used) sum += row.listener[listenerRow * LISTENER_CELLS + LISTENER[name]] as number;
    return sum;
  }

  /** Requests by the keys of `listenerKey`, all workers together. */
  byListener(): { readonly counts: ReadonlyMap<number, number>; readonly isOverfull: boolean } {
    const counts = new Map<number, number>();
    for (const { listenerSeries } of this.#used) listenerSeries.addTo(counts);
    return { counts, isOverfull: this.#used.some(({ listenerSeries }) => listenerSeries.isOverfull) };
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
      row.slotConnections.fill(0, slot * SLOT_CONNECTION_CELLS, (slot + 1) * SLOT_CONNECTION_CELLS);
    }
  }

  /** Forgets a route's counts, before its row is given to another route. Supervisor only, while nobody uses it. */
  clearRoute(routeRow: number): void {
    const first = routeRow * METHOD_SERIES_COUNT;
    const end = first + METHOD_SERIES_COUNT;
    for (const row of this.rows) {
      row.series.fill(0, first * STATUS_CELLS, end * STATUS_CELLS);
      row.seriesHistogram.fill(0, first * HISTOGRAM_CELLS, end * HISTOGRAM_CELLS);
      row.seriesFlow.fill(0, first * SERIES_FLOW_CELLS, end * SERIES_FLOW_CELLS);
      row.listenerSeries.clear((key) => routeRowOf(key) === routeRow);
    }
  }

  /** Takes back what dead worker `w` counted as going on. Supervisor only. */
  clearGauges(w: number): void {
    const { global, routeInFlight, slotConnections, listener } = this.rows[w] as CounterRow;
    for (const name of GAUGES) global[G[name]] = 0;
    routeInFlight.fill(0);
    slotConnections.fill(0);
    for (let at = 0; at < listener.length; at += LISTENER_CELLS) {
      listener[at + LISTENER.inFlight] = 0;
      listener[at + LISTENER.tunnels] = 0;
    }
  }
}

/** Whether no duration was counted in the cells from `from` on. */
function isEmpty(cells: Float64Array, from: number): boolean {
  for (let cell = 0; cell < DURATION_CELLS; cell++) if (cells[from + cell] !== 0) return false;
  return true;
}

/** The number that stands for a listener, a series and a status cell in `ListenerSeries`; below 2^31 at any capacity. */
export function listenerKey(listenerRow: number, series: number, cell: number): number {
  return (series * LISTENERS_MAX + listenerRow) * STATUS_CELLS + cell;
}

/** A key's parts. */
export function ofListenerKey(key: number): { listenerRow: number; series: number; cell: number } {
  const pair = Math.floor(key / STATUS_CELLS);
  return { listenerRow: pair % LISTENERS_MAX, series: Math.floor(pair / LISTENERS_MAX), cell: key % STATUS_CELLS };
}

function routeRowOf(key: number): number {
  return Math.floor(ofListenerKey(key).series / METHOD_SERIES_COUNT);
}

export { LIMIT_CELLS, LISTENER_CELLS, POOL_CELLS, SERIES_FLOW_CELLS, SERIES_SUM_US, SLOT_CELLS, SLOT_CONNECTION_CELLS };
