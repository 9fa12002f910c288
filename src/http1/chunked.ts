/**
 * The chunked coding (RFC 9112, section 7.1), taken apart as it passes through. No payload is kept: the decoder only says
 * what each range of the input is, so that a proxy can send the same bytes on with extensions and unwanted trailers cut
 * out, or only the payload for a receiver that does not know the coding.
 *
 * Strict: CR LF exactly, nothing around a size but hexadecimal digits, sizes up to 2^53-1, and a bound on everything else
 * that a sender could stretch.
 */
import { isForbiddenTrailer } from './field-names.ts';
import { COLON, CR, HEX_VALUE, HTAB, LF, SP, TOKEN, VALUE } from './tables.ts';

/** What the range that `next` consumed is. */
export const ChunkEvent = {
  /** Nothing: there was no input. */
  more: 0,
  /** Payload: always goes on. */
  data: 1,
  /** Sizes, line ends, trailers that may pass: goes on when the framing is kept. */
  framing: 2,
  /** Extensions, trailers that may not pass, the begin of a trailer whose name is not whole: does not go on. */
  dropped: 3,
  /** Framing up to the end of the body, which is complete; later calls consume nothing and say so again. */
  done: 4,
  /** Nothing was consumed: the body is not well formed, and what follows means nothing. */
  fault: 5,
  /** The rest of a trailer name that was cut by the end of an earlier input: see `takeHeld`. */
  held: 6,
} as const;
export type ChunkEvent = (typeof ChunkEvent)[keyof typeof ChunkEvent];

/** Longest size, leading zeros included: 2^53-1 has 14 digits. */
const SIZE_DIGITS_MAX = 32;
/** Extensions mean nothing here: enough for what is known to be sent, such as signatures. */
const EXTENSION_LINE_BYTES_MAX = 4096;
/** By how much the extensions of a body may outweigh its payload so far, so that they are no way to keep a proxy busy. */
const EXTENSION_EXCESS_BYTES_MAX = 16384;
const TRAILER_BYTES_MAX = 8192;
const TRAILER_COUNT_MAX = 100;
const TRAILER_NAME_BYTES_MAX = 256;

const SEMICOLON = 0x3b;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** What the next byte belongs to. Up to `sizeLf`, all is framing. */
const State = {
  data: 0,
  dataCr: 1,
  dataLf: 2,
  size: 3,
  sizeCr: 4,
  sizeLf: 5,
  extensionSpace: 6,
  extension: 7,
  extensionQuoted: 8,
  extensionEscaped: 9,
  trailerStart: 10,
  trailerName: 11,
  trailerKept: 12,
  trailerKeptLf: 13,
  trailerDropped: 14,
  trailerDroppedLf: 15,
  endLf: 16,
  done: 17,
  fault: 18,
} as const;

const NOTHING: Uint8Array = new Uint8Array(0);

export class ChunkedDecoder {
  /** One of `ChunkEvent`, for the range consumed last. */
  event: number = ChunkEvent.more;
  /** Payload bytes so far. */
  dataBytes: number = Number.MAX_SAFE_INTEGER;
  #state: number = State.size;
  /** Of the chunk: while its size line is read, the value of the digits; then the payload bytes still to come. */
  #size: number = Number.MAX_SAFE_INTEGER;
  #digits = 0;
  #extensionLineBytes = 0;
  #extensionBytes: number = Number.MAX_SAFE_INTEGER;
  #trailerBytes = 0;
  #trailerCount = 0;
  /** Start of a trailer name that was cut by the end of the input. */
  #held: Uint8Array = NOTHING;
  #heldLength = 0;

  constructor() {
    // The counters started beyond 31 bits so that they are stored as doubles from the first body on.
    this.reset();
  }

  /** Ready for the first byte of a body. */
  reset(): void {
    this.event = ChunkEvent.more;
    this.dataBytes = 0;
    this.#state = State.size;
    this.#size = 0;
    this.#digits = 0;
    this.#extensionLineBytes = 0;
    this.#extensionBytes = 0;
    this.#trailerBytes = 0;
    this.#trailerCount = 0;
    this.#heldLength = 0;
  }

  /**
   * Consumes a piece of `buf[pos, end)` that is all of one kind, and returns the offset behind it; `event` is the kind. The
   * rest is to be given again, from the offset returned. When pos < end, at least one byte is consumed unless the event is
   * `done`, `fault` or `held`.
   */
  next(buf: Uint8Array, pos: number, end: number): number {
    if (pos >= end) {
      if (this.#state === State.done) this.event = ChunkEvent.done;
      else this.event = this.#state === State.fault ? ChunkEvent.fault : ChunkEvent.more;
      return pos;
    }
    if (this.#state === State.data) {
      this.event = ChunkEvent.data;
      return this.#data(pos, end);
    }
    if (this.#state <= State.sizeLf) {
      const next = this.#framing(buf, pos, end);
      if (next > pos) {
        this.event = ChunkEvent.framing;
        return next;
      }
    }
    if (this.#state <= State.extensionEscaped) return this.#extension(buf, pos, end);
    if (this.#state === State.done) {
      this.event = ChunkEvent.done;
      return pos;
    }
    if (this.#state === State.fault) return this.#fail(pos);
    return this.#trailer(buf, pos, end);
  }

  /**
   * How far `buf[pos, end)` can be sent on as it is, framing and payload alike: stops before an extension, the trailer
   * section, the end of the body or a fault; `next` then says what comes there. One call and one write for a whole read.
   */
  scanVerbatim(buf: Uint8Array, pos: number, end: number): number {
    const start = pos;
    while (pos < end && this.#state <= State.sizeLf) {
      pos = this.#state === State.data ? this.#data(pos, end) : this.#framing(buf, pos, end);
    }
    this.event = pos > start ? ChunkEvent.framing : ChunkEvent.more;
    return pos;
  }

  /**
   * After `held`: the whole name, to be sent on in place of the range consumed; valid until the next call. The rest of its
   * line follows as `framing`. A caller that does not take the name gets the rest of the line as `dropped`.
   */
  takeHeld(): Uint8Array {
    this.#state = State.trailerKept;
    return this.#held.subarray(0, this.#heldLength);
  }

  #fail(pos: number): number {
    this.#state = State.fault;
    this.event = ChunkEvent.fault;
    return pos;
  }

  #data(pos: number, end: number): number {
    const length = end - pos < this.#size ? end - pos : this.#size;
    this.dataBytes += length;
    this.#size -= length;
    if (this.#size === 0) this.#state = State.dataCr;
    return pos + length;
  }

  /** CR LF behind a chunk, and size lines. Stops before a byte that is something else, with the state set for it. */
  #framing(buf: Uint8Array, pos: number, end: number): number {
    const hex = HEX_VALUE;
    let state = this.#state;
    for (; pos < end; pos++) {
      const byte = buf[pos] as number;
      if (state === State.size) {
        const digit = hex[byte] as number;
        if (digit !== 255) {
          const size = this.#size * 16 + digit;
          if (++this.#digits > SIZE_DIGITS_MAX || size > Number.MAX_SAFE_INTEGER) return this.#stop(State.fault, pos);
          this.#size = size;
          continue;
        }
        if (this.#digits === 0) return this.#stop(State.fault, pos);
        if (byte === SEMICOLON || byte === SP || byte === HTAB) return this.#stop(State.extensionSpace, pos);
      }
      if (byte === CR && (state === State.dataCr || state === State.size || state === State.sizeCr)) {
        state = state === State.dataCr ? State.dataLf : State.sizeLf;
      } else if (byte === LF && state === State.dataLf) {
        state = State.size;
        this.#size = 0;
        this.#digits = 0;
      } else if (byte === LF && state === State.sizeLf) {
        return this.#stop(this.#size === 0 ? State.trailerStart : State.data, pos + 1);
      } else {
        return this.#stop(State.fault, pos);
      }
    }
    return this.#stop(state, pos);
  }

  #stop(state: number, pos: number): number {
    this.#state = state;
    return pos;
  }

  /** `*( BWS ";" BWS name [ BWS "=" BWS value ] )`, only as far as it takes to find its end without doubt. */
  #extension(buf: Uint8Array, pos: number, end: number): number {
    const start = pos;
    let state = this.#state;
    for (; pos < end; pos++) {
      const byte = buf[pos] as number;
      if (byte === CR && state === State.extension) break;
      if (VALUE[byte] === 0) return this.#fail(start);
      if (state === State.extension) {
        if (byte >= 0x80) return this.#fail(start);
        if (byte === QUOTE) state = State.extensionQuoted;
      } else if (state === State.extensionQuoted) {
        if (byte === QUOTE) state = State.extension;
        else if (byte === BACKSLASH) state = State.extensionEscaped;
      } else if (state === State.extensionEscaped) {
        state = State.extensionQuoted;
      } else if (byte === SEMICOLON) {
        state = State.extension;
      } else if (byte !== SP && byte !== HTAB) {
        return this.#fail(start);
      }
    }
    this.#extensionLineBytes += pos - start;
    this.#extensionBytes += pos - start;
    if (this.#extensionLineBytes > EXTENSION_LINE_BYTES_MAX) return this.#fail(start);
    if (this.#extensionBytes > EXTENSION_EXCESS_BYTES_MAX + this.dataBytes) return this.#fail(start);
    if (pos < end) {
      this.#extensionLineBytes = 0;
      state = State.sizeCr;
    }
    this.#state = state;
    this.event = ChunkEvent.dropped;
    return pos;
  }

  /** One trailer line, or what there is of it, or the end of the body. */
  #trailer(buf: Uint8Array, pos: number, end: number): number {
    const start = pos;
    if (this.#state === State.trailerStart) {
      if (buf[pos] === CR) {
        this.#state = State.endLf;
        pos++;
      } else {
        if (++this.#trailerCount > TRAILER_COUNT_MAX) return this.#fail(start);
        this.#heldLength = 0;
        this.#state = State.trailerName;
      }
    }
    if (this.#state === State.endLf) return this.#end(buf, start, pos, end);
    if (this.#state === State.trailerName) pos = this.#trailerName(buf, pos, end);
    else pos = this.#trailerRest(buf, pos, end);
    if (pos < 0) return this.#fail(start);
    this.#trailerBytes += pos - start;
    return this.#trailerBytes > TRAILER_BYTES_MAX ? this.#fail(start) : pos;
  }

  /** The blank line behind the trailers. */
  #end(buf: Uint8Array, start: number, pos: number, end: number): number {
    if (pos >= end) {
      this.event = ChunkEvent.framing;
      return pos;
    }
    if (buf[pos] !== LF) return this.#fail(start);
    this.#state = State.done;
    this.event = ChunkEvent.done;
    return pos + 1;
  }

  /** A name, and the rest of its line when the name was not cut. -1: fault. */
  #trailerName(buf: Uint8Array, start: number, end: number): number {
    let pos = start;
    while (pos < end && TOKEN[buf[pos] as number] !== 0) pos++;
    const length = this.#heldLength + pos - start;
    if (length > TRAILER_NAME_BYTES_MAX) return -1;
    if (pos === end) {
      this.#hold(buf, start, pos);
      this.event = ChunkEvent.dropped;
      return pos;
    }
    if (buf[pos] !== COLON || length === 0) return -1;
    if (this.#heldLength === 0) {
      const drop = isForbiddenTrailer(buf, start, pos);
      this.#state = drop ? State.trailerDropped : State.trailerKept;
      return this.#trailerRest(buf, pos, end);
    }
    this.#hold(buf, start, pos);
    this.#state = State.trailerDropped;
    if (isForbiddenTrailer(this.#held, 0, length)) return this.#trailerRest(buf, pos, end);
    this.event = ChunkEvent.held;
    return pos;
  }

  #hold(buf: Uint8Array, start: number, end: number): void {
    if (this.#held.length === 0) this.#held = new Uint8Array(TRAILER_NAME_BYTES_MAX);
    for (let pos = start; pos < end; pos++) this.#held[this.#heldLength++] = buf[pos] as number;
  }

  /** The colon, value and line end of a trailer, kept or dropped. -1: fault. */
  #trailerRest(buf: Uint8Array, pos: number, end: number): number {
    const kept = this.#state === State.trailerKept || this.#state === State.trailerKeptLf;
    this.event = kept ? ChunkEvent.framing : ChunkEvent.dropped;
    if (this.#state === State.trailerKept || this.#state === State.trailerDropped) {
      while (pos < end && VALUE[buf[pos] as number] !== 0) pos++;
      if (pos === end) return pos;
      if (buf[pos] !== CR) return -1;
      this.#state = kept ? State.trailerKeptLf : State.trailerDroppedLf;
      pos++;
    }
    if (pos === end) return pos;
    if (buf[pos] !== LF) return -1;
    this.#state = State.trailerStart;
    return pos + 1;
  }
}
