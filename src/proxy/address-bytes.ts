/**
 * Reads IP addresses from the bytes of a head, without making text of them. An address is four 32-bit words; IPv4 lies at
 * ::ffff:0:0/96 (RFC 4291 section 2.5.5.2), so that an address and its mapped form are one. As strict as inet_pton: decimal
 * parts without leading zeros, one `::` for at least one group. A zone (`%eth0`) says nothing about who it is, and is skipped.
 */
const DOT = 0x2e;
const COLON = 0x3a;
const PERCENT = 0x25;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const GROUPS = 8;
/** The third word of an IPv4 address. */
const MAPPED = 0xffff;

export class AddressBytes {
  /** The address read last, signed words, first bits first. */
  readonly words: Int32Array = new Int32Array(4);
  readonly #groups = new Int32Array(GROUPS);

  get isIPv4(): boolean {
    const { words } = this;
    return words[0] === 0 && words[1] === 0 && words[2] === MAPPED;
  }

  /**
   * Reads the address that is `buf[start, end)`, perhaps in brackets or with a port: `192.0.2.1:80`, `[2001:db8::1]:443`.
   * False where there is none; then `words` stay as they are.
   */
  read(buf: Uint8Array, start: number, end: number): boolean {
    if (buf[start] === OPEN) {
      const close = indexOf(buf, CLOSE, start, end);
      return close < end && isPortOrNothing(buf, close + 1, end) && this.#readBare(buf, start + 1, close);
    }
    const colon = indexOf(buf, COLON, start, end);
    const dot = indexOf(buf, DOT, start, colon);
    if (dot < colon && colon < end) return isPortOrNothing(buf, colon, end) && this.#readIPv4(buf, start, colon);
    return this.#readBare(buf, start, end);
  }

  #readBare(buf: Uint8Array, start: number, end: number): boolean {
    return indexOf(buf, COLON, start, end) < end
      ? this.#readIPv6(buf, start, indexOf(buf, PERCENT, start, end))
      : this.#readIPv4(buf, start, end);
  }

  #readIPv4(buf: Uint8Array, start: number, end: number): boolean {
    const value = ipv4Of(buf, start, end);
    if (value < 0) return false;
    this.words[0] = 0;
    this.words[1] = 0;
    this.words[2] = MAPPED;
    this.words[3] = value;
    return true;
  }

  #readIPv6(buf: Uint8Array, start: number, end: number): boolean {
    const groups = this.#groups;
    let count = 0;
    /** How many groups stand before the `::`; -1: none so far. */
    let gap = -1;
    let at = start;
    if (buf[at] === COLON) {
      if (end - at < 2 || buf[at + 1] !== COLON) return false;
      gap = 0;
      at += 2;
    }
    while (at < end) {
      if (count === GROUPS) return false;
      const from = at;
      let value = 0;
      for (let digit = 0; at < end && (digit = hexOf(buf[at] as number)) >= 0; at++) value = (value << 4) | digit;
      if (buf[at] === DOT && at < end) {
        // Dotted, and the last two groups.
        const dotted = count > GROUPS - 2 ? -1 : ipv4Of(buf, from, end);
        if (dotted < 0) return false;
        groups[count++] = Math.floor(dotted / 0x10000);
        groups[count++] = dotted & 0xffff;
        break;
      }
      if (at === from || at - from > 4) return false;
      groups[count++] = value;
      if (at === end) break;
      if (buf[at++] !== COLON || at === end) return false;
      if (buf[at] !== COLON) continue;
      if (gap !== -1) return false;
      gap = count;
      at++;
    }
    if (gap === -1 ? count !== GROUPS : count === GROUPS) return false;
    this.#spread(count, gap === -1 ? count : gap);
    return true;
  }

  /** The groups read, those from `gap` on moved to the end, into `words`. */
  #spread(count: number, gap: number): void {
    const groups = this.#groups;
    const missing = GROUPS - count;
    for (let at = GROUPS - 1; at >= gap + missing; at--) groups[at] = groups[at - missing] as number;
    for (let at = gap; at < gap + missing; at++) groups[at] = 0;
    for (let word = 0; word < 4; word++)
      this.words[word] = ((groups[2 * word] as number) << 16) | (groups[2 * word + 1] as number);
  }
}

/** A dotted address as a number below 2^32, or -1. */
function ipv4Of(buf: Uint8Array, start: number, end: number): number {
  let value = 0;
  let parts = 0;
  let at = start;
  for (;;) {
    const from = at;
    let part = 0;
    for (; at < end && at - from < 3; at++) {
      const digit = (buf[at] as number) - 0x30;
      if (digit < 0 || digit > 9) break;
      part = part * 10 + digit;
    }
    if (at === from || part > 255 || (at - from > 1 && buf[from] === 0x30)) return -1;
    value = value * 256 + part;
    if (++parts === 4) return at === end ? value : -1;
    if (at >= end || buf[at++] !== DOT) return -1;
  }
}

/** Whether `buf[start, end)` is empty, or `:` and digits. */
function isPortOrNothing(buf: Uint8Array, start: number, end: number): boolean {
  if (start === end) return true;
  if (buf[start] !== COLON || start + 1 === end) return false;
  for (let at = start + 1; at < end; at++) {
    const byte = buf[at] as number;
    if (byte < 0x30 || byte > 0x39) return false;
  }
  return true;
}

/** Where `byte` first stands in `buf[start, end)`, or `end`. */
function indexOf(buf: Uint8Array, byte: number, start: number, end: number): number {
  let at = start;
  while (at < end && buf[at] !== byte) at++;
  return at;
}

/** The value of a hexadecimal digit, or -1. */
function hexOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
