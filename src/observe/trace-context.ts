/**
 * A traceparent read from bytes and written as bytes: W3C Trace Context level 1, section 3.2, and of level 2 the bit that says
 * that a trace's id is random. One is used again and again; nothing is allocated.
 *
 * What is refused, and then counts as no parent at all (section 4.3): version ff, version 00 that is not 55 bytes long, a
 * longer one of a later version without a dash behind the flags, digits that are not lower-case hexadecimal, and ids that are
 * all zeros. Of a later version the first 55 bytes are read as of version 00. What is written is always version 00, with
 * those flags that are known here.
 */

/** `00-` trace-id `-` parent-id `-` flags */
export const TRACEPARENT_BYTES = 55;
export const TRACE_ID_DIGITS = 32;
export const SPAN_ID_DIGITS = 16;
const TRACE_ID_AT = 3;
const PARENT_AT = 36;
const FLAGS_AT = 53;

/** The caller records this trace, and whoever follows it should as well. */
export const SAMPLED = 0x01;
/** The last 56 bits of the trace's id are random (level 2, section 3.2.2.5.2). */
export const RANDOM = 0x02;
const KNOWN_FLAGS = SAMPLED | RANDOM;

const DASH = 0x2d;
const ZERO = 0x30;
const NO_DIGIT = 0xff;

/** The value of each hexadecimal digit that may stand in a traceparent. */
const DIGITS = new Uint8Array(256).fill(NO_DIGIT);
/** The digit of each value. */
const HEX = new Uint8Array(16);
'0123456789abcdef'.split('').forEach((digit, value) => {
  DIGITS[digit.charCodeAt(0)] = value;
  HEX[value] = digit.charCodeAt(0);
});

export class TraceContext {
  /** The trace's id, most significant word first. */
  readonly id: Uint32Array = new Uint32Array(4);
  /** The caller's span; 0 and 0 where there is none. */
  parentHigh = 0;
  parentLow = 0;
  /** Those known here, whatever else was sent. */
  flags = 0;

  get isSampled(): boolean {
    return (this.flags & SAMPLED) !== 0;
  }

  /** Reads `buf[start, end)`; false when it is no valid traceparent, and what this held before is lost then. */
  read(buf: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    if (length < TRACEPARENT_BYTES) return false;
    const version = byteAt(buf, start);
    if (version < 0 || version === 0xff) return false;
    if (length > TRACEPARENT_BYTES && (version === 0 || buf[start + TRACEPARENT_BYTES] !== DASH)) return false;
    if (buf[start + 2] !== DASH || buf[start + PARENT_AT - 1] !== DASH || buf[start + FLAGS_AT - 1] !== DASH)
      return false;
    const flags = byteAt(buf, start + FLAGS_AT);
    if (flags < 0) return false;
    const { id } = this;
    for (let word = 0; word < 4; word++) if (!readWord(buf, start + TRACE_ID_AT + 8 * word, id, word)) return false;
    if (((id[0] as number) | (id[1] as number) | (id[2] as number) | (id[3] as number)) === 0) return false;
    if (!readWord(buf, start + PARENT_AT, scratch, 0) || !readWord(buf, start + PARENT_AT + 8, scratch, 1))
      return false;
    this.parentHigh = scratch[0] as number;
    this.parentLow = scratch[1] as number;
    if ((this.parentHigh | this.parentLow) === 0) return false;
    this.flags = flags & KNOWN_FLAGS;
    return true;
  }

  /** Begins a trace; `words` gives 32 random bits at a time. */
  make(words: { word(): number }): void {
    const { id } = this;
    for (let at = 0; at < 4; at++) id[at] = words.word();
    // One in 2^32 traces has an id a bit less random than the others: all zeros is no id.
    if (id[3] === 0) id[3] = 1;
    this.parentHigh = 0;
    this.parentLow = 0;
    this.flags = 0;
  }

  /** Writes a traceparent with this span as the parent; returns the offset behind it. */
  write(into: Uint8Array, at: number, spanHigh: number, spanLow: number): number {
    into[at] = ZERO;
    into[at + 1] = ZERO;
    into[at + 2] = DASH;
    let to = this.writeId(into, at + TRACE_ID_AT);
    into[to] = DASH;
    to = writeSpanId(into, to + 1, spanHigh, spanLow);
    into[to] = DASH;
    into[to + 1] = ZERO;
    into[to + 2] = HEX[this.flags] as number;
    return to + 3;
  }

  /** Writes the trace's id as digits; returns the offset behind it. */
  writeId(into: Uint8Array, at: number): number {
    const { id } = this;
    for (let word = 0; word < 4; word++) writeWord(into, at + 8 * word, id[word] as number);
    return at + TRACE_ID_DIGITS;
  }
}

/** Where in a traceparent at `at` the parent's span id stands. */
export function parentAt(at: number): number {
  return at + PARENT_AT;
}

/** Writes a span's id as digits; returns the offset behind it. */
export function writeSpanId(into: Uint8Array, at: number, high: number, low: number): number {
  writeWord(into, at, high);
  writeWord(into, at + 8, low);
  return at + SPAN_ID_DIGITS;
}

const scratch = new Uint32Array(2);

/** Two digits; negative when they are none. */
function byteAt(buf: Uint8Array, at: number): number {
  const high = DIGITS[buf[at] as number] as number;
  const low = DIGITS[buf[at + 1] as number] as number;
  return (high | low) > 15 ? -1 : (high << 4) | low;
}

function readWord(buf: Uint8Array, at: number, into: Uint32Array, place: number): boolean {
  let word = 0;
  let worst = 0;
  for (let i = 0; i < 8; i++) {
    const digit = DIGITS[buf[at + i] as number] as number;
    worst |= digit;
    word = (word << 4) | digit;
  }
  into[place] = word;
  return worst <= 15;
}

function writeWord(into: Uint8Array, at: number, word: number): void {
  for (let i = 0, shift = 28; i < 8; i++, shift -= 4) into[at + i] = HEX[(word >>> shift) & 15] as number;
}
