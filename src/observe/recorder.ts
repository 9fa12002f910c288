/** Counts what one worker does, into its own row of the shared tables: plain stores, no locks, no allocation. */
import { CircuitState } from '#core/health/circuit.ts';
import { CircuitCause } from '#core/health/circuits.ts';
import type { Outcome } from '#core/outcome.ts';
import {
  G,
  L,
  LIMIT_CELLS,
  LISTENER,
  LISTENER_CELLS,
  LOOP_SUM_US,
  METHOD_SERIES_COUNT,
  P,
  POOL_CELLS,
  POOL_RETRIES,
  SERIES_BYTES_IN,
  SERIES_BYTES_OUT,
  SERIES_FLOW_CELLS,
  SERIES_SUM_US,
  SLOT_CELLS,
  SLOT_CIRCUIT,
  SLOT_CONNECTION_CELLS,
  SLOT_CONNECTS,
  SLOT_CONNECT_SUM_US,
  SLOT_DURATIONS,
  SLOT_PICKS,
  SLOT_SUM_US,
  STATUS_CELLS,
  listenerKey,
  statusCell,
  type CounterRow,
} from '#memory/counters.ts';
import { durationCell } from '#memory/duration-cells.ts';
import { HISTOGRAM_CELLS, bucketOf } from '#memory/histogram.ts';

const HANDSHAKES = {
  whole: LISTENER.handshakesWhole,
  resumed: LISTENER.handshakesResumed,
  failed: LISTENER.handshakesFailed,
};

export class Recorder {
  readonly #row: CounterRow;
  readonly #byListener: boolean;

  /** `listeners`: how many there are; with one only, whatever it counts is that one's. */
  constructor(row: CounterRow, listeners = 1) {
    this.#row = row;
    this.#byListener = listeners > 1;
  }

  requestBegun(listenerRow = 0): void {
    const { global, listener } = this.#row;
    global[G.requests]! += 1;
    global[G.inFlight]! += 1;
    listener[listenerRow * LISTENER_CELLS + LISTENER.inFlight]! += 1;
  }

  requestOver(listenerRow = 0): void {
    this.#row.global[G.inFlight]! -= 1;
    this.#row.listener[listenerRow * LISTENER_CELLS + LISTENER.inFlight]! -= 1;
  }

  /** A request's route is known: until `routeOver` it goes on there. */
  routeBegun(routeRow: number): void {
    this.#row.routeInFlight[routeRow]! += 1;
  }

  routeOver(routeRow: number): void {
    this.#row.routeInFlight[routeRow]! -= 1;
  }

  /** A whole exchange: `status` 0 when it ended without one. Bytes of the client and to it, heads included. */
  exchange(
    routeRow: number,
    method: number,
    status: number,
    elapsedMs: number,
    listenerRow = 0,
    bytesIn = 0,
    bytesOut = 0,
  ): void {
    const row = this.#row;
    const series = routeRow * METHOD_SERIES_COUNT + method;
    const us = elapsedMs * 1000;
    const cells = series * STATUS_CELLS;
    const cell = statusCell(status);
    row.series[cells + cell]! += 1;
    row.series[cells + SERIES_SUM_US]! += us;
    row.seriesHistogram[series * HISTOGRAM_CELLS + bucketOf(us)]! += 1;
    const flow = series * SERIES_FLOW_CELLS;
    row.seriesFlow[flow + durationCell(us)]! += 1;
    row.seriesFlow[flow + SERIES_BYTES_IN]! += bytesIn;
    row.seriesFlow[flow + SERIES_BYTES_OUT]! += bytesOut;
    if (this.#byListener) row.listenerSeries.add(listenerKey(listenerRow, series, cell));
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
    row.slot[cells + SLOT_DURATIONS + durationCell(us)]! += 1;
    row.slotHistogram[slot * HISTOGRAM_CELLS + bucketOf(us)]! += 1;
  }

  /** A new connection to a backend stands, after so long. */
  connected(slot: number, elapsedMs: number): void {
    const { slot: cells } = this.#row;
    const us = elapsedMs * 1000;
    const from = slot * SLOT_CELLS;
    cells[from + SLOT_CONNECT_SUM_US]! += us;
    cells[from + SLOT_CONNECTS + durationCell(us)]! += 1;
  }

  /** A connection to a backend does something else now; indexes of `SLOT_CONNECTION_STATES`, -1: it is not there. */
  connectionMoved(slot: number, from: number, to: number): void {
    const { slotConnections } = this.#row;
    const cells = slot * SLOT_CONNECTION_CELLS;
    if (from >= 0) slotConnections[cells + from]! -= 1;
    if (to >= 0) slotConnections[cells + to]! += 1;
  }

  /** The loop came round so much later than it was asked to. */
  loopLate(ms: number): void {
    const { loop } = this.#row;
    const us = Math.max(0, ms) * 1000;
    loop[durationCell(us)]! += 1;
    loop[LOOP_SUM_US]! += us;
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

  /** A client that is no trusted proxy asked for a trace to be recorded once too often. */
  traceRefused(): void {
    this.#row.global[G.tracesRefused]! += 1;
  }

  /** A request was refused for the process's own sake: the loop was late, or memory short. */
  shed(forMemory: boolean): void {
    this.#row.global[forMemory ? G.shedMemory : G.shedLag]! += 1;
  }

  /** Bytes that were no request, answered with `status`: counted in the row of no route, without a latency. */
  malformed(status: number, listenerRow = 0): void {
    const row = this.#row;
    const cell = statusCell(status);
    row.global[G.badRequests]! += 1;
    row.listener[listenerRow * LISTENER_CELLS + LISTENER.badRequests]! += 1;
    row.series[cell]! += 1;
    if (this.#byListener) row.listenerSeries.add(listenerKey(listenerRow, 0, cell));
  }

  /** A proxy did not say whose its connection is: closed, and not answered. */
  unannounced(listenerRow: number): void {
    this.#row.listener[listenerRow * LISTENER_CELLS + LISTENER.badRequests]! += 1;
  }

  /** A client and this server have shaken hands, or could not. */
  handshake(how: 'whole' | 'resumed' | 'failed', listenerRow: number): void {
    this.#row.listener[listenerRow * LISTENER_CELLS + HANDSHAKES[how]]! += 1;
  }

  connectionOpened(listenerRow = 0): void {
    const { global, listener } = this.#row;
    global[G.connections]! += 1;
    global[G.connectionsAccepted]! += 1;
    listener[listenerRow * LISTENER_CELLS + LISTENER.accepted]! += 1;
  }

  connectionClosed(): void {
    this.#row.global[G.connections]! -= 1;
  }

  connectionRefused(listenerRow = 0): void {
    this.#row.global[G.connectionsRefused]! += 1;
    this.#row.listener[listenerRow * LISTENER_CELLS + LISTENER.refused]! += 1;
  }

  /** Connections open on this worker now. */
  get connections(): number {
    return this.#row.global[G.connections] as number;
  }

  tunnels(change: number, listenerRow = 0): void {
    this.#row.global[G.tunnels]! += change;
    this.#row.listener[listenerRow * LISTENER_CELLS + LISTENER.tunnels]! += change;
  }

  bytes(received: number, sent: number, listenerRow = 0): void {
    const { global, listener } = this.#row;
    global[G.bytesIn]! += received;
    global[G.bytesOut]! += sent;
    const cells = listenerRow * LISTENER_CELLS;
    listener[cells + LISTENER.bytesIn]! += received;
    listener[cells + LISTENER.bytesOut]! += sent;
  }
}
