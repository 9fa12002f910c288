/**
 * Draws by weight from a few slots without a table: what `pickAmong` and ties need.
 */

/** The slot of `slots[0..count)` that owns `point`, in [0, 1), when each slot owns its share of the weights. */
export function drawAmong(slots: Int32Array, count: number, weight: Float64Array, point: number): number {
  let total = 0;
  for (let at = 0; at < count; at++) total += weight[slots[at]];
  let mark = point * total;
  for (let at = 0; at < count - 1; at++) {
    mark -= weight[slots[at]];
    if (mark < 0) return slots[at];
  }
  return slots[count - 1];
}

/** Each slot's share of the weights of `slots[0..count)`, by position. */
export function sharesOf(slots: Int32Array, count: number, weight: Float64Array, into: Float64Array): void {
  let total = 0;
  for (let at = 0; at < count; at++) total += weight[slots[at]];
  for (let at = 0; at < count; at++) into[at] = weight[slots[at]] / total;
}

/**
 * Point number `turn` of the Weyl sequence of the golden ratio, in [0, 1): consecutive points fall into the widest gaps
 * that are left, so a stretch of length p is hit every 1/p turns with the least possible jitter (three-gap theorem,
 * Sós 1958). The same turn gives the same point in every worker: a shared counter makes one sequence of them all.
 */
export function weyl(turn: number): number {
  return (Math.imul(turn, 0x9e3779b9) >>> 0) / 4294967296;
}
