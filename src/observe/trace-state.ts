/**
 * A tracestate: what each tracing system on the way adds for itself (W3C Trace Context, section 3.3). It is passed on as it
 * came while it is valid and not too long. Several lines become one. More than `STATE_BYTES_MAX` bytes are cut by whole
 * members as section 3.3.1.5 says: first those of more than 128 bytes, then the last ones. What is not valid, or has more than
 * 32 members, is not passed on at all. Members are offsets into the head they came with; nothing is copied before `write`.
 */
import { STATE_BYTES_MAX } from './span-notes.ts';

/** Section 3.3.1.1. */
const MEMBERS_MAX = 32;
const KEY_BYTES_MAX = 256;
const VALUE_BYTES_MAX = 256;
/** Members longer than this are the first to go. */
const LONG_BYTES = 128;

const COMMA = 0x2c;
const EQUALS = 0x3d;
const SPACE = 0x20;
const TAB = 0x09;
const AT = 0x40;
const TILDE = 0x7e;

/** 1: may stand in a key; 2: may begin one too. Level 2 lets keys begin with a digit. */
const IN_KEY = new Uint8Array(256);
for (const char of 'abcdefghijklmnopqrstuvwxyz0123456789') IN_KEY[char.charCodeAt(0)] = 2;
for (const char of '_-*/@') IN_KEY[char.charCodeAt(0)] = 1;

export class TraceState {
  /** Start and end of each member. */
  readonly #members = new Int32Array(2 * MEMBERS_MAX);
  #count = 0;
  #lines = 0;
  #valid = true;
  /** A line holds more than its members with one comma between two. */
  #loose = false;

  begin(): void {
    this.#count = 0;
    this.#lines = 0;
    this.#valid = true;
    this.#loose = false;
  }

  /** Takes the value of one more line, `buf[start, end)`. */
  line(buf: Uint8Array, start: number, end: number): void {
    this.#lines += 1;
    let at = start;
    while (this.#valid && at <= end) {
      let comma = at;
      while (comma < end && buf[comma] !== COMMA) comma++;
      this.#member(buf, at, comma);
      at = comma + 1;
    }
  }

  /** All lines were taken: cuts what is too long. Whether the lines may go on as they are. */
  finish(): boolean {
    if (!this.#valid) this.#count = 0;
    const before = this.#count;
    for (let at = this.#count - 1; at >= 0 && this.bytes > STATE_BYTES_MAX; at--)
      if (this.#length(at) > LONG_BYTES) this.#remove(at);
    while (this.bytes > STATE_BYTES_MAX) this.#count -= 1;
    return this.#lines <= 1 && this.#valid && !this.#loose && this.#count === before && before > 0;
  }

  /** What `write` writes. */
  get bytes(): number {
    let sum = Math.max(0, this.#count - 1);
    for (let at = 0; at < this.#count; at++) sum += this.#length(at);
    return sum;
  }

  /** Writes the value, out of the same `buf`; returns the offset behind it. */
  write(buf: Uint8Array, into: Uint8Array, at: number): number {
    let to = at;
    for (let member = 0; member < this.#count; member++) {
      if (member > 0) into[to++] = COMMA;
      const end = this.#members[2 * member + 1] as number;
      for (let from = this.#members[2 * member] as number; from < end; from++) into[to++] = buf[from] as number;
    }
    return to;
  }

  #member(buf: Uint8Array, start: number, end: number): void {
    let from = start;
    let to = end;
    while (from < to && isBlank(buf[from] as number)) from++;
    while (to > from && isBlank(buf[to - 1] as number)) to--;
    if (from !== start || to !== end || from === to) this.#loose = true;
    // Empty members are allowed, for lists that were joined (section 3.3.1.2).
    if (from === to) return;
    if (this.#count === MEMBERS_MAX || !isMember(buf, from, to)) {
      this.#valid = false;
      return;
    }
    this.#members[2 * this.#count] = from;
    this.#members[2 * this.#count + 1] = to;
    this.#count += 1;
  }

  #length(member: number): number {
    return (this.#members[2 * member + 1] as number) - (this.#members[2 * member] as number);
  }

  #remove(member: number): void {
    this.#members.copyWithin(2 * member, 2 * member + 2, 2 * this.#count);
    this.#count -= 1;
  }
}

/** `key=value`, without blanks around it. */
function isMember(buf: Uint8Array, start: number, end: number): boolean {
  let at = start;
  let ats = 0;
  for (; at < end && buf[at] !== EQUALS; at++) {
    const byte = buf[at] as number;
    if (byte === AT) ats += 1;
    if (IN_KEY[byte] === 0) return false;
  }
  const keyBytes = at - start;
  if (keyBytes === 0 || keyBytes > KEY_BYTES_MAX || ats > 1 || IN_KEY[buf[start] as number] !== 2) return false;
  const valueBytes = end - at - 1;
  if (valueBytes < 1 || valueBytes > VALUE_BYTES_MAX) return false;
  for (at += 1; at < end; at++) {
    const byte = buf[at] as number;
    if (byte < SPACE || byte > TILDE || byte === EQUALS) return false;
  }
  return true;
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}
