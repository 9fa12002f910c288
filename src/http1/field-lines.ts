/**
 * The field section of a head (RFC 9112, section 5), the same for requests and responses: one pass that validates every byte
 * and fills the table of ranges. What the fields mean is the head parsers' business.
 */
import { Fault } from '#core/fault.ts';
import { fieldIdOf } from './field-names.ts';
import { FIELD_STRIDE, INCOMPLETE, type Fields } from './head.ts';
import { COLON, CR, HTAB, LF, SP, TOKEN, VALUE } from './tables.ts';

/** Why the byte at `pos` cannot stand where a name, or the colon behind it, should be. */
function nameFault(byte: number, atLineStart: boolean): number {
  if (atLineStart) {
    if (byte === SP || byte === HTAB) return -Fault.foldedField;
    if (byte === LF) return -Fault.badLineEnd;
  }
  return -Fault.badFieldName;
}

/**
 * Scans field lines from `pos` to the blank line. Returns the offset behind the blank line, INCOMPLETE when `stop` comes
 * first, or a negative fault. In each case `fields` holds the lines that were whole, so that the caller can judge these
 * first: of several faults in a head, the leftmost one counts, however the bytes were cut into reads.
 */
export function scanFieldLines(buf: Uint8Array, pos: number, stop: number, fields: Fields, countMax: number): number {
  const token = TOKEN;
  const text = VALUE;
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
    while (pos < stop) {
      byte = buf[pos] as number;
      if (text[byte] === 0) break;
      pos++;
    }
    if (pos >= stop) break;
    if (byte !== CR || (pos + 1 < stop && buf[pos + 1] !== LF)) {
      result = byte === CR || byte === LF ? -Fault.badLineEnd : -Fault.badFieldValue;
      break;
    }
    if (pos + 1 >= stop) break;
    let valueEnd = pos;
    while (valueEnd > valueStart && (buf[valueEnd - 1] === SP || buf[valueEnd - 1] === HTAB)) valueEnd--;
    pos += 2;

    const id = fieldIdOf(buf, lineStart, nameEnd);
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
