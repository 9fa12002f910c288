/** A byte sequence and how it is read; and what a reader made of it, in one form for all readers, so that they compare. */

export const KINDS = [
  'request-head',
  'response-head',
  'chunked-body',
  'request-stream',
  'response-stream',
  'noise',
] as const;
export type Kind = (typeof KINDS)[number];

export interface Sequence {
  readonly kind: Kind;
  readonly reads: 'requests' | 'responses';
  /** Latin1. */
  readonly text: string;
  /** What answers answer: GET, HEAD or CONNECT. */
  readonly method: string;
  /** Offsets where reads end, ascending. */
  readonly borders: readonly number[];
  /** Chunked bodies are first scanned for what can go on as it is, the way a proxy does. */
  readonly verbatim: boolean;
}

export const TEXT_BYTES_MAX = 64 * 1024;
/** Limits for all heads: small, so that they are met. */
export const LIMITS = { headerBytes: 1024, headerCount: 16, targetBytes: 128 } as const;

export interface MessageRead {
  /** Start line and fields, without what may be written in more than one way. */
  readonly head: string;
  /** What else the codec and the strict reading tell of the head. */
  readonly facts: string;
  /** Whether the connection may go on after it. */
  readonly keepAlive: boolean;
  /** Another protocol is asked for, or begins behind it. */
  readonly upgrade: boolean;
  readonly framing: 'none' | 'length' | 'chunked' | 'close';
  readonly start: number;
  readonly headEnd: number;
  /** Null where only its length is known. */
  payload: string | null;
  payloadBytes: number;
  /** Of a chunked body: what a proxy sends on that keeps the framing. */
  sent: string;
  complete: boolean;
  /** Offset behind it; of an incomplete one, up to where its bytes were taken. */
  end: number;
}

export interface Reading {
  /**
   * whole: all bytes belong to whole messages. open: more bytes are awaited. ended: what follows the last message is not
   * to be read as another (close, another protocol). refused: not HTTP as it is spoken here.
   */
  verdict: 'whole' | 'open' | 'ended' | 'refused';
  /** The last one may be incomplete. */
  readonly messages: MessageRead[];
  /** The codec's fault, 0 when there is none or another reader read. */
  fault: number;
}

/** What differs between two readings, or null. */
export function difference(a: Reading, b: Reading): string | null {
  if (a.verdict !== b.verdict) return `verdict ${a.verdict} and ${b.verdict}`;
  if (a.messages.length !== b.messages.length) return `${a.messages.length} and ${b.messages.length} messages`;
  for (let i = 0; i < a.messages.length; i++) {
    const one = a.messages[i] as MessageRead;
    const other = b.messages[i] as MessageRead;
    // Spelled out: a loop over the names of the parts took a tenth of all the time.
    if (one.head !== other.head) return differs(i, 'head', one.head, other.head);
    if (one.facts !== other.facts) return differs(i, 'facts', one.facts, other.facts);
    if (one.keepAlive !== other.keepAlive) return differs(i, 'keepAlive', one.keepAlive, other.keepAlive);
    if (one.upgrade !== other.upgrade) return differs(i, 'upgrade', one.upgrade, other.upgrade);
    if (one.framing !== other.framing) return differs(i, 'framing', one.framing, other.framing);
    if (one.start !== other.start) return differs(i, 'start', one.start, other.start);
    if (one.headEnd !== other.headEnd) return differs(i, 'headEnd', one.headEnd, other.headEnd);
    if (one.payloadBytes !== other.payloadBytes) {
      return differs(i, 'payloadBytes', one.payloadBytes, other.payloadBytes);
    }
    if (one.complete !== other.complete) return differs(i, 'complete', one.complete, other.complete);
    if (one.payload !== null && other.payload !== null && one.payload !== other.payload) {
      return differs(i, 'payload', one.payload, other.payload);
    }
    if (!one.complete) continue;
    if (one.end !== other.end) return differs(i, 'end', one.end, other.end);
    if (one.sent !== other.sent) return differs(i, 'sent', one.sent, other.sent);
  }
  return null;
}

function differs(index: number, part: string, one: unknown, other: unknown): string {
  return `message ${index}: ${part} ${JSON.stringify(one)} and ${JSON.stringify(other)}`;
}
