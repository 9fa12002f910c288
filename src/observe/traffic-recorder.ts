/**
 * Records what one worker's traffic is like, into its own row of the shared table (memory/traffic-table.ts): a handful of
 * additions for each request, no allocation, no locks. The simulator's models are made from it (docs/decisions/0018).
 */
import { Outcome } from '#core/outcome.ts';
import {
  BINS,
  GROUPS,
  KEY_CELLS,
  LEVELS,
  LEVEL_CELLS,
  OUTCOME_CELLS,
  RECORDED_SLOTS_MAX,
  SIZE_CELLS,
  TIME_CELLS,
  groupOf,
  levelOf,
  sizeCellOf,
  timeCellOf,
  type TrafficRow,
} from '#memory/traffic-table.ts';
import { TrafficClock } from './traffic-clock.ts';

export class TrafficRecorder {
  readonly #row: TrafficRow;
  readonly #clock: TrafficClock;

  /** `originMs`: of the clock that times come from, in milliseconds since 1970. */
  constructor(row: TrafficRow, originMs: number) {
    this.#row = row;
    this.#clock = new TrafficClock(originMs);
  }

  /** A request for a pool has come, whatever becomes of it. */
  arrival(poolRow: number, nowMs: number): void {
    const { lastBin, arrivals } = this.#row;
    const bin = this.#clock.bin(nowMs);
    const last = lastBin[poolRow] as number;
    if (bin !== last) this.#begin(poolRow, last, bin);
    arrivals[poolRow * BINS + (bin & (BINS - 1))]! += 1;
  }

  /** The hash that a hashing strategy places the request by. */
  key(poolRow: number, key: number, nowMs: number): void {
    const { keyWindow, keys } = this.#row;
    const window = this.#clock.window(nowMs);
    const bank = poolRow * 2 + (window & 1);
    if (keyWindow[bank] !== window) {
      keys.fill(0, bank * KEY_CELLS, (bank + 1) * KEY_CELLS);
      keyWindow[bank] = window;
    }
    keys[bank * KEY_CELLS + ((key ^ (key >>> 16)) & (KEY_CELLS - 1))]! += 1;
  }

  /** An attempt is over. `inFlight`: others at its backend when it began. */
  attempt(slot: number, inFlight: number, outcome: Outcome, elapsedMs: number, nowMs: number): void {
    if (slot >= RECORDED_SLOTS_MAX) return;
    const { window, outcomes, levels, times } = this.#row;
    const current = this.#clock.window(nowMs);
    const bank = slot * 2 + (current & 1);
    if (window[bank] !== current) this.#renew(bank, current);
    const ended = bank * OUTCOME_CELLS + outcome * 2;
    outcomes[ended]! += 1;
    outcomes[ended + 1]! += elapsedMs;
    if (outcome !== Outcome.success) return;
    const level = (bank * LEVELS + levelOf(inFlight)) * LEVEL_CELLS;
    levels[level]! += 1;
    levels[level + 1]! += elapsedMs;
    levels[level + 2]! += elapsedMs * elapsedMs;
    times[(bank * GROUPS + groupOf(inFlight)) * TIME_CELLS + timeCellOf(elapsedMs * 1000)]! += 1;
  }

  /** Bytes of a whole exchange, heads included. */
  sizes(routeRow: number, bytesIn: number, bytesOut: number): void {
    const { sizes } = this.#row;
    const first = routeRow * 2 * SIZE_CELLS;
    sizes[first + sizeCellOf(bytesIn)]! += 1;
    sizes[first + SIZE_CELLS + sizeCellOf(bytesOut)]! += 1;
  }

  /** Nothing came since `last`: bins in between are of a turn before. */
  #begin(poolRow: number, last: number, bin: number): void {
    const { lastBin, arrivals } = this.#row;
    const first = poolRow * BINS;
    // A clock that was set back writes on in a bin that it has left.
    const ahead = (bin - last) | 0;
    if (ahead < 0 && last !== 0) return;
    const count = last === 0 ? BINS : Math.min(BINS, ahead);
    for (let at = 0; at < count; at++) arrivals[first + ((bin - at) & (BINS - 1))] = 0;
    lastBin[poolRow] = bin;
  }

  #renew(bank: number, window: number): void {
    const { levels, times, outcomes } = this.#row;
    levels.fill(0, bank * LEVELS * LEVEL_CELLS, (bank + 1) * LEVELS * LEVEL_CELLS);
    times.fill(0, bank * GROUPS * TIME_CELLS, (bank + 1) * GROUPS * TIME_CELLS);
    outcomes.fill(0, bank * OUTCOME_CELLS, (bank + 1) * OUTCOME_CELLS);
    this.#row.window[bank] = window;
  }
}
