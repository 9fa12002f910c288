/**
 * What a sampled exchange remembers of its place in a trace, beside its notes (exchange-notes.ts), which have the
 * trace's id: ids of spans as pairs of words, most significant first. The attempts' lie in the order of the notes' attempts.
 */

/** Attempts that spans tell of: as many as notes do. */
export const SPANS_MAX = 12;
/** So much of a tracestate must be passed on (W3C Trace Context, section 3.3.1.5), and no more is. */
export const STATE_BYTES_MAX = 512;

const NOTHING: Uint8Array = new Uint8Array(0);

export class SpanNotes {
  /** Whether there will be spans: nothing else below counts otherwise. */
  sampled = false;
  /** The caller's span; 0 and 0 where the trace began here. */
  parentHigh = 0;
  parentLow = 0;
  /** The exchange's own span. */
  high = 0;
  low = 0;
  /** As they go to backends. */
  flags = 0;
  /** The tracestate that goes to backends. Room is made by the first exchange that brings one. */
  state: Uint8Array = NOTHING;
  stateBytes = 0;
  /** The address of the client behind trusted proxies, first bits first (IPv4 at ::ffff:0:0/96); else the peer is the client. */
  readonly client: Int32Array = new Int32Array(4);
  hasClient = false;
  /** The client came by TLS. */
  secure = false;
  peerPort = 0;
  /** The route's path as the configuration says it, with `*` for what may follow. */
  route = '';
  /** Taken off the front of the path for the backend. */
  stripBytes = 0;
  /** [attempt][high, low] */
  readonly attempts: Uint32Array = new Uint32Array(2 * SPANS_MAX);

  /** A buffer for a tracestate. */
  reserveState(): Uint8Array {
    if (this.state.length === 0) this.state = new Uint8Array(STATE_BYTES_MAX);
    return this.state;
  }
}
