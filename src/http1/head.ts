/**
 * What the two head parsers share: limits, the known field names, and the table of field ranges. Everything is offsets
 * into the buffer that was parsed; nothing is copied or turned into a string unless someone asks.
 */

export interface HeadLimits {
  /** Whole head, first line to blank line. */
  readonly headerBytes: number;
  readonly headerCount: number;
  readonly targetBytes: number;
}

/** Field names that the proxy treats specially; every other field is `other`. */
export const FieldId = {
  other: 0,
  host: 1,
  connection: 2,
  contentLength: 3,
  transferEncoding: 4,
  keepAlive: 5,
  proxyConnection: 6,
  te: 7,
  trailer: 8,
  upgrade: 9,
  expect: 10,
  via: 11,
  xForwardedFor: 12,
  xForwardedProto: 13,
  xForwardedHost: 14,
  forwarded: 15,
  xRequestId: 16,
  traceparent: 17,
  tracestate: 18,
  date: 19,
  proxyAuthenticate: 20,
  proxyAuthorization: 21,
  accept: 22,
  cookie: 23,
  setCookie: 24,
  authorization: 25,
  xForwardedPort: 26,
  http2Settings: 27,
  /** One of the names above with `_` for `-`: some backends take it for the real one, so it is never passed on. */
  disguised: 28,
  maxForwards: 29,
  /** Asks that this request be recorded, with a token: for the proxy alone. */
  xEdgebalancerExplain: 30,
} as const;
export type FieldId = (typeof FieldId)[keyof typeof FieldId];

/** Parsers return this when the head is not whole yet; offsets are > 0 and faults are < 0. */
export const INCOMPLETE = 0;

/** i32s per field in `Fields.at`: line start (= name start), name end, value start, value end (trimmed), FieldId. */
export const FIELD_STRIDE = 5;

/**
 * Names that Connection may list in one head besides close, keep-alive and upgrade. Every field is compared with every name,
 * and whoever copies the head does so again, so the product must stay small; nobody needs more than two or three. Envoy
 * allows 10.
 */
export const NOMINATED_MAX = 16;

/** The field lines of the head parsed last. Line i ends where line i+1 starts, or at `linesEnd`. */
export class Fields {
  readonly at: Int32Array;
  count = 0;
  /** Bit `1 << FieldId` for each known field seen. */
  seen = 0;
  /** Where the first field line starts. */
  linesStart = 0;
  /** Where the last field line ended (just behind its CR LF); the blank line follows. */
  linesEnd = 0;
  /** Start and end of each name that Connection lists, `nominatedCount` of them: see `readConnection`. */
  readonly nominated: Int32Array = new Int32Array(NOMINATED_MAX * 2);
  nominatedCount = 0;

  constructor(maxCount: number) {
    this.at = new Int32Array(maxCount * FIELD_STRIDE);
  }

  /** Index of the first field with this id, or -1. */
  find(id: FieldId): number {
    if ((this.seen & (1 << id)) === 0) return -1;
    for (let i = 0; i < this.count; i++) if (this.at[i * FIELD_STRIDE + 4] === id) return i;
    return -1;
  }
}
