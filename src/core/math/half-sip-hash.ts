/**
 * HalfSipHash-2-4 with 64 bits of output: a keyed hash for names that come from outside. Whoever does not know the key
 * cannot make names that meet. Source: Aumasson and Bernstein, SipHash (2012), and its 32-bit variant (halfsiphash.c).
 */
const ROUNDS_EACH = 2;
const ROUNDS_LAST = 4;

export class HalfSipHash {
  /** The last hash: two 32-bit words. */
  low = 0;
  high = 0;
  readonly #key0: number;
  readonly #key1: number;
  #v0 = 0;
  #v1 = 0;
  #v2 = 0;
  #v3 = 0;

  constructor(key0: number, key1: number) {
    this.#key0 = key0 | 0;
    this.#key1 = key1 | 0;
  }

  /** Hashes `bytes[start, end)` into `low` and `high`. */
  hash(bytes: Uint8Array, start: number, end: number): void {
    this.#begin();
    const whole = start + ((end - start) & ~3);
    for (let at = start; at < whole; at += 4) this.#word(wordAt(bytes, at));
    this.#end(lastWord(bytes, whole, end, end - start));
  }

  /** Hashes the first `count` (1 or 2) of two words, as if they were bytes, the lowest first. */
  hashWords(count: number, first: number, second: number): void {
    this.#begin();
    this.#word(first);
    if (count > 1) this.#word(second);
    this.#end((4 * count) << 24);
  }

  #begin(): void {
    this.#v0 = this.#key0;
    this.#v1 = this.#key1 ^ 0xee;
    this.#v2 = this.#key0 ^ 0x6c796765;
    this.#v3 = this.#key1 ^ 0x74656462;
  }

  #end(last: number): void {
    this.#word(last);
    this.#v2 ^= 0xee;
    this.#rounds(ROUNDS_LAST);
    this.low = this.#v1 ^ this.#v3;
    this.#v1 ^= 0xdd;
    this.#rounds(ROUNDS_LAST);
    this.high = this.#v1 ^ this.#v3;
  }

  #word(word: number): void {
    this.#v3 ^= word;
    this.#rounds(ROUNDS_EACH);
    this.#v0 ^= word;
  }

  #rounds(count: number): void {
    let v0 = this.#v0;
    let v1 = this.#v1;
    let v2 = this.#v2;
    let v3 = this.#v3;
    for (let round = 0; round < count; round++) {
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    this.#v0 = v0;
    this.#v1 = v1;
    this.#v2 = v2;
    this.#v3 = v3;
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

/** What is left of the bytes, and their number modulo 256 on top. */
function lastWord(bytes: Uint8Array, at: number, end: number, length: number): number {
  let word = length << 24;
  for (let byte = end - 1; byte >= at; byte--) word |= (bytes[byte] as number) << (8 * (byte - at));
  return word;
}
