/** Bytes that have to wait: the beginning of a head, or requests whose turn has not come. Grows by doubling. */
const FIRST_BYTES = 1024;
const LF = 10;

export class HeldBytes {
  #buffer: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #length = 0;
  #seenAt = 0;

  get length(): number {
    return this.#length;
  }

  /** True when it is worth parsing anew: a line has ended, or the bytes have doubled since the last time. */
  append(buf: Buffer, start: number, end: number): boolean {
    const needed = this.#length + end - start;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    buf.copy(this.#buffer, this.#length, start, end);
    const lineEnded = this.#buffer.subarray(this.#length, needed).includes(LF);
    this.#length = needed;
    if (!lineEnded && needed < this.#seenAt * 2) return false;
    this.#seenAt = needed;
    return true;
  }

  /** The bytes; this object holds them no more. */
  take(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }
}
