/**
 * What of the traffic is recorded for the simulator: when requests of a pool come, which keys they carry, how large they are, and
 * how long each backend takes by how much it has to do at the beginning. Sketches of fixed size, whatever comes; one row per
 * worker, plain stores by that worker alone, summed by whoever reads.
 *
 * Times and keys are kept by windows of a few minutes in two banks in turn, so that a reader always has one whole window and
 * what there is of the next, and what is older is forgotten by itself. No address, name or key of anybody is in it.
 */
import { OUTCOME_COUNT } from '#core/outcome.ts';
import type { Layout } from './layout.ts';

/** How long one bank is written before the other's turn. Prime to the minutes in which schedules come round. */
export const WINDOW_MS = 150_000;

/** Backends by slot; those above are taken to be like the rest of their pool: 20 KiB each and worker, 20 MiB in all. */
export const RECORDED_SLOTS_MAX = 1024;

/** Arrivals: their number in each tenth of a second, for nearly seven minutes. */
export const BIN_MS = 100;
export const BINS = 4096;

/**
 * Good answers by the number of other attempts at the backend when they began: that many exactly up to 23, then by the lower
 * bounds of this list.
 */
const LEVELS_EXACT = 24;
export const LEVEL_FLOORS: readonly number[] = [
  ...Array.from({ length: LEVELS_EXACT }, (_, at) => at),
  24,
  28,
  32,
  40,
  48,
  64,
  96,
  128,
];
export const LEVELS: number = LEVEL_FLOORS.length;
/** Of a level: attempts, the sum of their milliseconds, the sum of the squares. */
export const LEVEL_CELLS = 3;

/** Times by a coarser level: 0, 1, 2-3, 4-7, … 64 and above. */
export const GROUPS = 8;
/** Sixteen cells an octave, from 64 microseconds to 16.8 s. */
const SUB_BITS = 4;
const FIRST_OCTAVE = 6;
const OCTAVES = 18;
export const TIME_CELLS: number = OCTAVES << SUB_BITS;

/** Of an outcome: attempts, and the sum of their milliseconds. */
export const OUTCOME_CELLS: number = OUTCOME_COUNT * 2;

/** Requests by the hash of their key. Up to some 30,000 different keys can be told apart by number. */
export const KEY_CELLS = 4096;

/** Bytes by powers of two: below 64, below 128, … 2 GiB and above. */
export const SIZE_CELLS = 26;

export function levelOf(inFlight: number): number {
  if (inFlight < LEVELS_EXACT) return inFlight;
  let level = LEVELS_EXACT;
  while (level < LEVELS - 1 && inFlight >= (LEVEL_FLOORS[level + 1] as number)) level++;
  return level;
}

export function groupOf(inFlight: number): number {
  const group = 32 - Math.clz32(inFlight);
  return group < GROUPS ? group : GROUPS - 1;
}

/** The smallest number in flight that a group counts. */
export function groupFloor(group: number): number {
  return group === 0 ? 0 : 2 ** (group - 1);
}

export function timeCellOf(us: number): number {
  const value = us >>> 0;
  const octave = 31 - Math.clz32(value);
  if (octave < FIRST_OCTAVE) return 0;
  const cell = ((octave - FIRST_OCTAVE) << SUB_BITS) + ((value >>> (octave - SUB_BITS)) & ((1 << SUB_BITS) - 1));
  return cell < TIME_CELLS ? cell : TIME_CELLS - 1;
}

/** The smallest time that a cell counts, in milliseconds; the first counts all below its end. */
export function timeCellFloorMs(cell: number): number {
  const octave = (cell >>> SUB_BITS) + FIRST_OCTAVE;
  return ((2 ** octave / (1 << SUB_BITS)) * ((1 << SUB_BITS) + (cell & ((1 << SUB_BITS) - 1)))) / 1000;
}

export function sizeCellOf(bytes: number): number {
  if (bytes < 64) return 0;
  const cell = 26 - Math.clz32(Math.min(bytes, 2 ** 31));
  return cell < SIZE_CELLS ? cell : SIZE_CELLS - 1;
}

/** The rows of one worker. A bank is `at * 2 + (window & 1)`. */
export class TrafficRow {
  /** [slot bank]: the window that it holds. */
  readonly window: Int32Array;
  /** [slot bank][LEVELS][LEVEL_CELLS] */
  readonly levels: Float64Array;
  /** [slot bank][GROUPS][TIME_CELLS] */
  readonly times: Uint32Array;
  /** [slot bank][OUTCOME_CELLS] */
  readonly outcomes: Float64Array;
  /** [pool row]: the last bin that something came in; 0: none has. */
  readonly lastBin: Int32Array;
  /** [pool row][BINS], by the number of the bin. */
  readonly arrivals: Uint32Array;
  /** [pool bank] and [pool bank][KEY_CELLS]. */
  readonly keyWindow: Int32Array;
  readonly keys: Uint32Array;
  /** [route row][bytes of the client, then to it][SIZE_CELLS], since the process started. */
  readonly sizes: Uint32Array;

  constructor(layout: Layout) {
    const { slots, pools, routes } = layout.capacity;
    const banks = Math.min(slots, RECORDED_SLOTS_MAX) * 2;
    this.window = layout.i32(banks);
    this.levels = layout.f64(banks * LEVELS * LEVEL_CELLS);
    this.times = layout.u32(banks * GROUPS * TIME_CELLS);
    this.outcomes = layout.f64(banks * OUTCOME_CELLS);
    this.lastBin = layout.i32(pools);
    this.arrivals = layout.u32(pools * BINS);
    this.keyWindow = layout.i32(pools * 2);
    this.keys = layout.u32(pools * 2 * KEY_CELLS);
    this.sizes = layout.u32(routes * 2 * SIZE_CELLS);
  }
}

export class TrafficTable {
  readonly rows: readonly TrafficRow[];

  constructor(layout: Layout) {
    this.rows = Array.from({ length: layout.capacity.workers }, () => new TrafficRow(layout));
  }

  /** Forgets a slot's times, before it is given to another backend. Supervisor only, while nobody uses it. */
  clearSlot(slot: number): void {
    if (slot >= RECORDED_SLOTS_MAX) return;
    for (const { window } of this.rows) window.fill(0, slot * 2, slot * 2 + 2);
  }

  clearPool(poolRow: number): void {
    for (const { lastBin, keyWindow } of this.rows) {
      lastBin[poolRow] = 0;
      keyWindow.fill(0, poolRow * 2, poolRow * 2 + 2);
    }
  }

  clearRoute(routeRow: number): void {
    for (const { sizes } of this.rows) sizes.fill(0, routeRow * 2 * SIZE_CELLS, (routeRow + 1) * 2 * SIZE_CELLS);
  }
}
