/**
 * Records of sampled exchanges, as bytes, from workers to the supervisor: for each worker's row a ring with that worker as
 * its one writer and the supervisor as its one reader. A record is written where it will be read, and is there once the
 * head has moved behind it; one that finds no room is not written. So whoever reads too slowly, or not at all, costs a worker
 * nothing, and a worker that dies in the middle of a record leaves nothing behind. Its successor goes on in its ring.
 *
 * Also here: how many exchanges of this second are recorded because a client asked for it, counted over all workers.
 */
import type { Layout } from './layout.ts';

/** For each worker: half a thousand records of a usual exchange. Pages that are never written cost no memory. */
export const RING_BYTES: number = 512 * 1024;
/** In front of a record: its length. Each begins at a multiple of 4. */
const LENGTH_BYTES = 4;
/** In place of a length: the next record is at the ring's start. */
const WRAP = -1;
const HEAD = 0;
const TAIL = 1;

export class SpanRing {
  readonly bytes: Uint8Array;
  readonly #words: Int32Array;
  /** Bytes written and read since the start, modulo 2^32. */
  readonly #ends: Int32Array;
  #at = 0;

  constructor(layout: Layout) {
    this.#ends = layout.i32(2);
    this.#words = layout.i32(RING_BYTES / 4);
    this.bytes = new Uint8Array(this.#words.buffer, this.#words.byteOffset, this.#words.byteLength);
  }

  /** Where in `bytes` a record of `most` bytes at most may be written; -1: there is no room. Then `commit` it. */
  reserve(most: number): number {
    const head = this.#ends[HEAD] as number;
    const needed = LENGTH_BYTES + rounded(most);
    let at = head & (RING_BYTES - 1);
    const skipped = at + needed > RING_BYTES ? RING_BYTES - at : 0;
    const used = (head - Atomics.load(this.#ends, TAIL)) | 0;
    if (used + skipped + needed > RING_BYTES) return -1;
    if (skipped > 0) {
      this.#words[at >> 2] = WRAP;
      at = 0;
    }
    this.#at = at;
    return at + LENGTH_BYTES;
  }

  /** The record just reserved ends before `end`. */
  commit(end: number): void {
    const length = end - this.#at - LENGTH_BYTES;
    this.#words[this.#at >> 2] = length;
    const head = this.#ends[HEAD] as number;
    const skipped = (this.#at - head) & (RING_BYTES - 1);
    Atomics.store(this.#ends, HEAD, (head + skipped + LENGTH_BYTES + rounded(length)) | 0);
  }

  /**
   * The supervisor alone: hands records to `onRecord`, oldest first, until there are none or it returns false; that one has
   * been taken all the same. The bytes are the writer's again once it returns.
   */
  take(onRecord: (bytes: Uint8Array, start: number, end: number) => boolean): void {
    const head = Atomics.load(this.#ends, HEAD);
    let tail = this.#ends[TAIL] as number;
    while (tail !== head) {
      const at = tail & (RING_BYTES - 1);
      const length = this.#words[at >> 2] as number;
      let goOn = true;
      if (length === WRAP) {
        tail = (tail + RING_BYTES - at) | 0;
      } else {
        goOn = onRecord(this.bytes, at + LENGTH_BYTES, at + LENGTH_BYTES + length);
        tail = (tail + LENGTH_BYTES + rounded(length)) | 0;
      }
      Atomics.store(this.#ends, TAIL, tail);
      if (!goOn) return;
    }
  }
}

export class SpanTable {
  readonly rows: readonly SpanRing[];
  /** The second that is counted, and how many were admitted in it. */
  readonly #admitted: Int32Array;

  constructor(layout: Layout) {
    this.#admitted = layout.i32(2);
    this.rows = Array.from({ length: layout.capacity.workers }, () => new SpanRing(layout));
  }

  /** Any worker: whether one more may be recorded in this second, of `most`. Some too many where a second begins. */
  admit(second: number, most: number): boolean {
    const admitted = this.#admitted;
    const counted = Atomics.load(admitted, 0);
    if (counted !== (second | 0) && Atomics.compareExchange(admitted, 0, counted, second | 0) === counted)
      Atomics.store(admitted, 1, 0);
    if (Atomics.load(admitted, 1) >= most) return false;
    return Atomics.add(admitted, 1, 1) < most;
  }
}

function rounded(bytes: number): number {
  return (bytes + 3) & ~3;
}
