/**
 * Writes the head that goes to a backend: the request line with the path that the backend knows, the client's own fields
 * less those that are between the client and us (RFC 9110 section 7.6.1), then what the proxy adds. Runs of fields that
 * stay are copied whole; where nothing is to be taken out that is one copy.
 */
import { namedByConnection } from '#http1/connection-tokens.ts';
import { FIELD_STRIDE, FieldId } from '#http1/head.ts';
import { Method, TargetForm, type RequestHead } from '#http1/request-head.ts';
import type { PreparedEdits } from './header-edits.ts';
import type { RequestIds } from './request-ids.ts';
import { countsForwards, forwardsLeft, isProtected } from './request-rules.ts';
import { REQUEST_ID_BYTES_MAX } from './response-writer.ts';
import type { Tracing } from './tracing.ts';
import type { TrustedProxies } from './trusted-proxies.ts';

const bit = (id: FieldId): number => 1 << id;
/** Between the client and us alone, or written anew. */
const ALWAYS_DROPPED =
  bit(FieldId.connection) |
  bit(FieldId.keepAlive) |
  bit(FieldId.proxyConnection) |
  bit(FieldId.transferEncoding) |
  bit(FieldId.te) |
  bit(FieldId.upgrade) |
  bit(FieldId.http2Settings) |
  bit(FieldId.proxyAuthenticate) |
  bit(FieldId.proxyAuthorization) |
  bit(FieldId.xForwardedFor) |
  bit(FieldId.xForwardedProto) |
  bit(FieldId.xForwardedHost) |
  bit(FieldId.xRequestId) |
  bit(FieldId.xEdgebalancerExplain) |
  bit(FieldId.disguised);
/** What only a trusted proxy may have set. */
const DROPPED_UNTRUSTED = bit(FieldId.forwarded) | bit(FieldId.xForwardedPort);

const HTTP11 = Buffer.from(' HTTP/1.1\r\n', 'latin1');
const CHUNKED = Buffer.from('transfer-encoding: chunked\r\n', 'latin1');
const CONNECTION_UPGRADE = Buffer.from('connection: upgrade\r\n', 'latin1');
const FORWARDED_HOST = Buffer.from('x-forwarded-host: ', 'latin1');
const FORWARDED_FOR = Buffer.from('x-forwarded-for: ', 'latin1');
const FORWARDED_PROTO = Buffer.from('x-forwarded-proto: ', 'latin1');
const REQUEST_ID = Buffer.from('x-request-id: ', 'latin1');
const VIA_10 = Buffer.from('via: 1.0 edgebalancer\r\n', 'latin1');
const HOST = Buffer.from('host: ', 'latin1');
const LIST_SEPARATOR = Buffer.from(', ', 'latin1');
const CR = 13;
const LF = 10;
const SLASH = 0x2f;
const ASTERISK = 0x2a;

/** What the writer must know about the client's connection, made once per connection. */
export interface ClientFacts {
  /** True when the peer's X-Forwarded-* fields are believed. */
  readonly trusted: boolean;
  /** `x-forwarded-for`, `x-forwarded-proto` and `via` lines as they are for a client that is not trusted. */
  readonly forwardedLines: Buffer;
  readonly address: Buffer;
  readonly scheme: Buffer;
  /** The connection is over TLS. */
  readonly secure: boolean;
  /** Hash of who is at the address (client-identity.ts), for limits by client. */
  readonly identityLow: number;
  readonly identityHigh: number;
  /** Whose X-Forwarded-For is believed; null where the peer's is not. */
  readonly proxies: TrustedProxies | null;
}

/** Bytes that the writer may add to a head at most, edits and a backend's authority apart. */
export const ADDED_BYTES_MAX = 640;

export interface RequestTarget {
  /** Taken off the front of the path; a path that becomes empty is `/`. */
  readonly stripBytes: number;
  readonly authority: Buffer;
  readonly edits: PreparedEdits;
}

export class RequestWriter {
  /** Where the request id of the head written last stands. */
  idStart = 0;
  idEnd = 0;
  readonly #ids: RequestIds;
  readonly #tracing: Tracing;

  /** `tracing` has been entered with the head that is written. */
  constructor(ids: RequestIds, tracing: Tracing) {
    this.#ids = ids;
    this.#tracing = tracing;
  }

  /** An upper bound of what `write` will need. */
  bytesFor(head: RequestHead, client: ClientFacts, target: RequestTarget): number {
    return (
      (head.end - head.start) * 2 +
      ADDED_BYTES_MAX +
      client.forwardedLines.length +
      target.authority.length +
      target.edits.lines.length
    );
  }

  /** Writes into `into` from `at`; returns the offset behind the blank line. */
  write(buf: Buffer, head: RequestHead, client: ClientFacts, target: RequestTarget, into: Buffer, at: number): number {
    let to = at + buf.copy(into, at, head.methodStart, head.methodEnd);
    into[to++] = 0x20;
    to = writeTarget(buf, head, target.stripBytes, into, to);
    to += HTTP11.copy(into, to);
    to = this.#writeFields(buf, head, client, target, into, to);
    if (head.chunked) to += CHUNKED.copy(into, to);
    if (head.upgrade) to = writeUpgrade(buf, head, into, to);
    if (countsForwards(head)) to += into.write(`max-forwards: ${forwardsLeft(buf, head) - 1}\r\n`, to, 'latin1');
    to = writeHost(buf, head, target, into, to);
    to = writeForwarded(buf, head, client, into, to);
    to = this.#writeIds(buf, head, client, into, to);
    if (target.edits.lines.length > 0) to += target.edits.lines.copy(into, to);
    into[to] = CR;
    into[to + 1] = LF;
    return to + 2;
  }

  #writeFields(
    buf: Buffer,
    head: RequestHead,
    client: ClientFacts,
    target: RequestTarget,
    into: Buffer,
    at: number,
  ): number {
    const { fields } = head;
    let dropped = (client.trusted ? ALWAYS_DROPPED : ALWAYS_DROPPED | DROPPED_UNTRUSTED) | this.#tracing.dropped;
    if (head.form === TargetForm.absolute) dropped |= bit(FieldId.host);
    // Interim answers are not for clients of HTTP/1.0 (RFC 9110 10.1.1).
    if (head.versionMinor === 0) dropped |= bit(FieldId.expect);
    if (countsForwards(head)) dropped |= bit(FieldId.maxForwards);
    const names = target.edits.names;
    if ((fields.seen & dropped) === 0 && names === null) {
      return at + buf.copy(into, at, fields.linesStart, fields.linesEnd);
    }
    const table = fields.at;
    let to = at;
    let runStart = fields.linesStart;
    for (let i = 0, cell = 0; i < fields.count; i++, cell += FIELD_STRIDE) {
      const id = table[cell + 4] as number;
      const drop =
        (dropped & (1 << id)) !== 0 && id !== FieldId.other
          ? true
          : (head.connectionTokens && !isProtected(id) && namedByConnection(buf, fields, i)) ||
            (names !== null && names.has(buf, table[cell] as number, table[cell + 1] as number));
      if (!drop) continue;
      const lineStart = table[cell] as number;
      if (lineStart > runStart) to += buf.copy(into, to, runStart, lineStart);
      runStart = i + 1 < fields.count ? (table[cell + FIELD_STRIDE] as number) : fields.linesEnd;
    }
    if (fields.linesEnd > runStart) to += buf.copy(into, to, runStart, fields.linesEnd);
    return to;
  }

  /** A trusted proxy's request id is kept, any other made anew; of the trace, see tracing.ts. */
  #writeIds(buf: Buffer, head: RequestHead, client: ClientFacts, into: Buffer, at: number): number {
    const { fields } = head;
    let to = at + REQUEST_ID.copy(into, at);
    this.idStart = to;
    const found = client.trusted ? fields.find(FieldId.xRequestId) : -1;
    const start = found === -1 ? 0 : (fields.at[found * FIELD_STRIDE + 2] as number);
    const end = found === -1 ? 0 : (fields.at[found * FIELD_STRIDE + 3] as number);
    const kept = end > start && end - start <= REQUEST_ID_BYTES_MAX;
    to = kept ? to + buf.copy(into, to, start, end) : this.#ids.writeId(into, to);
    this.idEnd = to;
    into[to] = CR;
    into[to + 1] = LF;
    to += 2;
    return this.#tracing.write(fields, into, to);
  }
}

function writeTarget(buf: Buffer, head: RequestHead, stripBytes: number, into: Buffer, at: number): number {
  if (head.form === TargetForm.asterisk || head.form === TargetForm.authority) {
    return at + buf.copy(into, at, head.targetStart, head.targetEnd);
  }
  if (head.method === Method.options && head.pathStart === head.pathQueryEnd) {
    // An absolute target without a path asks about the server itself (RFC 9112 3.2.4).
    into[at] = ASTERISK;
    return at + 1;
  }
  const start = head.pathStart + stripBytes;
  let to = at;
  // What is left must begin with a slash: `/proxy` stripped from `/proxy`, or from `/proxy?q`.
  if (start >= head.pathEnd || buf[start] !== SLASH) into[to++] = SLASH;
  return start < head.pathQueryEnd ? to + buf.copy(into, to, start, head.pathQueryEnd) : to;
}

function writeHost(buf: Buffer, head: RequestHead, target: RequestTarget, into: Buffer, at: number): number {
  const absolute = head.form === TargetForm.absolute;
  if (!absolute && (head.fields.seen & bit(FieldId.host)) !== 0) return at;
  // A route that sets Host has written it among its own lines.
  if (target.edits.names?.has(HOST, 0, 4) === true) return at;
  let to = at + HOST.copy(into, at);
  // An absolute target's authority replaces the Host field (RFC 9112 3.2.2); HTTP/1.0 may have neither.
  to += absolute ? buf.copy(into, to, head.authorityStart, head.authorityEnd) : target.authority.copy(into, to);
  into[to] = CR;
  into[to + 1] = LF;
  return to + 2;
}

function writeForwarded(buf: Buffer, head: RequestHead, client: ClientFacts, into: Buffer, at: number): number {
  let to = at;
  if (!client.trusted) {
    if (head.versionMinor === 1) {
      to += client.forwardedLines.copy(into, to);
    } else {
      // The same lines but for the last, which names the version received.
      to = writeLine(into, to, FORWARDED_FOR, client.address);
      to = writeLine(into, to, FORWARDED_PROTO, client.scheme);
      to += VIA_10.copy(into, to);
    }
  } else {
    to = writeTrusted(buf, head, client, into, to);
  }
  if (head.authorityEnd > head.authorityStart && (!client.trusted || head.fields.find(FieldId.xForwardedHost) === -1)) {
    to += FORWARDED_HOST.copy(into, to);
    to += buf.copy(into, to, head.authorityStart, head.authorityEnd);
    into[to] = CR;
    into[to + 1] = LF;
    to += 2;
  }
  return to;
}

/** A trusted proxy's own values go on: its X-Forwarded-For list with the peer appended, its first proto and host. */
function writeTrusted(buf: Buffer, head: RequestHead, client: ClientFacts, into: Buffer, at: number): number {
  const { fields } = head;
  let to = at + FORWARDED_FOR.copy(into, at);
  for (let i = 0; i < fields.count; i++) {
    const cell = i * FIELD_STRIDE;
    if (fields.at[cell + 4] !== FieldId.xForwardedFor || fields.at[cell + 2] === fields.at[cell + 3]) continue;
    to += buf.copy(into, to, fields.at[cell + 2], fields.at[cell + 3]);
    to += LIST_SEPARATOR.copy(into, to);
  }
  to += client.address.copy(into, to);
  into[to++] = CR;
  into[to++] = LF;
  to = writeKept(buf, head, FieldId.xForwardedHost, FORWARDED_HOST, null, into, to);
  to = writeKept(buf, head, FieldId.xForwardedProto, FORWARDED_PROTO, client.scheme, into, to);
  const via =
    head.versionMinor === 1 ? client.forwardedLines.subarray(client.forwardedLines.lastIndexOf('via: ')) : VIA_10;
  return to + via.copy(into, to);
}

function writeKept(
  buf: Buffer,
  head: RequestHead,
  id: FieldId,
  name: Buffer,
  otherwise: Buffer | null,
  into: Buffer,
  at: number,
): number {
  const found = head.fields.find(id);
  if (found === -1) return otherwise === null ? at : writeLine(into, at, name, otherwise);
  let to = at + name.copy(into, at);
  to += buf.copy(into, to, head.fields.at[found * FIELD_STRIDE + 2], head.fields.at[found * FIELD_STRIDE + 3]);
  into[to] = CR;
  into[to + 1] = LF;
  return to + 2;
}

function writeLine(into: Buffer, at: number, name: Buffer, value: Buffer): number {
  let to = at + name.copy(into, at);
  to += value.copy(into, to);
  into[to] = CR;
  into[to + 1] = LF;
  return to + 2;
}

function writeUpgrade(buf: Buffer, head: RequestHead, into: Buffer, at: number): number {
  const found = head.fields.find(FieldId.upgrade);
  let to = at + CONNECTION_UPGRADE.copy(into, at);
  to += buf.copy(into, to, head.fields.at[found * FIELD_STRIDE], lineEnd(head, found));
  return to;
}

function lineEnd(head: RequestHead, index: number): number {
  const { fields } = head;
  return index + 1 < fields.count ? (fields.at[(index + 1) * FIELD_STRIDE] as number) : fields.linesEnd;
}
