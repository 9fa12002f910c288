/**
 * The coarse histogram of latencies that the history keeps for each step: four buckets to an octave, so that a quantile read
 * back is within a tenth of the true value, for a byte or two each. The exact ones are in shared memory, since the start
 * (memory/histogram.ts).
 */
import { bucketFloorUs, HISTOGRAM_CELLS } from '#memory/histogram.ts';

const PER_OCTAVE = 4;
/** Microseconds below which all is one bucket. */
const FIRST_US = 64;
/** The last bucket begins at two minutes; nobody waits for longer. */
const OCTAVES = 21;

/** How many numbers a step has. Part of the file's format (history-file.ts). */
export const LATENCY_BUCKETS: number = PER_OCTAVE * OCTAVES + 2;

/** Where each bucket begins, in microseconds. */
export const LATENCY_FLOORS_US: readonly number[] = Array.from({ length: LATENCY_BUCKETS }, (_, bucket) =>
  bucket === 0 ? 0 : FIRST_US * 2 ** ((bucket - 1) / PER_OCTAVE),
);

/** To which bucket a cell of an exact histogram goes: that of its floor. */
const BUCKET_OF_CELL = Uint8Array.from({ length: HISTOGRAM_CELLS }, (_, cell) => {
  const floorUs = bucketFloorUs(cell);
  return floorUs < FIRST_US
    ? 0
    : Math.min(LATENCY_BUCKETS - 1, 1 + Math.floor(PER_OCTAVE * Math.log2(floorUs / FIRST_US)));
});

/** Adds the exact histogram that begins at `from` to the coarse one, modulo 2^32 as its cells are. */
export function addCoarse(cells: Uint32Array, from: number, into: Uint32Array): void {
  for (let cell = 0; cell < HISTOGRAM_CELLS; cell++) {
    const count = cells[from + cell]!;
    if (count !== 0) into[BUCKET_OF_CELL[cell]!]! += count;
  }
}
