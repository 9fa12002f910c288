/**
 * Request heads (RFC 9112, sections 2, 3 and 5). One reading or a fault: lines end with CR LF, parts are separated by one
 * space, the framing fields are exact. Everything is an offset into the parsed buffer.
 */
import { Fault } from '#core/fault.ts';
import { isAuthority } from './authority.ts';
import { expectsContinue, namesProtocol, Option, readConnection } from './connection-tokens.ts';
import { scanFieldLines } from './field-lines.ts';
import { contentLengthOf, isChunked } from './field-values.ts';
import { FIELD_STRIDE, FieldId, Fields, INCOMPLETE, type HeadLimits } from './head.ts';
import { methodOf } from './method.ts';
import { scanTarget, TargetForm } from './request-target.ts';
import { CR, HTAB, LF, SP, TOKEN } from './tables.ts';

export { Method } from './method.ts';
export { TargetForm } from './request-target.ts';

/** Empty lines skipped before a request line (RFC 9112, section 2.2): old clients send one behind a body. */
const LEADING_EMPTY_LINES_MAX = 2;
/** `HTTP/1.1` and CR LF. */
const VERSION_LINE_BYTES = 10;

/** What the parser found; valid after it returned an offset, and until the next parse. Reused, never reallocated. */
export class RequestHead {
  readonly fields: Fields;
  /** Where the request line starts, behind skipped empty lines. */
  start = 0;
  /** First byte behind the head. */
  end = 0;
  /** One of `Method`; 0 for a method without a number, which is still passed on. */
  method = 0;
  methodStart = 0;
  methodEnd = 0;
  targetStart = 0;
  targetEnd = 0;
  /** One of `TargetForm`. */
  form: number = TargetForm.origin;
  /** Path without query, for origin and absolute form; empty for an absolute target without a path, and the other forms. */
  pathStart = 0;
  pathEnd = 0;
  /** End of path and query. */
  pathQueryEnd = 0;
  /** host[:port] of an absolute or authority target, else of Host (RFC 9112, section 3.3); start == end when there is none. */
  authorityStart = 0;
  authorityEnd = 0;
  /** 1 or 0. */
  versionMinor = 1;
  /** Whether the client wants the connection to persist (RFC 9112, section 9.3); `close` wins. */
  keepAlive = false;
  /** -1 when absent. */
  contentLength: number = Number.MAX_SAFE_INTEGER;
  chunked = false;
  /** Connection lists `upgrade`, Upgrade names a protocol, and the version is 1.1. */
  upgrade = false;
  /** Expect: 100-continue in 1.1 (in 1.0 it is ignored: RFC 9110, section 10.1.1). */
  expectContinue = false;
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
 * passed; or `-Fault`. Once it has returned something else than INCOMPLETE, more bytes do not change the answer.
 */
export function parseRequestHead(
  buf: Uint8Array,
  start: number,
  end: number,
  head: RequestHead,
  limits: HeadLimits,
): number {
  let pos = start;
  if (pos < end && (buf[pos] === CR || buf[pos] === LF)) {
    pos = skipEmptyLines(buf, pos, end);
    if (pos < 0) return pos;
  }
  if (pos >= end) return INCOMPLETE;
  head.start = pos;
  const room = limits.headerBytes;
  const whole = end - pos < room;
  const stop = whole ? end : pos + room;

  pos = parseRequestLine(buf, pos, stop, head, limits.targetBytes);
  if (pos > 0) {
    pos = scanFieldLines(buf, pos, stop, head.fields, limits.headerCount);
    const fault = readFields(buf, head);
    if (fault !== 0) return fault;
    if (pos > 0) return finish(head, pos);
  }
  return pos !== INCOMPLETE || whole ? pos : -Fault.headTooLarge;
}

/** Offset behind at most LEADING_EMPTY_LINES_MAX empty lines; `end` when they may go on there. */
function skipEmptyLines(buf: Uint8Array, start: number, end: number): number {
  let pos = start;
  for (let lines = 0; pos < end && (buf[pos] === CR || buf[pos] === LF); lines++) {
    if (lines === LEADING_EMPTY_LINES_MAX) return -Fault.badRequestLine;
    if (buf[pos] === LF) return -Fault.badLineEnd;
    if (pos + 1 >= end) return end;
    if (buf[pos + 1] !== LF) return -Fault.badLineEnd;
    pos += 2;
  }
  return pos;
}

/** METHOD SP TARGET SP VERSION CR LF. Returns the offset behind it, INCOMPLETE, or a negative fault. */
function parseRequestLine(
  buf: Uint8Array,
  start: number,
  stop: number,
  head: RequestHead,
  targetBytesMax: number,
): number {
  const token = TOKEN;
  let pos = start;
  while (pos < stop && token[buf[pos] as number] !== 0) pos++;
  if (pos >= stop) return INCOMPLETE;
  if (pos === start || buf[pos] !== SP) {
    const byte = buf[pos];
    return byte === CR || byte === LF || byte === SP || byte === HTAB ? -Fault.badRequestLine : -Fault.badMethod;
  }
  head.methodStart = start;
  head.methodEnd = pos;
  head.method = methodOf(buf, start, pos);

  pos = scanTarget(buf, pos + 1, stop, head, targetBytesMax);
  if (pos <= 0) return pos;
  // On the space behind the target.
  pos++;
  if (
    stop - pos >= VERSION_LINE_BYTES &&
    buf[pos] === 0x48 &&
    buf[pos + 1] === 0x54 &&
    buf[pos + 2] === 0x54 &&
    buf[pos + 3] === 0x50 &&
    buf[pos + 4] === 0x2f &&
    buf[pos + 5] === 0x31 &&
    buf[pos + 6] === 0x2e &&
    ((buf[pos + 7] as number) | 1) === 0x31 &&
    buf[pos + 8] === CR &&
    buf[pos + 9] === LF
  ) {
    head.versionMinor = (buf[pos + 7] as number) & 1;
    return pos + VERSION_LINE_BYTES;
  }
  return versionFault(buf, pos, stop);
}

/** What is wrong with a version that is not `HTTP/1.0` or `HTTP/1.1` and CR LF: INCOMPLETE while it may still become one. */
function versionFault(buf: Uint8Array, start: number, stop: number): number {
  const shape = 'HTTP/d.d\r\n';
  let known = true;
  for (let i = 0; i < shape.length; i++) {
    if (start + i >= stop) return INCOMPLETE;
    const byte = buf[start + i] as number;
    if (shape[i] === 'd') {
      if (byte < 0x30 || byte > 0x39) return -Fault.badRequestLine;
      if (i === 5 ? byte !== 0x31 : byte > 0x31) known = false;
    } else if (byte !== shape.charCodeAt(i)) {
      const lineEnd = i === 9 || (i === 8 && byte === LF);
      return lineEnd ? -Fault.badLineEnd : -Fault.badRequestLine;
    }
    if (i === 7 && !known) return -Fault.badVersion;
  }
  return INCOMPLETE;
}

/** Reads the fields that decide framing, persistence and authority. 0, or the negative fault of the leftmost bad one. */
function readFields(buf: Uint8Array, head: RequestHead): number {
  const fields = head.fields;
  const at = fields.at;
  const end = fields.count * FIELD_STRIDE;
  let options = 0;
  let contentLength = -1;
  let chunked = false;
  let hasHost = false;
  head.expectContinue = false;
  fields.nominatedCount = 0;
  for (let slot = 0; slot < end; slot += FIELD_STRIDE) {
    const id = at[slot + 4] as number;
    if (id === FieldId.other || id > FieldId.expect) continue;
    const valueStart = at[slot + 2] as number;
    const valueEnd = at[slot + 3] as number;
    if (id === FieldId.host) {
      if (hasHost || !readHost(buf, valueStart, valueEnd, head)) return -Fault.badHost;
      hasHost = true;
    } else if (id === FieldId.connection) {
      options |= readConnection(buf, valueStart, valueEnd, fields);
      if ((options & Option.tooMany) !== 0) return -Fault.badConnection;
    } else if (id === FieldId.contentLength) {
      if (chunked) return -Fault.badTransferEncoding;
      if (contentLength >= 0) return -Fault.badContentLength;
      contentLength = contentLengthOf(buf, valueStart, valueEnd);
      if (contentLength < 0) return -Fault.badContentLength;
    } else if (id === FieldId.transferEncoding) {
      if (chunked || contentLength >= 0 || head.versionMinor === 0) return -Fault.badTransferEncoding;
      if (!isChunked(buf, valueStart, valueEnd)) return -Fault.badTransferEncoding;
      chunked = true;
    } else if (id === FieldId.expect) {
      if (head.versionMinor === 1 && expectsContinue(buf, valueStart, valueEnd)) head.expectContinue = true;
    }
  }
  head.contentLength = contentLength;
  head.chunked = chunked;
  head.connectionTokens = (options & Option.other) !== 0;
  const persists = head.versionMinor === 1 || (options & Option.keepAlive) !== 0;
  head.keepAlive = persists && (options & Option.close) === 0;
  head.upgrade = head.versionMinor === 1 && (options & Option.upgrade) !== 0 && namesProtocol(buf, fields);
  return 0;
}

/**
 * Host (RFC 9112, section 3.2). Empty only where the target needs none from it; a target with an authority of its own wins,
 * and the proxy must then write Host anew (section 3.2.2).
 */
function readHost(buf: Uint8Array, start: number, end: number, head: RequestHead): boolean {
  if (start === end) return head.form !== TargetForm.origin;
  if (!isAuthority(buf, start, end)) return false;
  if (head.authorityStart === head.authorityEnd) {
    head.authorityStart = start;
    head.authorityEnd = end;
  }
  return true;
}

/** Checks that need the whole head. */
function finish(head: RequestHead, end: number): number {
  if (head.versionMinor === 1 && (head.fields.seen & (1 << FieldId.host)) === 0) return -Fault.badHost;
  head.end = end;
  return end;
}
