/** A strategy's own copy of the candidates of the last `update`; the engine may reuse its array. */
export class CandidateList {
  slots: Int32Array = new Int32Array(16);
  count = 0;
  /** Whether the last `set` brought other candidates, or another order, and not just other weights. */
  moved = false;
  /** Whether all weights are the same. */
  even = true;
  #weights = new Float64Array(16);

  /** Takes the candidates over; false when neither they, nor their order, nor their weights have changed. */
  set(slots: Int32Array, count: number, weight: Float64Array): boolean {
    if (this.slots.length < count) {
      this.slots = new Int32Array(count * 2);
      this.#weights = new Float64Array(count * 2);
      this.count = 0;
    }
    let changed = count !== this.count;
    let moved = changed;
    let even = true;
    const first = count > 0 ? weight[slots[0]] : 0;
    for (let at = 0; at < count; at++) {
      const slot = slots[at];
      const own = weight[slot];
      if (own !== first) even = false;
      if (this.slots[at] === slot && this.#weights[at] === own) continue;
      changed = true;
      if (this.slots[at] !== slot) moved = true;
      this.slots[at] = slot;
      this.#weights[at] = own;
    }
    this.count = count;
    this.even = even;
    this.moved = moved;
    return changed;
  }

  /** The weight that the candidate at `position` had at the last `set`. */
  weightAt(position: number): number {
    return this.#weights[position];
  }

  /** The candidates in a random order, anew at each call; backends listed side by side are often alike. */
  scattered(random: () => number): Int32Array {
    const scattered = this.slots.slice(0, this.count);
    for (let last = this.count - 1; last > 0; last--) {
      const at = (random() * (last + 1)) | 0;
      const slot = scattered[at];
      scattered[at] = scattered[last];
      scattered[last] = slot;
    }
    return scattered;
  }
}
