/** The recording of a pool's traffic, read from the rows of all workers. */
import type { BackendRecording, LoadLevel, LoadTimes, PoolRecording, SizeCount } from '#contract/recording.ts';
import { OUTCOME_NAMES } from '#core/outcome.ts';
import type { PoolPlan } from '#core/plan.ts';
import {
  BIN_MS,
  BINS,
  GROUPS,
  KEY_CELLS,
  LEVELS,
  LEVEL_CELLS,
  LEVEL_FLOORS,
  OUTCOME_CELLS,
  RECORDED_SLOTS_MAX,
  SIZE_CELLS,
  TIME_CELLS,
  groupFloor,
  timeCellFloorMs,
  type TrafficRow,
} from '#memory/traffic-table.ts';
import type { Observed } from './observed.ts';
import { TrafficClock } from './traffic-clock.ts';

/** Bins at the end that a worker may still be writing, or has not begun for want of requests. */
const UNFINISHED = 2;
/** The smallest size that is told apart is below this. */
const SIZE_FIRST = 64;

/** `wallMs`: now, in milliseconds since 1970. */
export function poolRecording(observed: Observed, plan: PoolPlan, wallMs: number): PoolRecording {
  const rows = observed.tables.traffic.rows.slice(0, Math.max(1, observed.workerRows));
  const clock = new TrafficClock(wallMs);
  const window = clock.window(0);
  return {
    pool: plan.name,
    arrivals: { stepMs: BIN_MS, counts: arrivals(rows, plan.row, clock.bin(0)) },
    keys: keys(rows, plan.row, window),
    sizes: sizes(observed, rows, plan.name),
    backends: plan.backends.map(({ id, slot }) => backend(rows, id, slot, window)),
  };
}

function arrivals(rows: readonly TrafficRow[], poolRow: number, bin: number): number[] {
  const counts: number[] = [];
  for (let back = BINS - 1; back >= UNFINISHED; back--) {
    let count = 0;
    for (const row of rows) {
      const last = row.lastBin[poolRow] as number;
      // What lies after a worker's last bin, or a whole turn before it, is of another time.
      const behind = (last - (bin - back)) | 0;
      if (last !== 0 && behind >= 0 && behind < BINS)
        count += row.arrivals[poolRow * BINS + ((bin - back) & (BINS - 1))] as number;
    }
    if (count > 0 || counts.length > 0) counts.push(count);
  }
  return counts;
}

/** The banks of the window now and the one before. */
function banks(held: Int32Array, at: number, window: number): number[] {
  return [window - 1, window].map((one) => at * 2 + (one & 1)).filter((bank, i) => held[bank] === window - 1 + i);
}

function keys(rows: readonly TrafficRow[], poolRow: number, window: number): PoolRecording['keys'] {
  const counts = new Array<number>(KEY_CELLS).fill(0);
  let any = false;
  for (const row of rows)
    for (const bank of banks(row.keyWindow, poolRow, window)) {
      any = true;
      for (let cell = 0; cell < KEY_CELLS; cell++) counts[cell]! += row.keys[bank * KEY_CELLS + cell] as number;
    }
  return any ? { cells: KEY_CELLS, counts } : null;
}

function sizes({ plan }: Observed, rows: readonly TrafficRow[], name: string): PoolRecording['sizes'] {
  const pool = plan.pools.findIndex((one) => one.name === name);
  const routes = plan.routes.filter(({ split }) => split.some((part) => part.pool === pool));
  const read = (direction: number): SizeCount[] =>
    Array.from({ length: SIZE_CELLS }, (_, cell): SizeCount => {
      let count = 0;
      for (const route of routes)
        for (const row of rows) count += row.sizes[(route.row * 2 + direction) * SIZE_CELLS + cell] as number;
      return [SIZE_FIRST * 2 ** cell, count];
    }).filter(([, count]) => count > 0);
  return { requests: read(0), answers: read(1) };
}

function backend(rows: readonly TrafficRow[], id: string, slot: number, window: number): BackendRecording {
  const levels = new Float64Array(LEVELS * LEVEL_CELLS);
  const times = new Float64Array(GROUPS * TIME_CELLS);
  const outcomes = new Float64Array(OUTCOME_CELLS);
  if (slot < RECORDED_SLOTS_MAX)
    for (const row of rows)
      for (const bank of banks(row.window, slot, window)) {
        add(levels, row.levels, bank);
        add(times, row.times, bank);
        add(outcomes, row.outcomes, bank);
      }
  return {
    id,
    levels: LEVEL_FLOORS.flatMap((_, at) => level(levels, at)),
    times: Array.from({ length: GROUPS }, (_, group) => group).flatMap((group) => timesOf(times, group)),
    outcomes: OUTCOME_NAMES.flatMap((outcome, at) => {
      const attempts = outcomes[at * 2] as number;
      return attempts === 0 ? [] : [{ outcome, attempts, meanMs: (outcomes[at * 2 + 1] as number) / attempts }];
    }),
  };
}

function add(into: Float64Array, from: Float64Array | Uint32Array, bank: number): void {
  const first = bank * into.length;
  for (let at = 0; at < into.length; at++) into[at]! += from[first + at] as number;
}

function level(cells: Float64Array, at: number): LoadLevel[] {
  const [attempts, sum, squares] = cells.subarray(at * LEVEL_CELLS, (at + 1) * LEVEL_CELLS) as unknown as number[];
  if (!(attempts! > 0)) return [];
  const meanMs = sum! / attempts!;
  const floor = LEVEL_FLOORS[at] as number;
  const next = LEVEL_FLOORS[at + 1] ?? floor * 2;
  return [
    {
      inFlight: (floor + next - 1) / 2,
      attempts: attempts!,
      meanMs,
      varianceMs2: Math.max(0, squares! / attempts! - meanMs ** 2),
    },
  ];
}

function timesOf(cells: Float64Array, group: number): LoadTimes[] {
  const found: (readonly [number, number, number])[] = [];
  for (let cell = 0; cell < TIME_CELLS; cell++) {
    const count = cells[group * TIME_CELLS + cell] as number;
    if (count > 0) found.push([cell === 0 ? 0 : timeCellFloorMs(cell), timeCellFloorMs(cell + 1), count]);
  }
  if (found.length === 0) return [];
  return [{ from: groupFloor(group), to: group === GROUPS - 1 ? null : groupFloor(group + 1) - 1, cells: found }];
}
