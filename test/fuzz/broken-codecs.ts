/** Codecs with one fault each, to prove that the fuzzer finds such faults. */
import { ChunkedDecoder, ChunkEvent } from '#http1/chunked.ts';
import { INCOMPLETE } from '#http1/head.ts';
import { CODEC, type Codec } from './codec.ts';

const LF = 0x0a;
const CR = 0x0d;

/** Takes a bare LF for a line end. */
export const BARE_LF: Codec = {
  ...CODEC,
  parseRequestHead(buf, start, end, head, limits) {
    const result = CODEC.parseRequestHead(buf, start, end, head, limits);
    if (result >= 0) return result;
    // At the same offset, so that what stands before the first bare LF is found where it is.
    const repaired = Array.from(buf.subarray(0, start));
    const origins: number[] = [];
    for (let pos = start; pos < end; pos++) {
      if (buf[pos] === LF && (pos === start || buf[pos - 1] !== CR)) {
        repaired.push(CR);
        origins.push(pos);
      }
      repaired.push(buf[pos] as number);
      origins.push(pos);
    }
    const again = CODEC.parseRequestHead(Uint8Array.from(repaired), start, repaired.length, head, limits);
    if (again <= 0) return again === INCOMPLETE ? INCOMPLETE : result;
    head.end = (origins[again - start - 1] as number) + 1;
    head.fields.linesEnd = head.end - 2;
    return head.end;
  },
};

/** Loses a byte of payload now and then. */
export const LOST_BYTE: Codec = {
  ...CODEC,
  decoder: () =>
    new (class extends ChunkedDecoder {
      override next(buf: Uint8Array, pos: number, end: number): number {
        const next = super.next(buf, pos, end);
        if (this.event === ChunkEvent.data && next - pos === 1) this.event = ChunkEvent.dropped;
        return next;
      }
    })(),
};

/** Refuses instead of waiting when what has come ends between CR and LF. */
export const IMPATIENT: Codec = {
  ...CODEC,
  parseResponseHead(buf, start, end, head, limits) {
    const result = CODEC.parseResponseHead(buf, start, end, head, limits);
    return result === INCOMPLETE && buf[end - 1] === CR ? -1 : result;
  },
};

/** Looks at the byte behind what has come. */
export const TOO_FAR: Codec = {
  ...CODEC,
  parseRequestHead: (buf, start, end, head, limits) => CODEC.parseRequestHead(buf, start, end + 1, head, limits),
};

export const THROWING: Codec = {
  ...CODEC,
  parseRequestHead(buf, start, end, head, limits) {
    if (buf[start] === 0x50) throw new RangeError('no P');
    return CODEC.parseRequestHead(buf, start, end, head, limits);
  },
};

/** Stands still before an extension. */
export const IDLE: Codec = {
  ...CODEC,
  decoder: () =>
    new (class extends ChunkedDecoder {
      override next(buf: Uint8Array, pos: number, end: number): number {
        if (buf[pos] !== 0x3b) return super.next(buf, pos, end);
        this.event = ChunkEvent.framing;
        return pos;
      }
    })(),
};

/** Passes a trailer on that must not arrive as one. */
export const LAX_TRAILERS: Codec = {
  ...CODEC,
  decoder: () =>
    new (class extends ChunkedDecoder {
      override next(buf: Uint8Array, pos: number, end: number): number {
        const next = super.next(buf, pos, end);
        if (this.event === ChunkEvent.dropped && (buf[pos] as number) > 0x40) this.event = ChunkEvent.framing;
        return next;
      }
    })(),
};

/** Never returns from a request line with TRACE. */
export const ENDLESS: Codec = {
  ...CODEC,
  parseRequestHead(buf, start, end, head, limits) {
    while (buf[start] === 0x54 && buf[start + 1] === 0x52);
    return CODEC.parseRequestHead(buf, start, end, head, limits);
  },
};

/** Looks at all that came before for some of the bytes. */
export const QUADRATIC: Codec = {
  ...CODEC,
  parseRequestHead(buf, start, end, head, limits) {
    let sum = 0;
    for (let pos = start; pos < end; pos += 8)
      for (let before = start; before < pos; before += 8) sum += buf[before] as number;
    return sum < 0 ? sum : CODEC.parseRequestHead(buf, start, end, head, limits);
  },
};
