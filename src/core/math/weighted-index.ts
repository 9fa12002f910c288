/**
 * Maps a point of [0, 1) to a position so that each position owns a stretch as long as its share of the weights. Built
 * in O(n), looked up in O(1) on average: a guide table (Chen and Asau, 1974) says where to begin to look. Weights need
 * be neither whole nor few.
 */
export class WeightedIndex {
  /** Sums of the weights before each position; one more at the end, which is the total. */
  #before = new Float64Array(1);
  /** guide[k]: the position that owns point k/n. */
  #guide = new Int32Array(1);
  #count = 0;

  /** Takes the weights (> 0) of `slots[0..count)`; count >= 1. */
  set(slots: Int32Array, count: number, weight: Float64Array): void {
    if (this.#guide.length < count) {
      this.#before = new Float64Array(count * 2 + 1);
      this.#guide = new Int32Array(count * 2);
    }
    const before = this.#before;
    let total = 0;
    for (let at = 0; at < count; at++) {
      before[at] = total;
      total += weight[slots[at]];
    }
    before[count] = total;
    this.#count = count;
    let owner = 0;
    for (let k = 0; k < count; k++) {
      const point = (k / count) * total;
      while (owner < count - 1 && before[owner + 1] <= point) owner++;
      this.#guide[k] = owner;
    }
  }

  /** The sum of the weights. */
  get total(): number {
    return this.#before[this.#count];
  }

  /** The position that owns `point`, which lies in [0, 1). */
  at(point: number): number {
    return this.#find(point * this.#before[this.#count], point);
  }

  /** The same, as if `position` were not there. Needs two positions or more. */
  atExcept(point: number, position: number): number {
    const before = this.#before;
    const total = before[this.#count];
    const length = before[position + 1] - before[position];
    let mark = point * (total - length);
    if (mark >= before[position]) mark += length;
    const found = this.#find(mark, mark / total);
    if (found !== position) return found;
    // Rounding put the mark on the excluded stretch's edge.
    return position + 1 < this.#count ? position + 1 : position - 1;
  }

  #find(mark: number, point: number): number {
    const before = this.#before;
    const last = this.#count - 1;
    const cell = (point * this.#count) | 0;
    let at = this.#guide[cell < last ? cell : last];
    while (at > 0 && before[at] > mark) at--;
    while (at < last && before[at + 1] <= mark) at++;
    return at;
  }
}
