/**
 * The Keep-Alive field, by which a server says how it treats a connection that persists: `timeout=5, max=100`. It was first
 * described in RFC 2068, section 19.7.1.1, and last in draft-thomson-hybi-http-timeout-03; Node, Apache and many others send
 * it. Read leniently, since it only ever shortens what the reader would do anyway: parameters that are not known, and values
 * that are no numbers, say nothing.
 */
import { equalsWord } from './field-values.ts';
import { FIELD_STRIDE, FieldId, type Fields } from './head.ts';
import { bytesOf } from './latin1.ts';
import { COMMA, HTAB, SP } from './tables.ts';

const TIMEOUT: Uint8Array = bytesOf('timeout');
const MAX: Uint8Array = bytesOf('max');
const EQUALS = 0x3d;
/** Larger numbers count as this: a connection that may live for thirty years. */
const NUMBER_MAX = 1_000_000_000;

/** What the field says; -1 where it says nothing. */
export class KeepAliveTerms {
  /** Seconds for which the server keeps an unused connection. */
  timeoutS = -1;
  /** Requests that it will still take on this one. */
  max = -1;
}

/** Reads the Keep-Alive fields of a head into `terms`. Of a parameter that comes twice the smaller value counts. */
export function readKeepAlive(buf: Uint8Array, fields: Fields, terms: KeepAliveTerms): void {
  terms.timeoutS = -1;
  terms.max = -1;
  if ((fields.seen & (1 << FieldId.keepAlive)) === 0) return;
  const { at } = fields;
  for (let cell = 0; cell < fields.count * FIELD_STRIDE; cell += FIELD_STRIDE) {
    if (at[cell + 4] === FieldId.keepAlive) readValue(buf, at[cell + 2] as number, at[cell + 3] as number, terms);
  }
}

function readValue(buf: Uint8Array, start: number, end: number, terms: KeepAliveTerms): void {
  for (let pos = start; pos < end; pos++) {
    const byte = buf[pos];
    if (byte === COMMA || byte === SP || byte === HTAB) continue;
    const name = pos;
    while (pos < end && buf[pos] !== EQUALS && buf[pos] !== COMMA) pos++;
    const nameEnd = pos;
    const value = pos + 1;
    while (pos < end && buf[pos] !== COMMA) pos++;
    if (value > pos) continue;
    if (equalsWord(buf, name, nameEnd, TIMEOUT)) terms.timeoutS = smaller(terms.timeoutS, numberIn(buf, value, pos));
    else if (equalsWord(buf, name, nameEnd, MAX)) terms.max = smaller(terms.max, numberIn(buf, value, pos));
  }
}

/** The decimal number that is all of the range, spaces behind it apart; -1 when there is none. */
function numberIn(buf: Uint8Array, start: number, end: number): number {
  while (end > start && (buf[end - 1] === SP || buf[end - 1] === HTAB)) end--;
  if (start === end) return -1;
  let number = 0;
  for (let pos = start; pos < end; pos++) {
    const digit = (buf[pos] as number) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    number = Math.min(NUMBER_MAX, number * 10 + digit);
  }
  return number;
}

function smaller(before: number, now: number): number {
  return before === -1 || (now !== -1 && now < before) ? now : before;
}
