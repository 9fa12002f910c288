/**
 * The request as it goes to a backend, for as long as it may have to be sent again: its head, and so much of its body as is
 * kept. Bytes that are not kept have passed: from then on the request cannot be repeated.
 */
import type { BodySink } from './body.ts';

/** A usual head fits; it grows for others, and shrinks again after them. */
const FIRST_BYTES = 8 * 1024;

export class RequestCopy implements BodySink {
  buffer: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  /** Bytes in the buffer: the head, then the body kept. */
  end = 0;
  /** Some of the body went past: the request is not whole here. */
  passed = false;
  #headEnd = 0;

  reset(): void {
    this.end = 0;
    this.#headEnd = 0;
    this.passed = false;
  }

  /** Room for a head of `bytes` at most; write it from 0 on, then call `headWritten`. */
  reserveHead(bytes: number): Buffer {
    if (bytes > this.buffer.length) this.buffer = Buffer.allocUnsafeSlow(bytes);
    return this.buffer;
  }

  headWritten(end: number): void {
    this.end = end;
    this.#headEnd = end;
  }

  get head(): Buffer {
    return this.buffer.subarray(0, this.#headEnd);
  }

  /** Keeps body bytes, as they came: chunks with what frames them, which body.ts bounds. */
  forward(buf: Buffer, start: number, end: number): void {
    const needed = this.end + end - start;
    if (needed > this.buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
      this.buffer.copy(larger, 0, 0, this.end);
      this.buffer = larger;
    }
    this.end += buf.copy(this.buffer, this.end, start, end);
  }

  /** Gives back what an unusual request made grow. */
  trim(): void {
    if (this.buffer.length > FIRST_BYTES) this.buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  }
}
