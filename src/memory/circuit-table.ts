/**
 * Circuits, one per slot. Who writes what:
 * - `words`, `since`, `lock`: workers, by compare-and-swap (core/health/circuits.ts says how they go together); the
 *   supervisor frees a dead worker's lock, and clears a slot that nobody uses.
 * - `elsewhere`: the supervisor alone, from what other replicas say (supervisor/circuit-hints.ts).
 * - `windows[w]`: worker w alone, plain stores; what a dead worker saw fades.
 */
import { WINDOW_CELLS } from '#core/health/failure-window.ts';
import type { Layout } from './layout.ts';

export class CircuitTable {
  readonly words: Int32Array;
  readonly since: Int32Array;
  readonly lock: Int32Array;
  readonly elsewhere: Int32Array;
  readonly windows: readonly Float64Array[];

  constructor(layout: Layout) {
    const { slots, workers } = layout.capacity;
    this.words = layout.i32(slots);
    this.since = layout.i32(slots * 2);
    this.lock = layout.i32(1);
    this.elsewhere = layout.i32(slots);
    this.windows = Array.from({ length: workers }, () => layout.f64(slots * WINDOW_CELLS));
  }

  /** A dead worker opens no circuit any more. Supervisor only. */
  releaseLock(w: number): void {
    Atomics.compareExchange(this.lock, 0, 1 + w, 0);
  }

  /** Forgets a slot's past. Supervisor only, when the slot changes hands. */
  clearSlot(slot: number): void {
    Atomics.store(this.words, slot, 0);
    Atomics.store(this.elsewhere, slot, 0);
    for (const row of this.windows) row.fill(0, slot * WINDOW_CELLS, (slot + 1) * WINDOW_CELLS);
  }
}
