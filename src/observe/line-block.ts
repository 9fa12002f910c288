/**
 * Lines of an exposition that stay the same but for their values, kept as bytes from scrape to scrape. While no value has more
 * digits than before, the new ones are written over the old, and the whole is copied at once. A thousand backends have 48,000
 * such lines: looking each up and writing it anew took four times as long, most of it waiting for memory.
 */
import { NUMBER_BYTES_MAX, numberBytes, putNumber } from './number-bytes.ts';

const LINE_FEED = 0x0a;

export class LineBlock {
  /** What the next `write` shows, one for each line. NaN: the line is left out. */
  readonly values: Float64Array;
  /** The lines up to their values, one behind the other; each ends where `#startEnds` says. */
  readonly #starts: Buffer;
  readonly #startEnds: Int32Array;
  /** The lines as they were written last. */
  readonly #bytes: Buffer;
  #length = 0;
  /** Of each line: its value, where that ends in `#bytes`, and how many bytes it has; -1: the line is left out. */
  readonly #shown: Float64Array;
  readonly #ends: Int32Array;
  readonly #numberBytes: Int8Array;

  /** `starts`: each line up to its value, the space between included. */
  constructor(starts: readonly string[]) {
    this.#starts = Buffer.from(starts.join(''));
    let end = 0;
    this.#startEnds = Int32Array.from(starts, (start) => (end += Buffer.byteLength(start)));
    this.#bytes = Buffer.allocUnsafeSlow(end + starts.length * (NUMBER_BYTES_MAX + 1));
    this.values = new Float64Array(starts.length);
    this.#shown = new Float64Array(starts.length).fill(NaN);
    this.#ends = new Int32Array(starts.length);
    this.#numberBytes = new Int8Array(starts.length).fill(-1);
  }

  /** The most bytes that `write` may take. */
  get bytesMax(): number {
    return this.#bytes.length;
  }

  /** Writes the lines to `into` from `at` on; returns where they end. */
  write(into: Buffer, at: number): number {
    if (!this.#update()) this.#layOut();
    into.set(this.#bytes.subarray(0, this.#length), at);
    return at + this.#length;
  }

  /** Writes values over those shown; false where one has another length. */
  #update(): boolean {
    for (let line = 0; line < this.values.length; line++) {
      const value = this.values[line] as number;
      if (value === this.#shown[line]) continue;
      const length = Number.isNaN(value) ? -1 : numberBytes(value);
      if (length !== this.#numberBytes[line]) return false;
      if (length > 0) putNumber(this.#bytes, this.#ends[line] as number, value, length);
      this.#shown[line] = value;
    }
    return true;
  }

  #layOut(): void {
    const bytes = this.#bytes;
    let end = 0;
    let from = 0;
    for (let line = 0; line < this.values.length; line++) {
      const value = this.values[line] as number;
      const to = this.#startEnds[line] as number;
      const length = Number.isNaN(value) ? -1 : numberBytes(value);
      this.#shown[line] = value;
      this.#numberBytes[line] = length;
      if (length > 0) {
        for (let at = from; at < to; at++) bytes[end++] = this.#starts[at] as number;
        end += length;
        putNumber(bytes, end, value, length);
        this.#ends[line] = end;
        bytes[end++] = LINE_FEED;
      }
      from = to;
    }
    this.#length = end;
  }
}
