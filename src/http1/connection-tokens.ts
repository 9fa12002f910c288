/** The Connection field (RFC 9110, section 7.6.1): a list of options, and of names of fields meant for this hop only. */
import { equalsWord } from './field-values.ts';
import { FIELD_STRIDE, FieldId, NOMINATED_MAX, type Fields } from './head.ts';
import { bytesOf } from './latin1.ts';
import { COMMA, HTAB, SP } from './tables.ts';

/** Bits that `readConnection` answers with; `tooMany` alone when the list names more than it may. */
export const Option = { close: 1, keepAlive: 2, upgrade: 4, other: 8, tooMany: 16 } as const;

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

/**
 * The options in one Connection value. What is none is `other`, and is noted in `fields.nominated` as the name of a field,
 * behind those of the head's earlier Connection fields; an element that is not a token names nothing, but counts.
 */
export function readConnection(buf: Uint8Array, start: number, end: number, fields: Fields): number {
  let options = 0;
  let pos = elementStart(buf, start, end);
  while (pos < end) {
    const next = commaOrEnd(buf, pos, end);
    const stop = trimmedEnd(buf, pos, next);
    if (equalsWord(buf, pos, stop, CLOSE)) options |= Option.close;
    else if (equalsWord(buf, pos, stop, KEEP_ALIVE)) options |= Option.keepAlive;
    else if (equalsWord(buf, pos, stop, UPGRADE)) options |= Option.upgrade;
    else {
      if (fields.nominatedCount === NOMINATED_MAX) return Option.tooMany;
      fields.nominated[fields.nominatedCount * 2] = pos;
      fields.nominated[fields.nominatedCount * 2 + 1] = stop;
      fields.nominatedCount += 1;
      options |= Option.other;
    }
    pos = elementStart(buf, next, end);
  }
  return options;
}

/** Whether an Upgrade field names a protocol: an empty list asks for none (RFC 9110, sections 5.6.1 and 7.8). */
export function namesProtocol(buf: Uint8Array, fields: Fields): boolean {
  if ((fields.seen & (1 << FieldId.upgrade)) === 0) return false;
  for (let cell = 0; cell < fields.count * FIELD_STRIDE; cell += FIELD_STRIDE) {
    if (fields.at[cell + 4] !== FieldId.upgrade) continue;
    const end = fields.at[cell + 3] as number;
    if (elementStart(buf, fields.at[cell + 2] as number, end) < end) return true;
  }
  return false;
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

/**
 * Whether field `index` is named by any Connection field of the same head, and may be taken out for it. Needed only with
 * `connectionTokens`. At most NOMINATED_MAX comparisons, whatever the list is like.
 */
export function namedByConnection(buf: Uint8Array, fields: Fields, index: number): boolean {
  const cell = index * FIELD_STRIDE;
  if ((PROTECTED & (1 << (fields.at[cell + 4] as number))) !== 0) return false;
  return isNominated(buf, fields, index);
}

/** As `namedByConnection`, for any field. */
export function isNominated(buf: Uint8Array, fields: Fields, index: number): boolean {
  const { at, nominated, nominatedCount } = fields;
  const nameStart = at[index * FIELD_STRIDE] as number;
  const length = (at[index * FIELD_STRIDE + 1] as number) - nameStart;
  for (let one = 0; one < nominatedCount; one++) {
    const start = nominated[one * 2] as number;
    if ((nominated[one * 2 + 1] as number) - start === length && sameName(buf, start, nameStart, length)) return true;
  }
  return false;
}
