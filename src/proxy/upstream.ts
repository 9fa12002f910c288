/**
 * One connection to a backend. It carries one attempt at a time: sends what the exchange hands it, reads the answer's
 * head and body, and goes back to its backend's idle connections when both messages ended cleanly.
 */
import { Fault } from '#core/fault.ts';
import { Outcome } from '#core/outcome.ts';
import { BodyKind, responseBody } from '#http1/framing.ts';
import { INCOMPLETE } from '#http1/head.ts';
import { parseResponseHead } from '#http1/response-head.ts';
import type { Connection, ConnectionHandler } from '#transport/transport.ts';
import type { Attempt } from './attempt.ts';
import type { Backend } from './backend.ts';
import { Body, type BodySink } from './body.ts';
import type { DataPlane } from './data-plane.ts';
import { NEVER, Timed } from './deadline.ts';
import type { Downstream } from './downstream.ts';
import type { Exchange } from './exchange.ts';
import { HeldBytes } from './held-bytes.ts';
import { ReuseTerms } from './reuse-terms.ts';

/** Informational answers that one exchange may bring; more is an attack on the client. */
const INTERIM_MAX = 16;
/** An answer that nobody wants is read so far, that its connection may be used again; a longer one is not worth it. */
const UNWANTED_BYTES_MAX = 256 * 1024;
/** An unused connection whose end has not been told may have ended all the same; sooner than this no backend ends it. */
const UNLOOKED_MS = 10;
const UNWANTED: BodySink = { forward: () => {} };

const Phase = { connecting: 0, idle: 1, head: 2, body: 3, gone: 4 } as const;
type Phase = (typeof Phase)[keyof typeof Phase];
/** What each phase is counted as: an index of `SLOT_CONNECTION_STATES`, -1 as nothing. A tunnel is no connection of ours. */
const COUNTED = [0, 2, 1, 1, -1] as const;

export class Upstream extends Timed implements ConnectionHandler {
  readonly backend: Backend;
  readonly connection: Connection;
  /** When it began to connect. */
  readonly startedMs: number;
  /** It carried an exchange before: its end may only mean that the backend had closed it while unused. */
  reused = false;
  readonly #plane: DataPlane;
  #attempt: Attempt | null = null;
  /** Who gets the answer; null: it is read and dropped. */
  #client: Downstream | null = null;
  #phase: Phase = Phase.connecting;
  readonly #body = new Body();
  /** The beginning of a head whose rest has not come. */
  #held: HeldBytes | null = null;
  #keep = false;
  readonly #terms = new ReuseTerms();
  #idleSinceMs = 0;
  #interim = 0;
  #answered = false;
  /** The backend does not take what it is sent, and no other deadline runs. */
  #stuck = false;
  /** Connecting: the request's total time ends before the time to connect. */
  #totalFirst = false;

  constructor(plane: DataPlane, backend: Backend, attempt: Attempt, nowMs: number) {
    super();
    this.#plane = plane;
    this.backend = backend;
    this.#attempt = attempt;
    this.startedMs = nowMs;
    plane.recorder.connectionMoved(backend.slot, -1, COUNTED[Phase.connecting]);
    this.connection = plane.connect(backend, this);
    const { connectMs } = backend.pool.timeouts;
    plane.wheel.arm(this, connectMs > 0 ? nowMs + connectMs : NEVER);
    this.boundConnect((attempt.exchange as Exchange).totalEndsMs);
  }

  /** The request's total time ends at `atMs`: connecting takes no longer. */
  boundConnect(atMs: number): void {
    if (this.#phase !== Phase.connecting || atMs >= this.deadlineAt) return;
    this.#totalFirst = true;
    this.#plane.wheel.arm(this, atMs);
  }

  get ready(): boolean {
    return this.#phase !== Phase.connecting && this.#phase !== Phase.gone;
  }

  /** Idle: whether it may carry another request. If not, it is of no use any more. */
  isUsable(nowMs: number): boolean {
    if (this.deadlineAt <= nowMs) return false;
    return nowMs - this.#idleSinceMs < UNLOOKED_MS || this.connection.isSilent();
  }

  /** Takes an idle connection for `attempt`. */
  take(attempt: Attempt): void {
    this.reused = true;
    this.#attempt = attempt;
    this.#begin();
  }

  /** Sends more of the request; false when the exchange should wait for `onUpstreamDrain`. */
  send(buf: Buffer, start: number, end: number): boolean {
    const flowing = this.connection.write(buf, start, end);
    if (!flowing && this.#phase === Phase.head) {
      // The client is not read meanwhile, and so not timed either: a backend that takes nothing would keep both for ever.
      this.#stuck = true;
      this.#armBody(performance.now());
    }
    return flowing;
  }

  /** The request is on its way whole: the backend's time to answer begins. */
  awaitAnswer(atMs: number): void {
    if (this.#phase !== Phase.head || (this.#stuck && atMs === NEVER)) return;
    this.#stuck = false;
    this.#plane.wheel.arm(this, atMs);
  }

  /** Nobody waits for the answer any more. */
  abandon(): void {
    this.#attempt = null;
    this.discard();
  }

  discard(): void {
    this.#enter(Phase.gone);
    this.#plane.wheel.drop(this);
    this.connection.destroy();
  }

  pauseReading(): void {
    this.connection.pause();
    // While the client does not read, the backend's silence is not its fault.
    this.#plane.wheel.arm(this, NEVER);
  }

  resumeReading(): void {
    if (this.#phase === Phase.gone) return;
    this.connection.resume();
    if (this.#phase === Phase.body) this.#armBody(performance.now());
  }

  onConnect(): void {
    this.#plane.wheel.arm(this, NEVER);
    this.#begin();
    (this.#attempt as Attempt).onUpstreamReady(this);
  }

  onRead(buf: Buffer, start: number, end: number): void {
    const attempt = this.#attempt;
    if (attempt === null) {
      // Bytes that nobody asked for: whatever they are, this connection cannot be trusted with another exchange.
      this.#leaveIdle();
      this.discard();
      return;
    }
    if (this.#phase === Phase.head) {
      if (this.#held === null) {
        this.#onHead(attempt, buf, start, end);
      } else {
        if (!this.#held.append(buf, start, end)) return;
        const whole = this.#held.take();
        this.#held = null;
        this.#onHead(attempt, whole, 0, whole.length);
      }
    } else {
      this.#onBody(attempt, buf, start, end);
    }
  }

  onEnd(): void {
    const attempt = this.#attempt;
    if (attempt === null) {
      this.#leaveIdle();
      this.discard();
      return;
    }
    if (this.#phase === Phase.body && this.#body.kind === BodyKind.untilClose) {
      this.#body.done = true;
      this.#keep = false;
      this.#client?.output.finishUnframed();
      this.#complete(attempt);
      return;
    }
    this.#lost(attempt);
  }

  onDrain(): void {
    if (this.#stuck && this.#phase === Phase.head) this.#plane.wheel.arm(this, NEVER);
    this.#stuck = false;
    this.#attempt?.onUpstreamDrain();
  }

  onClose(error: string | null): void {
    const attempt = this.#attempt;
    const connecting = this.#phase === Phase.connecting;
    if (attempt === null) this.#leaveIdle();
    this.#plane.wheel.drop(this);
    if (attempt === null) {
      this.#enter(Phase.gone);
      return;
    }
    if (connecting) {
      this.#enter(Phase.gone);
      this.#attempt = null;
      const timedOut = error === 'ETIMEDOUT';
      attempt.onFailed(
        timedOut ? Fault.connectTimeout : Fault.connectFailed,
        timedOut ? Outcome.connectTimeout : Outcome.connectFailure,
        false,
      );
      return;
    }
    this.#lost(attempt);
  }

  onDeadline(): void {
    const attempt = this.#attempt;
    const phase = this.#phase;
    if (attempt === null) {
      this.#leaveIdle();
      this.discard();
      return;
    }
    this.#attempt = null;
    this.discard();
    if (phase === Phase.connecting && this.#totalFirst) attempt.onFailed(Fault.totalTimeout, Outcome.timeout, false);
    else if (phase === Phase.connecting) attempt.onFailed(Fault.connectTimeout, Outcome.connectTimeout, false);
    else if (phase === Phase.head) attempt.onFailed(Fault.upstreamTimeout, Outcome.timeout, false);
    else attempt.onAnswerCut(Outcome.truncated);
  }

  #enter(phase: Phase): void {
    this.#plane.recorder.connectionMoved(this.backend.slot, COUNTED[this.#phase], COUNTED[phase]);
    this.#phase = phase;
  }

  #begin(): void {
    this.#enter(Phase.head);
    this.#interim = 0;
    this.#answered = false;
    this.#stuck = false;
    this.#keep = false;
    this.#client = null;
  }

  #onHead(attempt: Attempt, buf: Buffer, start: number, end: number): void {
    const { responseHead: head, responseLimits } = this.#plane;
    this.#answered = true;
    let at = start;
    for (;;) {
      const next = parseResponseHead(buf, at, end, head, responseLimits);
      if (next === INCOMPLETE) {
        this.#held = new HeldBytes();
        this.#held.append(buf, at, end);
        attempt.interimClient?.flush();
        return;
      }
      if (next < 0) return this.#invalid(attempt);
      if (head.status >= 200) {
        this.#onFinalHead(attempt, buf, next, end);
        return;
      }
      if (head.status === 101) {
        if (attempt.exchange?.upgradeWanted !== true || !head.upgrade) return this.#invalid(attempt);
        this.#switchProtocols(attempt, buf, next, end);
        return;
      }
      if (++this.#interim > INTERIM_MAX) return this.#invalid(attempt);
      attempt.interimClient?.output.stageInterim(buf, head);
      at = next;
      if (at === end) {
        attempt.interimClient?.flush();
        return;
      }
    }
  }

  #onFinalHead(attempt: Attempt, buf: Buffer, at: number, end: number): void {
    const { responseHead: head } = this.#plane;
    const kind = responseBody(head, attempt.method);
    this.#keep = head.keepAlive && kind !== BodyKind.untilClose;
    this.#terms.answered(buf, head.fields);
    this.#phase = Phase.body;
    const client = (this.#client = attempt.onAnswerHead(buf, head, kind));
    // Whoever does not want the answer may have given the connection up.
    if (this.#attempt === null) return;
    // A client of HTTP/1.0 does not know chunks: it gets the payload, ended by the end of the connection.
    this.#body.begin(kind, head.contentLength, client?.output.versionMinor === 0);
    if (this.#body.done) {
      if (at < end) this.#keep = false;
      client?.flush();
      this.#complete(attempt);
    } else if (at < end) {
      this.#onBody(attempt, buf, at, end);
    } else {
      client?.flush();
      this.#armBody(performance.now());
    }
  }

  #onBody(attempt: Attempt, buf: Buffer, start: number, end: number): void {
    const body = this.#body;
    const client = this.#client;
    const next = body.pump(buf, start, end, client === null ? UNWANTED : client.output);
    if (body.failed) {
      client?.flush();
      this.#attempt = null;
      this.discard();
      attempt.onAnswerCut(Outcome.invalid);
      return;
    }
    const flowing = client === null || client.flush();
    if (body.done || (client === null && body.bytes > UNWANTED_BYTES_MAX)) {
      // Bytes behind the end of the answer belong to nothing.
      if (next < end || !body.done) this.#keep = false;
      this.#complete(attempt);
    } else if (!flowing) {
      this.pauseReading();
    } else {
      this.#armBody(performance.now());
    }
  }

  #armBody(nowMs: number): void {
    const { bodyMs } = this.backend.pool.timeouts;
    this.#plane.wheel.arm(this, bodyMs > 0 ? nowMs + bodyMs : NEVER);
  }

  #complete(attempt: Attempt): void {
    this.#attempt = null;
    this.#client = null;
    const nowMs = performance.now();
    const clean = this.#keep && attempt.requestSent && !this.backend.retired && this.connection.pendingBytes === 0;
    const idleMs = clean ? this.#terms.idleMs(this.backend.pool.timeouts.idleMs) : 0;
    if (idleMs > 0) {
      this.#enter(Phase.idle);
      this.#idleSinceMs = nowMs;
      this.backend.idle.push(this);
      this.#plane.wheel.arm(this, nowMs + idleMs);
    } else {
      this.discard();
    }
    attempt.onAnswerComplete(nowMs);
  }

  #switchProtocols(attempt: Attempt, buf: Buffer, at: number, end: number): void {
    this.#attempt = null;
    this.#enter(Phase.gone);
    this.#plane.wheel.drop(this);
    attempt.onUpgraded(buf, this.#plane.responseHead, this.connection, at, end);
  }

  #invalid(attempt: Attempt): void {
    this.#attempt = null;
    this.discard();
    attempt.onFailed(Fault.upstreamInvalid, Outcome.invalid, false);
  }

  /** The backend ended the connection in the middle of an exchange. */
  #lost(attempt: Attempt): void {
    const inBody = this.#phase === Phase.body;
    this.#attempt = null;
    this.discard();
    if (inBody) attempt.onAnswerCut(Outcome.truncated);
    else attempt.onFailed(Fault.upstreamReset, Outcome.reset, this.reused && !this.#answered);
  }

  #leaveIdle(): void {
    const { idle } = this.backend;
    const at = idle.lastIndexOf(this);
    if (at !== -1) idle.splice(at, 1);
  }
}
