/**
 * The slot table: one row per backend. Who writes what:
 * - `total`: workers, by atomic addition only; the supervisor takes a dead worker's share back.
 * - `rows[w]`: worker w alone, plain stores; the supervisor zeroes it once w is dead.
 * - `weight`, `health`, `admin`, `generation`, `epoch`, `lastProbe*`: the supervisor alone.
 */
import type { Layout } from './layout.ts';

export class SlotTable {
  readonly capacity: number;
  /** Requests in flight, all workers together. */
  readonly total: Int32Array;
  /** rows[worker][slot]: each worker's share of `total`. */
  readonly rows: readonly Int32Array[];
  /** Effective weight; 0 takes the slot out of rotation. */
  readonly weight: Float64Array;
  /** `HealthState` of each slot. */
  readonly health: Int32Array;
  /** `AdminState` of each slot. */
  readonly admin: Int32Array;
  /** Moves on when a slot is given to another backend. */
  readonly generation: Int32Array;
  /** [0] moves on whenever any slot's weight, health or admin state changed. */
  readonly epoch: Int32Array;

  constructor(layout: Layout) {
    const { slots, workers } = layout.capacity;
    this.capacity = slots;
    this.total = layout.i32(slots);
    this.rows = Array.from({ length: workers }, () => layout.i32(slots));
    this.weight = layout.f64(slots);
    this.health = layout.i32(slots);
    this.admin = layout.i32(slots);
    this.generation = layout.i32(slots);
    this.epoch = layout.i32(1);
  }

  /** Worker `w` begins an attempt at `slot`; returns what was in flight there just before. */
  begin(w: number, slot: number): number {
    (this.rows[w] as Int32Array)[slot]! += 1;
    return Atomics.add(this.total, slot, 1);
  }

  /** Worker `w` settles an attempt at `slot`. */
  settle(w: number, slot: number): void {
    (this.rows[w] as Int32Array)[slot]! -= 1;
    Atomics.sub(this.total, slot, 1);
  }

  /** Takes back what dead worker `w` held in flight; returns how many attempts that were. Supervisor only. */
  reclaim(w: number): number {
    const row = this.rows[w] as Int32Array;
    let taken = 0;
    for (let slot = 0; slot < row.length; slot++) {
      const share = row[slot] as number;
      if (share === 0) continue;
      row[slot] = 0;
      Atomics.sub(this.total, slot, share);
      taken += share;
    }
    return taken;
  }

  /** Tells workers that states or weights changed. Supervisor only. */
  moveEpoch(): void {
    Atomics.add(this.epoch, 0, 1);
  }
}
