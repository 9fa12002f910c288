/**
 * What an exchange remembers of itself until it is over. Three read it: the access log (access-line.ts, access-template.ts),
 * the spans of a sampled exchange (span-record.ts), and the record that explains one. An exchange has notes when the plan has
 * an access log, or the exchange is sampled for tracing, or it is recorded to be explained; in any other nothing is copied,
 * and no clock is read for it. One belongs to each exchange and is used again with it, so that a request allocates nothing.
 *
 * `begin` and `request` copy what is needed of the request's head, cut to size: the head's buffer is used again before the
 * exchange is over. Then the exchange sets the fields below as it learns them, calls `attempt` for each attempt that is over,
 * and hands the whole to its readers when it is recorded. Nothing is escaped or formatted before that.
 */
import type { PickReason } from '#core/pick-reason.ts';
import { copyWords, wordsOf } from './byte-words.ts';
import { SpanNotes } from './span-notes.ts';
import { TRACE_ID_DIGITS, type TraceContext } from './trace-context.ts';

/** More of a target says little, and a client must not choose how long a line is. */
export const TARGET_BYTES_MAX = 2048;
export const HOST_BYTES_MAX = 255;
export const AGENT_BYTES_MAX = 256;
export const METHOD_BYTES_MAX = 32;
/** Attempts that a line tells of; more are counted. */
export const ATTEMPTS_MAX = 12;
export const TRACE_ID_BYTES: number = TRACE_ID_DIGITS;

/** A usual head's parts fit. */
const FIRST_BYTES = 512;

const NOBODY: Uint8Array = new Uint8Array(0);

export class ExchangeNotes {
  /** `performance.now()` when the request's head was whole. */
  startedMs = 0;
  /** The client's address, ASCII; not changed once it is given. */
  client: Uint8Array = NOBODY;
  listener = '';
  /** Empty where no route matched, where no pool was chosen, where no backend was asked. */
  route = '';
  pool = '';
  /** Whose answer the client got; empty: the backend of the last attempt. */
  backend = '';
  /** HTTP/1.`versionMinor`; -1 where there was no request to have one. */
  versionMinor = 1;
  /** What the client was answered; 0: nothing. */
  status = 0;
  /** A `Fault`, when the answer was the proxy's own or the exchange ended early; else 0. */
  fault = 0;
  /** Bytes of the request and of the answer as they were on the connection, heads included. */
  bytesIn = 0;
  bytesOut = 0;
  /** The request's id: a buffer of the exchange's own until `keepId`, and how much of it counts. */
  requestId: Uint8Array = NOBODY;
  requestIdLength = 0;
  /** `requestId` after `keepId`, by words. */
  idWords: DataView = new DataView(NOBODY.buffer);
  #ownId: Uint8Array = NOBODY;

  /** Method, target, host and user agent, one behind the other; each ends where its field says. */
  parts: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  /** `parts`, by words. */
  partWords: DataView = new DataView(this.parts.buffer);
  methodEnd = 0;
  targetEnd = 0;
  hostEnd = 0;
  agentEnd = 0;
  methodCut = false;
  targetCut = false;
  hostCut = false;
  agentCut = false;
  readonly traceId: Buffer = Buffer.alloc(TRACE_ID_DIGITS);
  hasTrace = false;

  /** How long it stood in line for a backend, in milliseconds; negative: it did not. */
  queueMs = -1;
  /** What the pool's picks are made by; empty where no pool was chosen. */
  strategy = '';
  /** Its place in a trace, where it is sampled. */
  readonly span: SpanNotes = new SpanNotes();

  /** Attempts that are over, in the order of their ends; the first ATTEMPTS_MAX of them are told of. */
  attempts = 0;
  readonly attemptBackends: string[] = new Array<string>(ATTEMPTS_MAX).fill('');
  readonly attemptOutcomes: Uint8Array = new Uint8Array(ATTEMPTS_MAX);
  readonly attemptHedges: Uint8Array = new Uint8Array(ATTEMPTS_MAX);
  /** For each attempt: to its new connection, to its answer's first byte, to its end. Negative: did not happen. */
  readonly attemptMs: Float64Array = new Float64Array(3 * ATTEMPTS_MAX);
  /** For each attempt: from the exchange's start to the attempt's, which is when its backend was picked. */
  readonly attemptStartMs: Float64Array = new Float64Array(ATTEMPTS_MAX);
  /** For each attempt: how long the exchange waited on purpose before it. Negative: it did not. */
  readonly attemptBackoffMs: Float64Array = new Float64Array(ATTEMPTS_MAX);
  /** For each attempt: how many of the exchange's attempts had begun before it. */
  readonly attemptOrdinals: Uint8Array = new Uint8Array(ATTEMPTS_MAX);
  readonly attemptReasons: Uint8Array = new Uint8Array(ATTEMPTS_MAX);
  /** What the backend answered; 0: nothing. */
  readonly attemptStatuses: Uint16Array = new Uint16Array(ATTEMPTS_MAX);
  /** The backend's `host:port`, or its socket's path. */
  readonly attemptAuthorities: string[] = new Array<string>(ATTEMPTS_MAX).fill('');

  /** Forgets the exchange before. The parts of the new one follow by `request`, if it has any. */
  begin(startedMs: number, client: Uint8Array, listener: string): void {
    this.startedMs = startedMs;
    this.client = client;
    this.listener = listener;
    this.route = '';
    this.pool = '';
    this.backend = '';
    this.versionMinor = -1;
    this.status = 0;
    this.fault = 0;
    this.bytesIn = 0;
    this.bytesOut = 0;
    this.requestIdLength = 0;
    this.methodEnd = 0;
    this.targetEnd = 0;
    this.hostEnd = 0;
    this.agentEnd = 0;
    this.methodCut = false;
    this.targetCut = false;
    this.hostCut = false;
    this.agentCut = false;
    this.hasTrace = false;
    this.queueMs = -1;
    this.strategy = '';
    this.span.sampled = false;
    this.attempts = 0;
  }

  /** Copies the parts of a head out of `buf`, each from its start to its end; an empty one is not there. */
  request(
    buf: Buffer,
    methodStart: number,
    methodEnd: number,
    targetStart: number,
    targetEnd: number,
    hostStart: number,
    hostEnd: number,
    agentStart: number,
    agentEnd: number,
  ): void {
    const method = Math.min(methodEnd - methodStart, METHOD_BYTES_MAX);
    const target = Math.min(targetEnd - targetStart, TARGET_BYTES_MAX);
    const host = Math.min(hostEnd - hostStart, HOST_BYTES_MAX);
    const agent = Math.min(agentEnd - agentStart, AGENT_BYTES_MAX);
    const needed = method + target + host + agent;
    if (needed > this.parts.length) this.#makeParts(needed);
    const from = wordsOf(buf);
    const { partWords } = this;
    this.methodEnd = copyWords(partWords, 0, from, methodStart, methodStart + method);
    this.targetEnd = copyWords(partWords, this.methodEnd, from, targetStart, targetStart + target);
    this.hostEnd = copyWords(partWords, this.targetEnd, from, hostStart, hostStart + host);
    this.agentEnd = copyWords(partWords, this.hostEnd, from, agentStart, agentStart + agent);
    this.methodCut = method < methodEnd - methodStart;
    this.targetCut = target < targetEnd - targetStart;
    this.hostCut = host < hostEnd - hostStart;
    this.agentCut = agent < agentEnd - agentStart;
  }

  /** The exchange goes on to another request: its id is needed beyond that. */
  keepId(): void {
    const { requestId } = this;
    if (requestId === this.#ownId) return;
    if (this.#ownId.length !== requestId.length) {
      this.#ownId = new Uint8Array(requestId.length);
      this.idWords = new DataView(this.#ownId.buffer);
    }
    // All of it: that takes less time than making a view of the part that counts.
    this.#ownId.set(requestId);
    this.requestId = this.#ownId;
  }

  /** The trace that it belongs to is known. */
  trace(context: TraceContext): void {
    context.writeId(this.traceId, 0);
    this.hasTrace = true;
  }

  /**
   * An attempt at `backend` is over. Milliseconds from its begin; negative for what did not happen. Its place, for
   * `attemptPick`; -1: it is not told of.
   */
  attempt(
    backend: string,
    outcome: number,
    connectMs: number,
    firstByteMs: number,
    ms: number,
    hedge: boolean,
  ): number {
    const at = this.attempts++;
    if (at >= ATTEMPTS_MAX) return -1;
    this.attemptBackends[at] = backend;
    this.attemptOutcomes[at] = outcome;
    this.attemptHedges[at] = hedge ? 1 : 0;
    this.attemptMs[3 * at] = connectMs;
    this.attemptMs[3 * at + 1] = firstByteMs;
    this.attemptMs[3 * at + 2] = ms;
    return at;
  }

  /** How the attempt at this place came to be, and what it was answered. */
  attemptPick(
    at: number,
    startMs: number,
    backoffMs: number,
    ordinal: number,
    reason: PickReason,
    status: number,
    authority: string,
  ): void {
    this.attemptStartMs[at] = startMs;
    this.attemptBackoffMs[at] = backoffMs;
    this.attemptOrdinals[at] = ordinal;
    this.attemptReasons[at] = reason;
    this.attemptStatuses[at] = status;
    this.attemptAuthorities[at] = authority;
  }

  /** Gives back what an unusually long head made grow. */
  trim(): void {
    if (this.parts.length > FIRST_BYTES) this.#makeParts(FIRST_BYTES);
  }

  #makeParts(bytes: number): void {
    this.parts = Buffer.allocUnsafeSlow(bytes);
    this.partWords = new DataView(this.parts.buffer);
  }
}
