/**
 * The request target (RFC 9112, section 3.2): which of the four forms it has, and where its parts are. Nothing is decoded or
 * normalised: dot segments, doubled slashes and escapes are the router's to judge.
 *
 * In a path, malformed percent-escapes, `%00` and `\` are refused, since backends disagree about what they name. A query is
 * opaque: any visible ASCII but `#`.
 */
import { Fault } from '#core/fault.ts';
import { isAuthority, isConnectAuthority } from './authority.ts';
import { INCOMPLETE } from './head.ts';
import { Method } from './method.ts';
import type { RequestHead } from './request-head.ts';
import { CR, HEX_VALUE, HTAB, LF, PATH, QUERY, SP } from './tables.ts';

export const TargetForm = { origin: 0, absolute: 1, authority: 2, asterisk: 3 } as const;
export type TargetForm = (typeof TargetForm)[keyof typeof TargetForm];

const PERCENT = 0x25;
const ASTERISK = 0x2a;
const SLASH = 0x2f;
const QUESTION = 0x3f;

/** Why a target cannot end with `byte`: a line end means that the version is missing (HTTP/0.9). */
function endFault(byte: number): number {
  return byte === CR || byte === LF || byte === SP || byte === HTAB ? -Fault.badRequestLine : -Fault.badTarget;
}

/**
 * Scans the target at `start` and fills `head`. Returns the offset of the space behind it, INCOMPLETE, or a negative fault.
 * `stop` ends what may be read; `head.method` must be set.
 */
export function scanTarget(buf: Uint8Array, start: number, stop: number, head: RequestHead, bytesMax: number): number {
  if (start >= stop) return INCOMPLETE;
  // The byte at `last` may only be the space that ends the target.
  const last = stop - start > bytesMax ? start + bytesMax : stop;
  head.targetStart = start;
  head.authorityStart = start;
  head.authorityEnd = start;
  let pos = start;
  if (buf[start] === SLASH && head.method !== Method.connect) {
    head.form = TargetForm.origin;
    pos = scanPath(buf, start, last, head);
  } else {
    pos = scanOtherForm(buf, start, last, head);
  }
  if (pos < 0) return pos;
  if (pos >= last) {
    if (last === stop) return INCOMPLETE;
    if (buf[last] !== SP) return -Fault.targetTooLong;
  }
  if (buf[pos] !== SP) return endFault(buf[pos] as number);
  head.targetEnd = pos;
  head.pathQueryEnd = pos;
  return head.form === TargetForm.origin ? pos : closeOtherForm(buf, pos, head);
}

/** Path and query from `start`: offset of the first byte that belongs to neither, or a negative fault. */
function scanPath(buf: Uint8Array, start: number, last: number, head: RequestHead): number {
  const path = PATH;
  let pos = start;
  head.pathStart = start;
  for (;;) {
    while (pos < last && path[buf[pos] as number] !== 0) pos++;
    if (pos >= last || buf[pos] !== PERCENT) break;
    if (!isEscape(buf, pos, last)) return -Fault.badTarget;
    pos = pos + 3 < last ? pos + 3 : last;
  }
  head.pathEnd = pos;
  if (pos < last && buf[pos] === QUESTION) {
    const query = QUERY;
    pos++;
    while (pos < last && query[buf[pos] as number] !== 0) pos++;
  }
  return pos;
}

/** Whether two hexadecimal digits follow the `%` at `pos`, not `00`; as far as they are there already. */
function isEscape(buf: Uint8Array, pos: number, last: number): boolean {
  const high = pos + 1 < last ? (HEX_VALUE[buf[pos + 1] as number] as number) : 15;
  const low = pos + 2 < last ? (HEX_VALUE[buf[pos + 2] as number] as number) : 15;
  return high !== 255 && low !== 255 && (high | low) !== 0;
}

/** Absolute, authority and asterisk form: offset of the first byte behind, or a negative fault. */
function scanOtherForm(buf: Uint8Array, start: number, last: number, head: RequestHead): number {
  let pos = start;
  head.pathStart = start;
  head.pathEnd = start;
  if (head.method === Method.connect) {
    head.form = TargetForm.authority;
  } else if (buf[start] === ASTERISK) {
    if (head.method !== Method.options) return -Fault.badTarget;
    head.form = TargetForm.asterisk;
    return start + 1;
  } else {
    head.form = TargetForm.absolute;
    const scheme = schemeLength(buf, start, last);
    if (scheme < 0) return endFault(buf[start] as number);
    pos = start + scheme;
    head.authorityStart = pos;
  }
  while (pos < last && QUERY[buf[pos] as number] !== 0 && buf[pos] !== SLASH && buf[pos] !== QUESTION) pos++;
  head.authorityEnd = pos;
  if (head.form === TargetForm.authority) return pos;
  return scanPath(buf, pos, last, head);
}

/** Length of `http://` or `https://` at `start` (RFC 9110, section 4.2), or of what there is of it; -1 for anything else. */
function schemeLength(buf: Uint8Array, start: number, last: number): number {
  const plain = 'http://';
  const secure = 'https://';
  let scheme = plain;
  for (let i = 0; i < scheme.length; i++) {
    if (start + i >= last) return i;
    const byte = buf[start + i] as number;
    if (i === 4 && (byte | 0x20) === 0x73) scheme = secure;
    const want = scheme.charCodeAt(i);
    if (byte !== want && (want < 0x61 || (byte | 0x20) !== want)) return -1;
  }
  return scheme.length;
}

/** Judges the authority of a target that is whole. */
function closeOtherForm(buf: Uint8Array, end: number, head: RequestHead): number {
  const { authorityStart, authorityEnd } = head;
  if (head.form === TargetForm.absolute) return isAuthority(buf, authorityStart, authorityEnd) ? end : -Fault.badTarget;
  if (head.form === TargetForm.asterisk) return end;
  return isConnectAuthority(buf, authorityStart, authorityEnd) ? end : -Fault.badTarget;
}
