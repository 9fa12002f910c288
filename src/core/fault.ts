/**
 * Every way in which the data plane can refuse or lose an exchange, in one table. Faults are values, never thrown; the
 * codec returns them as negative numbers (`-fault`), so they start at 1.
 */
export type Side = 'client' | 'upstream' | 'self';

/** The closed list that `x-edgebalancer-reason` is taken from. */
export type Reason =
  | 'no-route'
  | 'no-backend'
  | 'circuit-open'
  | 'connect-failed'
  | 'upstream-reset'
  | 'upstream-timeout'
  | 'upstream-invalid'
  | 'rate-limited'
  | 'overloaded'
  | 'bad-request'
  | 'too-large'
  | 'timeout'
  | 'draining';

export interface FaultRow {
  readonly name: string;
  readonly side: Side;
  /** Status to answer when nothing was sent yet; 0: close without an answer. */
  readonly status: number;
  readonly reason: Reason;
  /** One sentence for whoever made the request. */
  readonly detail: string;
}

const rows: FaultRow[] = [];
function fault(name: string, side: Side, status: number, reason: Reason, detail: string): number {
  rows.push({ name, side, status, reason, detail });
  return rows.length;
}

export const Fault = {
  // What a client may get wrong (RFC 9112 unless named).
  badRequestLine: fault(
    'bad-request-line',
    'client',
    400,
    'bad-request',
    'The request line is not METHOD TARGET HTTP/1.1.',
  ),
  badMethod: fault('bad-method', 'client', 400, 'bad-request', 'The method is not a token.'),
  badTarget: fault('bad-target', 'client', 400, 'bad-request', 'The request target is not valid.'),
  badVersion: fault('bad-version', 'client', 505, 'bad-request', 'Only HTTP/1.1 and HTTP/1.0 are spoken here.'),
  notTls: fault(
    'not-tls',
    'client',
    400,
    'bad-request',
    'This address speaks TLS; ask for https:// instead of http://.',
  ),
  badLineEnd: fault('bad-line-end', 'client', 400, 'bad-request', 'Lines end with CR LF; a bare CR or LF is refused.'),
  badFieldName: fault(
    'bad-field-name',
    'client',
    400,
    'bad-request',
    'A field name is not a token directly followed by a colon.',
  ),
  badFieldValue: fault('bad-field-value', 'client', 400, 'bad-request', 'A field value holds a control byte.'),
  foldedField: fault('folded-field', 'client', 400, 'bad-request', 'Folded field lines are obsolete and refused.'),
  badHost: fault('bad-host', 'client', 400, 'bad-request', 'Exactly one valid Host field is needed.'),
  badContentLength: fault(
    'bad-content-length',
    'client',
    400,
    'bad-request',
    'Content-Length is not one decimal number.',
  ),
  badTransferEncoding: fault(
    'bad-transfer-encoding',
    'client',
    400,
    'bad-request',
    'Transfer-Encoding must be exactly "chunked", in HTTP/1.1, without Content-Length.',
  ),
  badUpgrade: fault('bad-upgrade', 'client', 400, 'bad-request', 'The Upgrade field is not valid here.'),
  badConnection: fault(
    'bad-connection',
    'client',
    400,
    'bad-request',
    'Connection may not name Host, Content-Length or Transfer-Encoding, nor more than 16 fields.',
  ),
  connectRefused: fault('connect-refused', 'client', 405, 'bad-request', 'CONNECT is not served here.'),
  lastHop: fault('last-hop', 'client', 200, 'bad-request', 'Max-Forwards is 0: this proxy answers for itself.'),
  targetTooLong: fault('target-too-long', 'client', 414, 'too-large', 'The request target is longer than allowed.'),
  headTooLarge: fault('head-too-large', 'client', 431, 'too-large', 'The request head is larger than allowed.'),
  bodyTooLarge: fault('body-too-large', 'client', 413, 'too-large', 'The request body is larger than allowed.'),
  badChunk: fault('bad-chunk', 'client', 400, 'bad-request', 'The chunked body is not well formed.'),
  chunksTooSmall: fault(
    'chunks-too-small',
    'client',
    400,
    'bad-request',
    'The chunks of the body hold far less than it takes to frame them: send larger ones.',
  ),
  headTimeout: fault('head-timeout', 'client', 408, 'timeout', 'The request head did not arrive in time.'),
  bodyTimeout: fault('body-timeout', 'client', 408, 'timeout', 'The request body stopped arriving.'),
  bodyTooSlow: fault('body-too-slow', 'client', 408, 'timeout', 'The request body arrived more slowly than allowed.'),
  clientClosed: fault('client-closed', 'client', 0, 'bad-request', 'The client closed the connection.'),
  writeTimeout: fault('write-timeout', 'client', 0, 'timeout', 'The client stopped reading.'),
  // What this proxy refuses for its own reasons.
  noRoute: fault('no-route', 'self', 404, 'no-route', 'No route matches this request.'),
  noBackend: fault('no-backend', 'self', 503, 'no-backend', 'No backend of this pool can serve now.'),
  rateLimited: fault('rate-limited', 'self', 429, 'rate-limited', 'Too many requests; try again later.'),
  circuitOpen: fault(
    'circuit-open',
    'self',
    503,
    'circuit-open',
    'Every backend of this pool has been failing; one is tried again shortly.',
  ),
  overloaded: fault('overloaded', 'self', 503, 'overloaded', 'Too much is in flight; try again shortly.'),
  draining: fault('draining', 'self', 503, 'draining', 'This server is shutting down.'),
  totalTimeout: fault('total-timeout', 'self', 504, 'timeout', 'No backend could be asked within the time allowed.'),
  // What a backend may get wrong.
  connectFailed: fault('connect-failed', 'upstream', 502, 'connect-failed', 'The backend could not be reached.'),
  connectTimeout: fault(
    'connect-timeout',
    'upstream',
    504,
    'connect-failed',
    'The backend could not be reached in time.',
  ),
  upstreamReset: fault(
    'upstream-reset',
    'upstream',
    502,
    'upstream-reset',
    'The backend closed the connection before it answered.',
  ),
  upstreamTimeout: fault(
    'upstream-timeout',
    'upstream',
    504,
    'upstream-timeout',
    'The backend did not answer in time.',
  ),
  upstreamInvalid: fault(
    'upstream-invalid',
    'upstream',
    502,
    'upstream-invalid',
    "The backend's answer was not valid HTTP/1.1.",
  ),
  upstreamTruncated: fault(
    'upstream-truncated',
    'upstream',
    0,
    'upstream-reset',
    "The backend's answer was cut short.",
  ),
} as const;
export type FaultCode = number;

/** The table's row for a fault. */
export function faultRow(code: FaultCode): FaultRow {
  const row = rows[code - 1];
  if (row === undefined) throw new RangeError(`no fault ${code}`);
  return row;
}
export const FAULT_COUNT: number = rows.length;
