/** Counts of one route and method, all workers together. */
import {
  METHOD_SERIES_COUNT,
  SERIES_BYTES_IN,
  SERIES_BYTES_OUT,
  SERIES_SUM_US,
  STATUS_CELLS,
  statusOfCell,
  type CounterTable,
} from '#memory/counters.ts';
import type { Plan } from '#core/plan.ts';

/** Row 0 counts requests that no route matched, and bytes that were no request. */
export const UNROUTED_ROW = 0;
export const UNROUTED = '_none';

export interface Series {
  /** Index of its histogram. */
  readonly index: number;
  readonly route: string;
  readonly controlPlane: boolean;
  readonly method: number;
  /** Requests by status; 0: ended without one. Ascending, only those that occurred. */
  readonly statuses: readonly (readonly [status: number, count: number])[];
  readonly sumUs: number;
  /** Bytes of clients and to them, heads included. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Every series in which something was counted, by route and method. */
export function readSeries(plan: Plan, counters: CounterTable, workerRows: number): Series[] {
  const found: Series[] = [];
  const add = (row: number, route: string, controlPlane: boolean): void => {
    for (let method = 0; method < METHOD_SERIES_COUNT; method++) {
      const index = row * METHOD_SERIES_COUNT + method;
      const cells = sumCells(counters, workerRows, index);
      const sumUs = cells[SERIES_SUM_US] as number;
      cells[SERIES_SUM_US] = 0;
      const statuses: [number, number][] = [];
      cells.forEach((count, cell) => {
        if (count > 0) statuses.push([statusOfCell(cell), count]);
      });
      if (statuses.length === 0) continue;
      const bytesIn = counters.seriesFlow(index, SERIES_BYTES_IN);
      const bytesOut = counters.seriesFlow(index, SERIES_BYTES_OUT);
      found.push({ index, route, controlPlane, method, statuses, sumUs, bytesIn, bytesOut });
    }
  };
  add(UNROUTED_ROW, UNROUTED, false);
  for (const route of plan.routes) add(route.row, route.name, route.controlPlane);
  return found;
}

function sumCells(counters: CounterTable, workerRows: number, index: number): Float64Array {
  const cells = new Float64Array(STATUS_CELLS);
  for (let worker = 0; worker < workerRows; worker++) {
    const row = counters.rows[worker]?.series.subarray(index * STATUS_CELLS, (index + 1) * STATUS_CELLS);
    row?.forEach((count, cell) => {
      if (count !== 0) cells[cell]! += count;
    });
  }
  return cells;
}
