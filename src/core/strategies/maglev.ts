/**
 * Maglev's lookup table (Eisenbud et al., NSDI 2016): each backend has its own order of all cells, and the backends take
 * free cells in turn until the table is full. A lookup is one read, the shares are almost perfectly even, and when a
 * backend goes few keys of the others move (0.5 % of them in a table of 65,537 cells).
 *
 * Weights as in Envoy: in each turn a backend's claim grows by its weight over the greatest, and it takes cells while it
 * has fewer than it may claim.
 */
import { murmur3 } from '../math/hash.ts';

/** A prime; 65 cells a backend at 1,000 backends. */
export const MAGLEV_CELLS = 65_537;

const OFFSET_SEED = 0x51ed270b;
const SKIP_SEED = 0x2545f491;

/** Where a name's order of cells begins, and how far it steps. */
export interface Order {
  readonly offset: number;
  readonly skip: number;
}

export function orderOf(name: Uint8Array): Order {
  return {
    offset: murmur3(name, 0, name.length, OFFSET_SEED) % MAGLEV_CELLS,
    skip: (murmur3(name, 0, name.length, SKIP_SEED) % (MAGLEV_CELLS - 1)) + 1,
  };
}

/** Fills `table` with indexes into `orders`; weights > 0, one for each order. */
export function fillMaglev(table: Uint16Array, orders: readonly Order[], weights: readonly number[]): void {
  const count = orders.length;
  const greatest = weights.reduce((most, weight) => Math.max(most, weight), 0);
  const gains = Float64Array.from(weights, (weight) => weight / greatest);
  const next = Int32Array.from(orders, (order) => order.offset);
  const skips = Int32Array.from(orders, (order) => order.skip);
  const claims = new Float64Array(count);
  const taken = new Int32Array(count);
  const occupied = new Uint8Array(MAGLEV_CELLS);
  for (let left = MAGLEV_CELLS; ;) {
    for (let at = 0; at < count; at++) {
      claims[at] += gains[at];
      if (taken[at] >= claims[at]) continue;
      const cell = freeCell(occupied, next[at], skips[at]);
      occupied[cell] = 1;
      table[cell] = at;
      next[at] = cell;
      taken[at]++;
      if (--left === 0) return;
    }
  }
}

/** The first free cell on a backend's way from `cell` on. */
function freeCell(occupied: Uint8Array, cell: number, skip: number): number {
  let free = cell;
  while (occupied[free] === 1) {
    free += skip;
    if (free >= MAGLEV_CELLS) free -= MAGLEV_CELLS;
  }
  return free;
}
