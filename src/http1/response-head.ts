/**
 * Response heads (RFC 9112, sections 4 and 5), as strict as request heads: what a backend sends that reads two ways is
 * answered with 502. One leniency: the space before an absent reason phrase may be missing, as some servers leave it out.
 */
import { Fault } from '#core/fault.ts';
import { namesProtocol, Option, readConnection } from './connection-tokens.ts';
import { scanFieldLines } from './field-lines.ts';
import { contentLengthOf, isChunked } from './field-values.ts';
import { FIELD_STRIDE, FieldId, Fields, INCOMPLETE, type HeadLimits } from './head.ts';
import { CR, LF, SP, VALUE } from './tables.ts';

const STATUS_MIN = 100;
const STATUS_MAX = 599;
/** `HTTP/1.1 ` and three digits. */
const STATUS_OFFSET = 9;
const REASON_OFFSET = 12;

/** What the parser found; valid after it returned an offset, and until the next parse. Reused, never reallocated. */
export class ResponseHead {
  readonly fields: Fields;
  /** First byte behind the head. */
  end = 0;
  /** 100 to 599. */
  status = 0;
  /** Offset of the three digits. */
  statusStart = 0;
  /** Reason phrase; start == end when empty. The space before it may be missing then, so write status lines anew. */
  reasonStart = 0;
  reasonEnd = 0;
  /** 1 or 0. */
  versionMinor = 1;
  /** Whether the backend lets the connection persist; `close` wins. A body that ends with the connection ends it anyway. */
  keepAlive = false;
  /** -1 when absent. */
  contentLength: number = Number.MAX_SAFE_INTEGER;
  chunked = false;
  /** Status 101 with Connection: upgrade and an Upgrade field that names a protocol, in 1.1. */
  upgrade = false;
  /** Connection names something besides close, keep-alive and upgrade: see `namedByConnection`. */
  connectionTokens = false;

  constructor(maxFields: number) {
    this.fields = new Fields(maxFields);
    // The field started as a number beyond 31 bits so that it is stored as a double from the first parse on.
    this.contentLength = -1;
  }
}

/**
 * Parses the head at [start, end). Returns the offset behind it; INCOMPLETE when more bytes are needed and no limit is
 * passed; or `-Fault.upstreamInvalid`. Framing fields are read whatever the status: a 204, a 1xx or an answer to HEAD may
 * come with them although no body follows (see `responseBody`); those of 1xx and 204 must not be passed on.
 */
export function parseResponseHead(
  buf: Uint8Array,
  start: number,
  end: number,
  head: ResponseHead,
  limits: HeadLimits,
): number {
  const room = limits.headerBytes;
  const whole = end - start < room;
  const stop = whole ? end : start + room;
  let pos = parseStatusLine(buf, start, stop, head);
  if (pos > 0) {
    pos = scanFieldLines(buf, pos, stop, head.fields, limits.headerCount);
    if (pos >= 0 && !readFields(buf, head)) return -Fault.upstreamInvalid;
    if (pos > 0) {
      head.end = pos;
      return pos;
    }
  }
  return pos === INCOMPLETE && whole ? INCOMPLETE : -Fault.upstreamInvalid;
}

/** VERSION SP STATUS SP REASON CR LF. Returns the offset behind it, INCOMPLETE, or a negative number. */
function parseStatusLine(buf: Uint8Array, start: number, stop: number, head: ResponseHead): number {
  if (stop - start <= REASON_OFFSET) return isPrefix(buf, start, stop) ? INCOMPLETE : -1;
  if (
    buf[start] !== 0x48 ||
    buf[start + 1] !== 0x54 ||
    buf[start + 2] !== 0x54 ||
    buf[start + 3] !== 0x50 ||
    buf[start + 4] !== 0x2f ||
    buf[start + 5] !== 0x31 ||
    buf[start + 6] !== 0x2e ||
    ((buf[start + 7] as number) | 1) !== 0x31 ||
    buf[start + 8] !== SP
  ) {
    return -1;
  }
  head.versionMinor = (buf[start + 7] as number) & 1;
  let pos = start + STATUS_OFFSET;
  const hundreds = (buf[pos] as number) - 0x30;
  const tens = (buf[pos + 1] as number) - 0x30;
  const ones = (buf[pos + 2] as number) - 0x30;
  if (tens < 0 || tens > 9 || ones < 0 || ones > 9) return -1;
  const status = hundreds * 100 + tens * 10 + ones;
  if (status < STATUS_MIN || status > STATUS_MAX) return -1;
  head.status = status;
  head.statusStart = pos;
  pos = start + REASON_OFFSET;
  if (buf[pos] === SP) pos++;
  else if (buf[pos] !== CR) return -1;
  head.reasonStart = pos;
  const text = VALUE;
  while (pos < stop && text[buf[pos] as number] !== 0) pos++;
  head.reasonEnd = pos;
  if (pos >= stop) return INCOMPLETE;
  if (buf[pos] !== CR) return -1;
  if (pos + 1 >= stop) return INCOMPLETE;
  return buf[pos + 1] === LF ? pos + 2 : -1;
}

/** Whether [start, end), at most 12 bytes, is how `HTTP/1.1 ddd` or `HTTP/1.0 ddd` begins. */
function isPrefix(buf: Uint8Array, start: number, end: number): boolean {
  const shape = 'HTTP/1.';
  const length = end - start;
  for (let i = 0; i < length && i < 7; i++) if (buf[start + i] !== shape.charCodeAt(i)) return false;
  if (length > 7 && ((buf[start + 7] as number) | 1) !== 0x31) return false;
  if (length > 8 && buf[start + 8] !== SP) return false;
  for (let i = STATUS_OFFSET; i < length; i++) {
    const byte = buf[start + i] as number;
    if (byte < 0x30 || byte > 0x39) return false;
  }
  return true;
}

/** Reads the fields that decide framing and persistence; false when they are not valid. */
function readFields(buf: Uint8Array, head: ResponseHead): boolean {
  const fields = head.fields;
  const at = fields.at;
  const end = fields.count * FIELD_STRIDE;
  let options = 0;
  let contentLength = -1;
  let chunked = false;
  fields.nominatedCount = 0;
  for (let slot = 0; slot < end; slot += FIELD_STRIDE) {
    const id = at[slot + 4] as number;
    if (id === FieldId.other || id > FieldId.transferEncoding) continue;
    const valueStart = at[slot + 2] as number;
    const valueEnd = at[slot + 3] as number;
    if (id === FieldId.connection) {
      options |= readConnection(buf, valueStart, valueEnd, fields);
      if ((options & Option.tooMany) !== 0) return false;
    } else if (id === FieldId.contentLength) {
      if (chunked || contentLength >= 0) return false;
      contentLength = contentLengthOf(buf, valueStart, valueEnd);
      if (contentLength < 0) return false;
    } else if (id === FieldId.transferEncoding) {
      if (chunked || contentLength >= 0 || head.versionMinor === 0) return false;
      if (!isChunked(buf, valueStart, valueEnd)) return false;
      chunked = true;
    }
  }
  head.contentLength = contentLength;
  head.chunked = chunked;
  head.connectionTokens = (options & Option.other) !== 0;
  const persists = head.versionMinor === 1 || (options & Option.keepAlive) !== 0;
  head.keepAlive = persists && (options & Option.close) === 0;
  head.upgrade =
    head.status === 101 && head.versionMinor === 1 && (options & Option.upgrade) !== 0 && namesProtocol(buf, fields);
  return true;
}
