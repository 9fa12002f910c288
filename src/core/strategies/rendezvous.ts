/**
 * Rendezvous hashing (Thaler and Ravishankar 1998): every backend draws a number from the request's key and its own name,
 * and the best one wins. When a backend goes, only its own keys move; when it returns, just these come back.
 *
 * Weights by Schindelhauer and Schomaker (2005): the draw is exponential with the weight as its rate, and the earliest
 * wins, which each does for its share of the keys; changing one weight moves keys to or from that backend alone.
 */
import { mix32 } from '../math/hash.ts';

/** The number that the backend with hash `name` draws for `key`: unsigned, 32 bits. */
export function rendezvousDraw(key: number, name: number): number {
  // Twice, with the name in between: keys that differ in one bit must not be mere permutations of each other.
  return mix32(mix32(key ^ name) + Math.imul(name, 0x9e3779b9));
}

/** When the backend rings for this key, as an exponential time with rate 1; only compared, so its unit is of no matter. */
function exponentialOf(draw: number): number {
  return -Math.log((draw + 0.5) / 4294967296);
}

/**
 * The slot among `slots[0..count)` that wins `key`. `names[slot]` is its name's hash. Slots with `inFlight >= limit *
 * weight` are passed over; -1 when that leaves none.
 */
export function rendezvous(
  key: number,
  slots: Int32Array,
  count: number,
  names: Int32Array,
  weight: Float64Array,
  inFlight: Int32Array,
  limit: number,
): number {
  let winner = -1;
  let earliest = Infinity;
  for (let at = 0; at < count; at++) {
    const slot = slots[at];
    if (inFlight[slot] >= limit * weight[slot]) continue;
    const draw = rendezvousDraw(key, names[slot]);
    // -ln u >= 1 - u: most backends are out before a logarithm is taken.
    if (1 - (draw + 0.5) / 4294967296 >= earliest * weight[slot]) continue;
    const time = exponentialOf(draw) / weight[slot];
    if (time >= earliest) continue;
    earliest = time;
    winner = slot;
  }
  return winner;
}
