/**
 * A backend of a what-if run: so many requests are worked on side by side, the rest wait in line, first come first served. Work
 * that has been accepted is done, whether or not somebody still waits for it: that is what most servers do.
 */
const LINE_FIRST = 256;

export class Servers {
  /** Attempts that it works on at one time at most; Infinity: all of them. */
  readonly concurrency: number;
  /** Milliseconds of work done between `fromMs` and `toMs`. */
  workedMs = 0;
  readonly #fromMs: number;
  readonly #toMs: number;
  #busy = 0;
  /** Attempts that wait, as a ring; and the work that each brings. */
  #line = new Int32Array(LINE_FIRST);
  #works = new Float64Array(LINE_FIRST);
  #first = 0;
  #waiting = 0;
  /** Of the attempt that `release` gave: when it will be done. */
  doneMs = 0;

  constructor(concurrency: number | null, fromMs: number, toMs: number) {
    this.concurrency = concurrency ?? Infinity;
    this.#fromMs = fromMs;
    this.#toMs = toMs;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Takes an attempt; returns when it will be done, or Infinity when it has to wait in line. */
  accept(attempt: number, workMs: number, nowMs: number): number {
    if (this.#busy >= this.concurrency) {
      if (this.#waiting === this.#line.length) this.#grow();
      const at = (this.#first + this.#waiting++) & (this.#line.length - 1);
      this.#line[at] = attempt;
      this.#works[at] = workMs;
      return Infinity;
    }
    this.#busy++;
    return this.#work(nowMs, nowMs + workMs);
  }

  /** An attempt is done; gives the one that begins in its place, -1: none. `doneMs` says when that will be done. */
  release(nowMs: number): number {
    if (this.#waiting === 0) {
      this.#busy--;
      return -1;
    }
    const at = this.#first;
    this.#first = (at + 1) & (this.#line.length - 1);
    this.#waiting--;
    this.doneMs = this.#work(nowMs, nowMs + (this.#works[at] as number));
    return this.#line[at] as number;
  }

  #work(fromMs: number, toMs: number): number {
    const from = fromMs > this.#fromMs ? fromMs : this.#fromMs;
    const to = toMs < this.#toMs ? toMs : this.#toMs;
    if (to > from) this.workedMs += to - from;
    return toMs;
  }

  #grow(): void {
    const { length } = this.#line;
    const line = new Int32Array(length * 2);
    const works = new Float64Array(length * 2);
    for (let at = 0; at < length; at++) {
      const from = (this.#first + at) & (length - 1);
      line[at] = this.#line[from] as number;
      works[at] = this.#works[from] as number;
    }
    this.#line = line;
    this.#works = works;
    this.#first = 0;
  }
}
