/**
 * The RateLimit-Policy and RateLimit lines of one limit (draft-ietf-httpapi-ratelimit-headers-10), kept as they were written
 * last: from one answer to the next only the digits change, and often not even those, so that an answer gets them in one copy.
 */

/** Digits of a number below 10^15, and some. */
const DIGITS_MAX = 16;
/** What is above this is written in two parts, for the lower one to be a whole number of 31 bits. */
const BILLION = 1_000_000_000;
const BILLION_DIGITS = 9;

export class LimitFields {
  /** Bytes that `write` needs at most. */
  readonly bytesMax: number;
  readonly #text: Buffer;
  /** Where the digits begin. */
  readonly #digits: number;
  #end = 0;
  #remaining = -1;
  #resetSeconds = -1;

  /** `policies`: the whole RateLimit-Policy line, or ''. */
  constructor(policies: string, name: string) {
    const before = Buffer.from(`${policies}ratelimit: "${name}";r=`, 'latin1');
    this.#digits = before.length;
    this.bytesMax = before.length + 2 * DIGITS_MAX + 8;
    this.#text = Buffer.alloc(this.bytesMax);
    before.copy(this.#text);
  }

  /** Writes both lines into `into` from `at`; returns the offset behind them. */
  write(remaining: number, resetSeconds: number, into: Buffer, at: number): number {
    if (remaining !== this.#remaining || resetSeconds !== this.#resetSeconds) this.#set(remaining, resetSeconds);
    return at + this.#text.copy(into, at, 0, this.#end);
  }

  #set(remaining: number, resetSeconds: number): void {
    const text = this.#text;
    this.#remaining = remaining;
    this.#resetSeconds = resetSeconds;
    let to = writeWhole(remaining, text, this.#digits);
    text[to++] = 0x3b; // ;t=
    text[to++] = 0x74;
    text[to++] = 0x3d;
    to = writeWhole(resetSeconds, text, to);
    text[to] = 13;
    text[to + 1] = 10;
    this.#end = to + 2;
  }
}

/** Writes a whole number below 10^15. */
function writeWhole(value: number, into: Buffer, at: number): number {
  if (value < BILLION) {
    let digits = 1;
    for (let bound = 10; bound <= value; bound *= 10) digits++;
    return writeDigits(value, digits, into, at);
  }
  const high = Math.floor(value / BILLION);
  return writeDigits(value - high * BILLION, BILLION_DIGITS, into, writeWhole(high, into, at));
}

function writeDigits(value: number, digits: number, into: Buffer, at: number): number {
  let rest = value | 0;
  for (let place = at + digits - 1; place >= at; place--) {
    const tens = (rest / 10) | 0;
    into[place] = 0x30 + rest - tens * 10;
    rest = tens;
  }
  return at + digits;
}
