/**
 * Bytes that have to wait: the beginning of a head, or requests whose turn has not come. Grows by doubling. What is used of
 * them is taken off the front without a copy, or each of many requests that came together would move all the others.
 */
/** Small enough to be cut from Node's pool: thousands of slow clients would else cost an allocation each. */
const FIRST_BYTES = 1024;
const LF = 10;

export class HeldBytes {
  #buffer: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  /** Where those that still wait begin and end. */
  #start = 0;
  #end = 0;
  #seenAt = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  /** True when it is worth parsing anew: a line has ended, or the bytes have doubled since the last time. */
  append(buf: Buffer, start: number, end: number): boolean {
    const needed = this.length + end - start;
    if (this.#start + needed > this.#buffer.length) this.#makeRoom(needed);
    buf.copy(this.#buffer, this.#end, start, end);
    const from = this.#end;
    this.#end += end - start;
    const lineEnded = this.#buffer.subarray(from, this.#end).includes(LF);
    if (!lineEnded && needed < this.#seenAt * 2) return false;
    this.#seenAt = needed;
    return true;
  }

  /** The bytes; this object holds them no more, unless `keep` follows. */
  take(): Buffer {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** The last `length` of the bytes taken wait on. */
  keep(length: number): void {
    this.#start = this.#end - length;
    this.#seenAt = length;
  }

  #makeRoom(needed: number): void {
    const into =
      needed > this.#buffer.length ? Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2)) : this.#buffer;
    this.#buffer.copy(into, 0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
    this.#buffer = into;
  }
}
