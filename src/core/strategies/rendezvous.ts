/**
 * Rendezvous hashing (Thaler and Ravishankar 1998): every backend draws a number from the request's key and its own name,
 * and the best one wins. When a backend goes, only its own keys move; when it returns, just these come back.
 *
 * Weights by Schindelhauer and Schomaker (2005): the draw is exponential with the weight as its rate, and the earliest
 * wins, which each does for its share of the keys; changing one weight moves keys to or from that backend alone.
 */
import { ln } from '../math/elementary.ts';
import { mix32 } from '../math/hash.ts';

/** The number that the backend with hash `name` draws for `key`, both well mixed: 32 bits, unsigned. */
function drawOf(key: number, name: number): number {
  let h = Math.imul(key ^ name, 0x85ebca6b);
  h ^= h >>> 15;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A draw as a number strictly between 0 and 1. */
function fraction(draw: number): number {
  return (draw + 0.5) / 4294967296;
}

/** When the backend with hash `name` would be drawn for `key`: the earliest wins, with equal weights as with others. */
export function rendezvousTime(key: number, name: number, weight: number): number {
  return -ln(fraction(drawOf(mix32(key), name))) / weight;
}

/**
 * The slot among `slots[0..count)` that wins `key`, all having one weight. `names[slot]` is its name's hash. Slots with
 * `limit` in flight or more are passed over; -1 when that leaves none.
 */
export function rendezvousEven(
  key: number,
  slots: Int32Array,
  count: number,
  names: Int32Array,
  inFlight: Int32Array,
  limit: number,
): number {
  const mixed = mix32(key);
  let winner = -1;
  let highest = -1;
  for (let at = 0; at < count; at++) {
    const slot = slots[at];
    const draw = drawOf(mixed, names[slot]);
    if (draw <= highest || inFlight[slot] >= limit) continue;
    highest = draw;
    winner = slot;
  }
  return winner;
}

/** The same with a weight for each slot, of which `limit` is a multiple; equal weights give the same winners. */
export function rendezvous(
  key: number,
  slots: Int32Array,
  count: number,
  names: Int32Array,
  inFlight: Int32Array,
  limit: number,
  weight: Float64Array,
): number {
  const mixed = mix32(key);
  let winner = -1;
  let earliest = Infinity;
  for (let at = 0; at < count; at++) {
    const slot = slots[at];
    const point = fraction(drawOf(mixed, names[slot]));
    // -ln u >= 1 - u: most backends are out before a logarithm is taken.
    if (1 - point >= earliest * weight[slot] || inFlight[slot] >= limit * weight[slot]) continue;
    const time = -ln(point) / weight[slot];
    if (time >= earliest) continue;
    earliest = time;
    winner = slot;
  }
  return winner;
}
