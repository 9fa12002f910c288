/**
 * What each worker has let through of limits that replicas share, by key, since the supervisor last looked: the supervisor tells
 * the other replicas of it (control/shared). One table per worker, with linear probing; the worker alone claims places and
 * counts, the supervisor alone takes counts away and frees places.
 *
 * A place is free (-1), or counts from 0 up. The worker claims a free one by writing its key and then its count; the
 * supervisor reads the key of a place only while its count is above 0, when nobody can claim it, and frees a place only by
 * an exchange of 0 for free, which fails when the worker has just counted. So no count goes to another key, and none is
 * lost but where a worker finds no place: that request counts at this replica alone.
 */
import type { Layout } from './layout.ts';

/** Keys that one worker lets requests of through in a few seconds and that are told of; a power of two. */
export const USAGE_PLACES = 8192;
/** Places looked at for one key: beyond, the table is as good as full. */
const PROBES_MAX = 16;
/** row, low, high, count */
const CELLS = 4;
const COUNT = 3;
const FREE = -1;
/** Looks without a request after which a place is freed: a few seconds, so that keys in use keep theirs. */
const IDLE_LOOKS_MAX = 200;

export type OnUsage = (row: number, low: number, high: number, tokens: number) => void;

export class UsageRow {
  readonly #cells: Int32Array;
  /** [0]: something was counted since the last look. */
  readonly #dirty: Int32Array;
  /** Supervisor only: looks since a place was last used. */
  #idle: Uint8Array | null = null;
  #anyHeld = false;

  constructor(layout: Layout) {
    this.#dirty = layout.i32(1);
    this.#cells = layout.i32(USAGE_PLACES * CELLS);
  }

  /** Worker: `tokens` were taken (negative: given back). False when there is no place for the key. */
  count(row: number, low: number, high: number, tokens: number): boolean {
    const cells = this.#cells;
    let at = ((low ^ Math.imul(row, 0x9e3779b1)) & (USAGE_PLACES - 1)) * CELLS;
    let free = -1;
    for (let probe = 0; probe < PROBES_MAX; probe++) {
      const count = Atomics.load(cells, at + COUNT);
      // Memory begins as zeros: a place that was never used has no key either.
      const unused = count === FREE || (count === 0 && cells[at] === 0);
      if (unused) {
        if (free === -1) free = at;
      } else if (cells[at] === row + 1 && cells[at + 1] === low && cells[at + 2] === high) {
        // Freed since it was looked at: another place is claimed, or this one.
        return this.#add(at, tokens) || this.count(row, low, high, tokens);
      }
      at = (at + CELLS) & (USAGE_PLACES * CELLS - 1);
    }
    if (free === -1 || tokens <= 0) return false;
    cells[free] = row + 1;
    cells[free + 1] = low;
    cells[free + 2] = high;
    Atomics.store(cells, free + COUNT, tokens);
    Atomics.store(this.#dirty, 0, 1);
    return true;
  }

  /** False when the supervisor has freed the place meanwhile. */
  #add(at: number, tokens: number): boolean {
    for (;;) {
      const count = Atomics.load(this.#cells, at + COUNT);
      if (count === FREE) return false;
      const next = Math.max(0, count + tokens);
      if (Atomics.compareExchange(this.#cells, at + COUNT, count, next) !== count) continue;
      Atomics.store(this.#dirty, 0, 1);
      return true;
    }
  }

  /** Supervisor: hands over what was counted, and frees places that have long been idle. */
  take(onUsage: OnUsage): void {
    const idle = (this.#idle ??= new Uint8Array(USAGE_PLACES));
    if (Atomics.exchange(this.#dirty, 0, 0) === 0 && !this.#anyHeld) return;
    this.#anyHeld = false;
    const cells = this.#cells;
    for (let place = 0; place < USAGE_PLACES; place++) {
      const at = place * CELLS;
      const count = Atomics.load(cells, at + COUNT);
      if (count === FREE || (count === 0 && cells[at] === 0)) continue;
      this.#anyHeld = true;
      if (count === 0) {
        idle[place]! += 1;
        if ((idle[place] as number) < IDLE_LOOKS_MAX) continue;
        idle[place] = 0;
        Atomics.compareExchange(cells, at + COUNT, 0, FREE);
        continue;
      }
      idle[place] = 0;
      const [row, low, high] = [(cells[at] as number) - 1, cells[at + 1] as number, cells[at + 2] as number];
      onUsage(row, low, high, Atomics.exchange(cells, at + COUNT, 0));
    }
  }
}

export class UsageTable {
  readonly rows: readonly UsageRow[];
  /** [0]: 1: requests of shared limits are refused, for what replicas share is lost and the limits say so. */
  readonly closed: Int32Array;

  constructor(layout: Layout) {
    this.closed = layout.i32(1);
    this.rows = Array.from({ length: layout.capacity.workers }, () => new UsageRow(layout));
  }
}
