/**
 * Client connections of each listener, over all workers: exact, so that a listener's limit is one number and no worker
 * refuses while others have room. A connection costs two atomic additions in its life.
 */
import type { Layout } from './layout.ts';

/** As many listeners as a configuration may have. */
export const LISTENERS_MAX = 64;

export class ListenerTable {
  /** Connections by listener row. */
  readonly total: Int32Array;
  /** rows[worker][listener row]: each worker's share, plain stores by that worker. */
  readonly rows: readonly Int32Array[];

  constructor(layout: Layout) {
    this.total = layout.i32(LISTENERS_MAX);
    this.rows = Array.from({ length: layout.capacity.workers }, () => layout.i32(LISTENERS_MAX));
  }

  /** Worker `w` accepts a connection; false when `most` are open already. */
  open(w: number, row: number, most: number): boolean {
    if (Atomics.add(this.total, row, 1) >= most) {
      Atomics.sub(this.total, row, 1);
      return false;
    }
    (this.rows[w] as Int32Array)[row]! += 1;
    return true;
  }

  /** A connection that worker `w` accepted is gone. */
  close(w: number, row: number): void {
    (this.rows[w] as Int32Array)[row]! -= 1;
    Atomics.sub(this.total, row, 1);
  }

  /** Takes back what dead worker `w` had open. Supervisor only. */
  reclaim(w: number): void {
    const rows = this.rows[w] as Int32Array;
    for (let row = 0; row < LISTENERS_MAX; row++) {
      const share = rows[row] as number;
      if (share === 0) continue;
      rows[row] = 0;
      Atomics.sub(this.total, row, share);
    }
  }
}

/** The listeners' rows by name. Names do not change while the process runs, but their order in a plan may. */
export function listenerRows(listeners: readonly { readonly name: string }[]): ReadonlyMap<string, number> {
  return new Map(
    listeners
      .map(({ name }) => name)
      .sort()
      .map((name, row) => [name, row]),
  );
}
