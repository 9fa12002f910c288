/** The Connection field (RFC 9110, section 7.6.1): a list of options, and of names of fields meant for this hop only. */
import { equalsWord } from './field-values.ts';
import { FIELD_STRIDE, FieldId, type Fields } from './head.ts';
import { bytesOf } from './latin1.ts';
import { COMMA, HTAB, SP } from './tables.ts';

/** Bits that `connectionOptions` answers with. */
export const Option = { close: 1, keepAlive: 2, upgrade: 4, other: 8 } as const;

const CLOSE: Uint8Array = bytesOf('close');
const KEEP_ALIVE: Uint8Array = bytesOf('keep-alive');
const UPGRADE: Uint8Array = bytesOf('upgrade');
const CONTINUE: Uint8Array = bytesOf('100-continue');

/** Start of the list element at or behind `pos`: commas and whitespace skipped. */
function elementStart(buf: Uint8Array, pos: number, end: number): number {
  while (pos < end && (buf[pos] === COMMA || buf[pos] === SP || buf[pos] === HTAB)) pos++;
  return pos;
}

function commaOrEnd(buf: Uint8Array, pos: number, end: number): number {
  while (pos < end && buf[pos] !== COMMA) pos++;
  return pos;
}

function trimmedEnd(buf: Uint8Array, start: number, end: number): number {
  while (end > start && (buf[end - 1] === SP || buf[end - 1] === HTAB)) end--;
  return end;
}

/** The options in one Connection value. An element that is not a token is `other` and names nothing. */
export function connectionOptions(buf: Uint8Array, start: number, end: number): number {
  let options = 0;
  let pos = elementStart(buf, start, end);
  while (pos < end) {
    const next = commaOrEnd(buf, pos, end);
    const stop = trimmedEnd(buf, pos, next);
    if (equalsWord(buf, pos, stop, CLOSE)) options |= Option.close;
    else if (equalsWord(buf, pos, stop, KEEP_ALIVE)) options |= Option.keepAlive;
    else if (equalsWord(buf, pos, stop, UPGRADE)) options |= Option.upgrade;
    else options |= Option.other;
    pos = elementStart(buf, next, end);
  }
  return options;
}

/** Whether an Expect value lists 100-continue (RFC 9110, section 10.1.1). */
export function expectsContinue(buf: Uint8Array, start: number, end: number): boolean {
  let pos = elementStart(buf, start, end);
  while (pos < end) {
    const next = commaOrEnd(buf, pos, end);
    if (equalsWord(buf, pos, trimmedEnd(buf, pos, next), CONTINUE)) return true;
    pos = elementStart(buf, next, end);
  }
  return false;
}

/** Case-insensitive equality of two ranges of tchar bytes. */
function sameName(buf: Uint8Array, a: number, b: number, length: number): boolean {
  for (let i = 0; i < length; i++) {
    const x = buf[a + i] as number;
    const y = buf[b + i] as number;
    if (x === y) continue;
    const lower = x | 0x20;
    if (lower !== (y | 0x20) || lower < 0x61 || lower > 0x7a) return false;
  }
  return true;
}

/**
 * Fields that a sender cannot have stripped by naming them in Connection: what frames or addresses the message, and what
 * tells the backend where it came from (stripping those is a known way around access rules, as in CVE-2022-31813).
 */
const PROTECTED: number =
  (1 << FieldId.host) |
  (1 << FieldId.contentLength) |
  (1 << FieldId.transferEncoding) |
  (1 << FieldId.via) |
  (1 << FieldId.forwarded) |
  (1 << FieldId.xForwardedFor) |
  (1 << FieldId.xForwardedProto) |
  (1 << FieldId.xForwardedHost) |
  (1 << FieldId.xForwardedPort) |
  (1 << FieldId.xRequestId);

/** Whether field `index` is named by any Connection field of the same head, and may be. Needed only with `connectionTokens`. */
export function namedByConnection(buf: Uint8Array, fields: Fields, index: number): boolean {
  const at = fields.at;
  const field = index * FIELD_STRIDE;
  if ((PROTECTED & (1 << (at[field + 4] as number))) !== 0) return false;
  const nameStart = at[field] as number;
  const length = (at[field + 1] as number) - nameStart;
  for (let slot = 0; slot < fields.count * FIELD_STRIDE; slot += FIELD_STRIDE) {
    if (at[slot + 4] !== FieldId.connection) continue;
    const end = at[slot + 3] as number;
    let pos = elementStart(buf, at[slot + 2] as number, end);
    while (pos < end) {
      const next = commaOrEnd(buf, pos, end);
      if (trimmedEnd(buf, pos, next) - pos === length && sameName(buf, pos, nameStart, length)) return true;
      pos = elementStart(buf, next, end);
    }
  }
  return false;
}
