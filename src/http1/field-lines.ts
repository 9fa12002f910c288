/**
 * The field section of a head (RFC 9112, section 5), the same for requests and responses: one pass that validates every byte
 * and fills the table of ranges. What the fields mean is the head parsers' business.
 */
import { Fault } from '#core/fault.ts';
import { fieldIdOf } from './field-names.ts';
import { FIELD_STRIDE, INCOMPLETE, type Fields } from './head.ts';
import { COLON, CR, HTAB, LF, SP, TOKEN, VALUE } from './tables.ts';
import { wordsOf } from './words.ts';

/** One byte, four times. */
const SPACES = 0x20202020;
const DELS = 0x7f7f7f7f;
const ONES = 0x01010101;
const HIGH_BITS = 0x80808080;

/** Why `byte` cannot stand where a name, or the colon behind it, should be. */
function nameFault(byte: number, atLineStart: boolean): number {
  if (atLineStart) {
    if (byte === SP || byte === HTAB) return -Fault.foldedField;
    if (byte === LF) return -Fault.badLineEnd;
  }
  return -Fault.badFieldName;
}

/**
 * Offset of the first byte from `pos` on that cannot stand in a value, or `stop`. Four bytes at a time as long as none is below
 * SP and none is DEL ("Determine if a word has a byte less than n", Sean Eron Anderson's Bit Twiddling Hacks).
 */
function textEnd(buf: Uint8Array, words: DataView, pos: number, stop: number): number {
  const wordStop = stop - 3;
  while (pos < wordStop) {
    const word = words.getInt32(pos, true);
    const del = word ^ DELS;
    if (((((word - SPACES) & ~word) | ((del - ONES) & ~del)) & HIGH_BITS) !== 0) break;
    pos += 4;
  }
  const text = VALUE;
  while (pos < stop && text[buf[pos] as number] !== 0) pos++;
  return pos;
}

/**
 * Scans field lines from `pos` to the blank line. Returns the offset behind the blank line, INCOMPLETE when `stop` comes
 * first, or a negative fault. In each case `fields` holds the lines that were whole, so that the caller can judge these
 * first: of several faults in a head, the leftmost one counts, however the bytes were cut into reads.
 */
export function scanFieldLines(buf: Uint8Array, pos: number, stop: number, fields: Fields, countMax: number): number {
  const token = TOKEN;
  const words = wordsOf(buf);
  const at = fields.at;
  const slotMax = Math.min(countMax * FIELD_STRIDE, at.length - FIELD_STRIDE + 1);
  let slot = 0;
  let count = 0;
  let seen = 0;
  let lineStart = pos;
  let result: number = INCOMPLETE;
  fields.linesStart = pos;

  while (pos < stop) {
    let byte = buf[pos] as number;
    if (byte === CR) {
      if (pos + 1 < stop) result = buf[pos + 1] === LF ? pos + 2 : -Fault.badLineEnd;
      break;
    }
    if (slot >= slotMax) {
      result = -Fault.headTooLarge;
      break;
    }
    while (token[byte] !== 0 && ++pos < stop) byte = buf[pos] as number;
    if (pos >= stop) break;
    if (byte !== COLON || pos === lineStart) {
      result = nameFault(byte, pos === lineStart);
      break;
    }
    const nameEnd = pos;
    do byte = ++pos < stop ? (buf[pos] as number) : 0;
    while (byte === SP || byte === HTAB);
    const valueStart = pos;
    pos = textEnd(buf, words, pos, stop);
    if (pos >= stop) break;
    byte = buf[pos] as number;
    if (byte !== CR || (pos + 1 < stop && buf[pos + 1] !== LF)) {
      result = byte === CR || byte === LF ? -Fault.badLineEnd : -Fault.badFieldValue;
      break;
    }
    if (pos + 1 >= stop) break;
    let valueEnd = pos;
    while (valueEnd > valueStart && (buf[valueEnd - 1] === SP || buf[valueEnd - 1] === HTAB)) valueEnd--;
    pos += 2;

    const id = fieldIdOf(buf, words, lineStart, nameEnd);
    at[slot] = lineStart;
    at[slot + 1] = nameEnd;
    at[slot + 2] = valueStart;
    at[slot + 3] = valueEnd;
    at[slot + 4] = id;
    slot += FIELD_STRIDE;
    count++;
    seen |= 1 << id;
    lineStart = pos;
  }
  fields.count = count;
  fields.seen = seen;
  fields.linesEnd = lineStart;
  return result;
}
