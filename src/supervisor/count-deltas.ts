/** What the history and the event stream both need to tell what is new in the shared counters. */
import { SERIES_SUM_US, STATUS_CELLS, statusOfCell } from '#memory/counters.ts';
import type { Observed } from '#observe/observed.ts';

/** Counts without a label that both show under the same names. */
export const LABELLESS_COUNTERS = [
  'retries',
  'failovers',
  'upstreamErrors',
  'circuitOpens',
  'rateLimited',
  'bytesIn',
  'bytesOut',
] as const;

/** Statuses below 100, and the five classes. */
export const CLASSES = 6;

const CLASS_OF_CELL = Uint8Array.from({ length: STATUS_CELLS }, (_, cell) => Math.floor(statusOfCell(cell) / 100));

/** Adds the requests of a series (a route and method) to `classes`, by class of status, all workers together. */
export function addClasses({ tables, workerRows }: Observed, series: number, classes: Float64Array): void {
  const from = series * STATUS_CELLS;
  for (let worker = 0; worker < workerRows; worker++) {
    const cells = tables.counters.rows[worker]?.series;
    if (cells === undefined) continue;
    for (let cell = 0; cell < SERIES_SUM_US; cell++) {
      const count = cells[from + cell]!;
      if (count !== 0) classes[CLASS_OF_CELL[cell]!]! += count;
    }
  }
}

/** A count that has become smaller began anew. */
export function grown(before: number, now: number): number {
  return now >= before ? now - before : now;
}
