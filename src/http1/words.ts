/**
 * Four bytes at a time. A DataView reads unaligned words in one load, but must be made per buffer; since nearly all heads
 * are parsed in one receive buffer, the last view is kept.
 */
let viewed: Uint8Array = new Uint8Array(0);
let view: DataView = new DataView(viewed.buffer);

/** A view with the same offsets as `buf`. */
export function wordsOf(buf: Uint8Array): DataView {
  if (viewed !== buf) {
    view = new DataView(buf.buffer, buf.byteOffset, buf.length);
    viewed = buf;
  }
  return view;
}
