/**
 * Records that are kept for a while: so many at most, and of so many bytes together; the oldest makes room. What is put in is
 * plain data that nobody changes any more.
 */

/** A record, as far as the ring looks at it. */
export interface Sized {
  /** About what it takes in memory. */
  readonly bytes: number;
}

export class DecisionRing<T extends Sized> {
  readonly #kept: (T | undefined)[];
  readonly #bytesMax: number;
  /** Where the next goes, how many there are, and what they take. */
  #next = 0;
  #count = 0;
  #bytes = 0;

  constructor(most: number, bytesMax: number) {
    this.#kept = new Array<T | undefined>(most).fill(undefined);
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  put(record: T): void {
    const kept = this.#kept;
    if (this.#count === kept.length) this.#drop();
    kept[this.#next] = record;
    this.#next = (this.#next + 1) % kept.length;
    this.#count += 1;
    this.#bytes += record.bytes;
    // One that is larger than the ring by itself is kept alone: it was asked for.
    while (this.#bytes > this.#bytesMax && this.#count > 1) this.#drop();
  }

  /** The newest first. */
  *[Symbol.iterator](): Generator<T> {
    const kept = this.#kept;
    for (let back = 1; back <= this.#count; back++) yield kept[(this.#next - back + kept.length) % kept.length] as T;
  }

  #drop(): void {
    const kept = this.#kept;
    const oldest = (this.#next - this.#count + kept.length) % kept.length;
    this.#bytes -= (kept[oldest] as T).bytes;
    kept[oldest] = undefined;
    this.#count -= 1;
  }
}
