/** Buffers that bytes wait in until the kernel takes them, used again for the next that have to wait: each would be garbage else. */

/** As much as one read brings. */
const SLAB_BYTES = 256 * 1024;
/** Less than this is not worth a slab. */
const SLAB_FROM_BYTES = 16 * 1024;
/** Slabs kept at most: 4 MiB for each worker. */
const SLABS_MAX = 16;

export class Slabs {
  readonly #spare: Buffer[] = [];

  /** A copy of `buffer[start, end)`. Give it back when nobody reads it any more. */
  copy(buffer: Buffer, start: number, end: number): Buffer {
    const length = end - start;
    const copy = this.#take(length);
    buffer.copy(copy, 0, start, end);
    return copy;
  }

  giveBack(copy: Buffer): void {
    const isSlab = copy.length >= SLAB_FROM_BYTES && copy.buffer.byteLength === SLAB_BYTES;
    if (isSlab && this.#spare.length < SLABS_MAX) this.#spare.push(Buffer.from(copy.buffer));
  }

  #take(length: number): Buffer {
    // Small ones out of Node's pool: a buffer of its own takes longer to make than to fill.
    if (length < SLAB_FROM_BYTES) return Buffer.allocUnsafe(length);
    if (length > SLAB_BYTES) return Buffer.allocUnsafeSlow(length);
    return (this.#spare.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES)).subarray(0, length);
  }
}
