/**
 * Paths that can be read in more than one way. A path is forwarded as the client wrote it, so the backend may read it
 * otherwise than the router did: decode `%61`, `%2f` or `%2e`, merge `//`, drop `/./`, resolve `/../`, take `\` for `/`, or
 * drop `;parameters` before it does any of this (CVE-2021-41773, and Tsai, "Breaking Parser Logic", Black Hat 2018, show such
 * disagreements). The rule that follows: a request has a route only when every such reading gives it the same one.
 *
 * Two observations keep that cheap:
 * - Decoding, merging and dropping only ever bring a path into more patterns, never out of one that it matched as written,
 *   for patterns hold none of these things. So the reading with all of them bounds the rest.
 * - Climbing (`..`) can do anything below the lowest point that it reaches. It is harmless only when it never leaves the
 *   prefix in any reading, and no earlier route lies below that prefix.
 *
 * See RFC 3986, sections 5.2.4 and 6.2.2.
 */
const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const DOT = 0x2e;
const PERCENT = 0x25;
const SEMICOLON = 0x3b;

/** Bits of `KIND`. */
const IS_SLASH = 1;
const IS_ODD = 2;
const ODD_AFTER_SLASH = 4;

const KIND = new Uint8Array(256);
KIND[SLASH] = IS_SLASH | ODD_AFTER_SLASH;
KIND[DOT] = ODD_AFTER_SLASH;
KIND[PERCENT] = KIND[BACKSLASH] = KIND[SEMICOLON] = IS_ODD;

/** Whether `buf[start, end)` reads the same to everyone. May say no too often, never yes. */
export function readsOneWay(buf: Uint8Array, start: number, end: number): boolean {
  let odd = IS_ODD;
  for (let at = start; at < end; at++) {
    const kind = KIND[buf[at] as number] as number;
    if ((kind & odd) !== 0) return false;
    odd = IS_ODD | ((kind & IS_SLASH) << 2);
  }
  return true;
}

/** Room for the longest target that is usual; grows when a longer one comes. */
const FIRST_BYTES = 8192;

/** The widest reading of one path: everything decoded, merged and dropped, and how far it climbs. */
export class WidestReading {
  /**
   * The path without empty and dot segments, without parameters and without a closing slash (`/a/.` may be `/a` or `/a/`), so
   * empty for `/`. What `..` would take away is still in it: then `unbounded` and `lowest` tell more.
   */
  buf: Uint8Array = new Uint8Array(FIRST_BYTES);
  end = 0;
  /** Other readings may end elsewhere below the prefix than this one: some reading holds a `..`, or parameters that could end in two places. */
  unbounded = false;
  /** The fewest segments that any reading may be left with right behind a `..`. */
  lowest = 0;
  #depth = 0;
  /** Where the segment that is being read starts in `buf`; its slash stands before it. */
  #segment = 0;
  /** The segment's parameters are being skipped. */
  #skipping = false;
  /** A part of this raw segment has been counted: parts behind an encoded slash may not exist for the backend. */
  #counted = false;

  read(path: Uint8Array, start: number, end: number): void {
    if (this.buf.length < end - start + 2) this.buf = new Uint8Array((end - start + 2) * 2);
    this.end = 0;
    this.unbounded = false;
    this.lowest = Number.MAX_SAFE_INTEGER;
    this.#depth = 0;
    this.#openSegment();
    this.#counted = false;
    for (let at = start; at < end; at++) {
      let byte = path[at] as number;
      const raw = byte === SLASH;
      const decoded = byte === PERCENT && at + 2 < end ? hexPair(path[at + 1] as number, path[at + 2] as number) : -1;
      if (decoded >= 0) {
        byte = decoded;
        at += 2;
      }
      if (byte === 0) this.#refuse();
      if (byte === SLASH || byte === BACKSLASH) {
        // Where parameters end, at this separator or at the next plain slash, is read both ways.
        if (this.#skipping && !raw) this.unbounded = true;
        this.#closeSegment();
        this.#openSegment();
        if (raw) this.#counted = false;
      } else if (byte === SEMICOLON) this.#skipping = true;
      else if (!this.#skipping) this.buf[this.end++] = byte;
    }
    this.#closeSegment();
  }

  /** Some readers end a path at NUL: no route is safe. */
  #refuse(): void {
    this.unbounded = true;
    this.lowest = -1;
  }

  #openSegment(): void {
    this.buf[this.end++] = SLASH;
    this.#segment = this.end;
    this.#skipping = false;
  }

  #closeSegment(): void {
    const length = this.end - this.#segment;
    const first = this.buf[this.#segment] as number;
    const dots = length === 0 || (length <= 2 && first === DOT && this.buf[this.end - 1] === DOT);
    if (!dots) {
      if (!this.#counted) this.#depth++;
      this.#counted = true;
      return;
    }
    this.end = this.#segment - 1;
    this.#counted = true;
    if (length < 2) return;
    this.unbounded = true;
    this.#depth--;
    if (this.#depth < this.lowest) this.lowest = this.#depth;
  }
}

function hexPair(high: number, low: number): number {
  const a = hexValue(high);
  const b = hexValue(low);
  return a < 0 || b < 0 ? -1 : a * 16 + b;
}

function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
