/** Counts what one worker does, into its own row of the shared tables: plain stores, no locks, no allocation. */
import { CircuitState } from '#core/health/circuit.ts';
import { CircuitCause } from '#core/health/circuits.ts';
import type { Outcome } from '#core/outcome.ts';
import {
  G,
  L,
  LIMIT_CELLS,
  METHOD_SERIES_COUNT,
  P,
  POOL_CELLS,
  POOL_RETRIES,
  SERIES_SUM_US,
  SLOT_CELLS,
  SLOT_CIRCUIT,
  SLOT_PICKS,
  SLOT_SUM_US,
  STATUS_CELLS,
  statusCell,
  type CounterRow,
} from '#memory/counters.ts';
import { HISTOGRAM_CELLS, bucketOf } from '#memory/histogram.ts';

export class Recorder {
  readonly #row: CounterRow;

  constructor(row: CounterRow) {
    this.#row = row;
  }

  requestBegun(): void {
    const { global } = this.#row;
    global[G.requests]! += 1;
    global[G.inFlight]! += 1;
  }

  requestOver(): void {
    this.#row.global[G.inFlight]! -= 1;
  }

  /** A whole exchange: `status` 0 when it ended without one. */
  exchange(routeRow: number, method: number, status: number, elapsedMs: number): void {
    const row = this.#row;
    const series = routeRow * METHOD_SERIES_COUNT + method;
    const us = elapsedMs * 1000;
    const cells = series * STATUS_CELLS;
    row.series[cells + statusCell(status)]! += 1;
    row.series[cells + SERIES_SUM_US]! += us;
    row.seriesHistogram[series * HISTOGRAM_CELLS + bucketOf(us)]! += 1;
  }

  pick(slot: number): void {
    this.#row.slot[slot * SLOT_CELLS + SLOT_PICKS]! += 1;
  }

  attempt(slot: number, outcome: Outcome, elapsedMs: number): void {
    const row = this.#row;
    const us = elapsedMs * 1000;
    const cells = slot * SLOT_CELLS;
    row.slot[cells + outcome]! += 1;
    row.slot[cells + SLOT_SUM_US]! += us;
    row.slotHistogram[slot * HISTOGRAM_CELLS + bucketOf(us)]! += 1;
  }

  upstreamError(): void {
    this.#row.global[G.upstreamErrors]! += 1;
  }

  staleRetry(): void {
    this.#row.global[G.staleRetries]! += 1;
  }

  /** One of a pool's counters (`P`) goes up. */
  pool(row: number, cell: number): void {
    this.#row.pool[row * POOL_CELLS + cell]! += 1;
  }

  /** An attempt is made again after one that ended so. */
  retry(row: number, outcome: Outcome): void {
    this.#row.global[G.retries]! += 1;
    this.#row.pool[row * POOL_CELLS + POOL_RETRIES + outcome]! += 1;
  }

  /** One of a rate limit's counters (`L`) goes up. */
  limit(row: number, cell: number): void {
    this.#row.limit[row * LIMIT_CELLS + cell]! += 1;
  }

  /** A request was over a limit: refused, or only counted. */
  limited(row: number, dryRun: boolean): void {
    this.limit(row, dryRun ? L.dryRunLimited : L.limited);
    if (!dryRun) this.#row.global[G.rateLimited]! += 1;
  }

  /** Another backend than the first answers. */
  failover(row: number): void {
    this.#row.global[G.failovers]! += 1;
    this.#row.pool[row * POOL_CELLS + P.failovers]! += 1;
  }

  /** A circuit is in `state` now; a cause that kept it closed is no change. */
  circuit(slot: number, state: CircuitState, cause: CircuitCause): void {
    if (cause === CircuitCause.last || cause === CircuitCause.maxOpen) return;
    this.#row.slot[slot * SLOT_CELLS + SLOT_CIRCUIT + state]! += 1;
    if (state === CircuitState.open) this.#row.global[G.circuitOpens]! += 1;
  }

  /** A request was refused for the process's own sake: the loop was late, or memory short. */
  shed(forMemory: boolean): void {
    this.#row.global[forMemory ? G.shedMemory : G.shedLag]! += 1;
  }

  /** Bytes that were no request, answered with `status`: counted in the row of no route, without a latency. */
  malformed(status: number): void {
    const row = this.#row;
    row.global[G.badRequests]! += 1;
    row.series[statusCell(status)]! += 1;
  }

  connectionOpened(): void {
    const { global } = this.#row;
    global[G.connections]! += 1;
    global[G.connectionsAccepted]! += 1;
  }

  connectionClosed(): void {
    this.#row.global[G.connections]! -= 1;
  }

  connectionRefused(): void {
    this.#row.global[G.connectionsRefused]! += 1;
  }

  /** Connections open on this worker now. */
  get connections(): number {
    return this.#row.global[G.connections] as number;
  }

  tunnels(change: number): void {
    this.#row.global[G.tunnels]! += change;
  }

  bytes(received: number, sent: number): void {
    const { global } = this.#row;
    global[G.bytesIn]! += received;
    global[G.bytesOut]! += sent;
  }
}
