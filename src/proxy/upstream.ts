/**
 * One connection to a backend. It carries one exchange at a time: sends what the exchange hands it, reads the answer's
 * head and body, and goes back to its backend's idle connections when both messages ended cleanly.
 */
import { Fault } from '#core/fault.ts';
import { Outcome } from '#core/outcome.ts';
import { BodyKind, responseBody } from '#http1/framing.ts';
import { INCOMPLETE } from '#http1/head.ts';
import { parseResponseHead } from '#http1/response-head.ts';
import type { Connection, ConnectionHandler } from '#transport/transport.ts';
import type { Backend } from './backend.ts';
import { Body } from './body.ts';
import type { DataPlane } from './data-plane.ts';
import { NEVER, Timed } from './deadline.ts';
import type { Exchange } from './exchange.ts';
import { HeldBytes } from './held-bytes.ts';

/** Informational answers that one exchange may bring; more is an attack on the client. */
const INTERIM_MAX = 16;

const Phase = { connecting: 0, idle: 1, head: 2, body: 3, gone: 4 } as const;
type Phase = (typeof Phase)[keyof typeof Phase];

export class Upstream extends Timed implements ConnectionHandler {
  readonly backend: Backend;
  readonly connection: Connection;
  /** It carried an exchange before: its end may only mean that the backend had closed it while unused. */
  reused = false;
  readonly #plane: DataPlane;
  #exchange: Exchange | null = null;
  #phase: Phase = Phase.connecting;
  readonly #body = new Body();
  /** The beginning of a head whose rest has not come. */
  #held: HeldBytes | null = null;
  #keep = false;
  #interim = 0;
  #answered = false;

  constructor(plane: DataPlane, backend: Backend, exchange: Exchange, nowMs: number) {
    super();
    this.#plane = plane;
    this.backend = backend;
    this.#exchange = exchange;
    this.connection = plane.transport.connect(backend.nextAddress(), this);
    const { connectMs } = backend.pool.timeouts;
    plane.wheel.arm(this, connectMs > 0 ? nowMs + connectMs : NEVER);
  }

  get ready(): boolean {
    return this.#phase !== Phase.connecting && this.#phase !== Phase.gone;
  }

  /** Takes an idle connection for `exchange`. */
  take(exchange: Exchange): void {
    this.reused = true;
    this.#exchange = exchange;
    this.#begin();
  }

  /** Sends more of the request; false when the exchange should wait for `onUpstreamDrain`. */
  send(buf: Buffer, start: number, end: number): boolean {
    return this.connection.write(buf, start, end);
  }

  /** The request is on its way whole: the backend's time to answer begins. */
  awaitAnswer(atMs: number): void {
    if (this.#phase === Phase.head) this.#plane.wheel.arm(this, atMs);
  }

  /** The exchange does not want the answer any more. */
  abandon(): void {
    this.#exchange = null;
    this.discard();
  }

  discard(): void {
    this.#phase = Phase.gone;
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
    const exchange = this.#exchange as Exchange;
    this.#begin();
    exchange.onUpstreamReady(this);
  }

  onRead(buf: Buffer, start: number, end: number): void {
    const exchange = this.#exchange;
    if (exchange === null) {
      // Bytes that nobody asked for: whatever they are, this connection cannot be trusted with another exchange.
      this.#leaveIdle();
      this.discard();
      return;
    }
    if (this.#phase === Phase.head) {
      if (this.#held === null) {
        this.#onHead(exchange, buf, start, end);
      } else {
        if (!this.#held.append(buf, start, end)) return;
        const whole = this.#held.take();
        this.#held = null;
        this.#onHead(exchange, whole, 0, whole.length);
      }
    } else {
      this.#onBody(exchange, buf, start, end);
    }
  }

  onEnd(): void {
    const exchange = this.#exchange;
    if (exchange === null) {
      this.#leaveIdle();
      this.discard();
      return;
    }
    if (this.#phase === Phase.body && this.#body.kind === BodyKind.untilClose) {
      this.#body.done = true;
      this.#keep = false;
      exchange.client.output.finishUnframed();
      this.#complete(exchange);
      return;
    }
    this.#lost(exchange);
  }

  onDrain(): void {
    this.#exchange?.onUpstreamDrain();
  }

  onClose(error: string | null): void {
    const exchange = this.#exchange;
    const connecting = this.#phase === Phase.connecting;
    if (exchange === null) this.#leaveIdle();
    this.#plane.wheel.drop(this);
    if (exchange === null) {
      this.#phase = Phase.gone;
      return;
    }
    if (connecting) {
      this.#phase = Phase.gone;
      this.#exchange = null;
      const timedOut = error === 'ETIMEDOUT';
      exchange.onAttemptFailed(
        timedOut ? Fault.connectTimeout : Fault.connectFailed,
        timedOut ? Outcome.connectTimeout : Outcome.connectFailure,
        false,
      );
      return;
    }
    this.#lost(exchange);
  }

  onDeadline(): void {
    const exchange = this.#exchange;
    const phase = this.#phase;
    if (exchange === null) {
      this.#leaveIdle();
      this.discard();
      return;
    }
    this.#exchange = null;
    this.discard();
    if (phase === Phase.connecting) exchange.onAttemptFailed(Fault.connectTimeout, Outcome.connectTimeout, false);
    else if (phase === Phase.head) exchange.onAttemptFailed(Fault.upstreamTimeout, Outcome.timeout, false);
    else exchange.onAnswerCut(Outcome.truncated);
  }

  #begin(): void {
    this.#phase = Phase.head;
    this.#interim = 0;
    this.#answered = false;
    this.#keep = false;
  }

  #onHead(exchange: Exchange, buf: Buffer, start: number, end: number): void {
    const { responseHead: head, responseLimits } = this.#plane;
    this.#answered = true;
    let at = start;
    for (;;) {
      const next = parseResponseHead(buf, at, end, head, responseLimits);
      if (next === INCOMPLETE) {
        this.#held = new HeldBytes();
        this.#held.append(buf, at, end);
        exchange.client.flush();
        return;
      }
      if (next < 0) return this.#invalid(exchange);
      if (head.status >= 200) {
        this.#onFinalHead(exchange, buf, next, end);
        return;
      }
      if (head.status === 101) {
        if (!exchange.upgradeWanted || !head.upgrade) return this.#invalid(exchange);
        this.#switchProtocols(exchange, buf, next, end);
        return;
      }
      if (++this.#interim > INTERIM_MAX) return this.#invalid(exchange);
      exchange.client.output.stageInterim(buf, head);
      at = next;
      if (at === end) {
        exchange.client.flush();
        return;
      }
    }
  }

  #onFinalHead(exchange: Exchange, buf: Buffer, at: number, end: number): void {
    const { responseHead: head } = this.#plane;
    const kind = responseBody(head, exchange.method);
    // A client of HTTP/1.0 does not know chunks: it gets the payload, ended by the end of the connection.
    this.#body.begin(kind, head.contentLength, exchange.client.output.versionMinor === 0);
    this.#keep = head.keepAlive && kind !== BodyKind.untilClose;
    this.#phase = Phase.body;
    exchange.onAnswerHead(buf, head, kind);
    if (this.#body.done) {
      if (at < end) this.#keep = false;
      exchange.client.flush();
      this.#complete(exchange);
    } else if (at < end) {
      this.#onBody(exchange, buf, at, end);
    } else {
      exchange.client.flush();
      this.#armBody(performance.now());
    }
  }

  #onBody(exchange: Exchange, buf: Buffer, start: number, end: number): void {
    const body = this.#body;
    const { client } = exchange;
    const next = body.pump(buf, start, end, client.output);
    if (body.failed) {
      client.flush();
      this.#exchange = null;
      this.discard();
      exchange.onAnswerCut(Outcome.invalid);
      return;
    }
    const flowing = client.flush();
    if (body.done) {
      // Bytes behind the end of the answer belong to nothing.
      if (next < end) this.#keep = false;
      this.#complete(exchange);
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

  #complete(exchange: Exchange): void {
    this.#exchange = null;
    const nowMs = performance.now();
    if (this.#keep && exchange.requestSent && !this.backend.retired && this.connection.pendingBytes === 0) {
      this.#phase = Phase.idle;
      this.backend.idle.push(this);
      const { idleMs } = this.backend.pool.timeouts;
      this.#plane.wheel.arm(this, idleMs > 0 ? nowMs + idleMs : NEVER);
    } else {
      this.discard();
    }
    exchange.onAnswerComplete(nowMs);
  }

  #switchProtocols(exchange: Exchange, buf: Buffer, at: number, end: number): void {
    this.#exchange = null;
    this.#phase = Phase.gone;
    this.#plane.wheel.drop(this);
    exchange.onUpgraded(buf, this.#plane.responseHead, this.connection, at, end);
  }

  #invalid(exchange: Exchange): void {
    this.#exchange = null;
    this.discard();
    exchange.onAttemptFailed(Fault.upstreamInvalid, Outcome.invalid, false);
  }

  /** The backend ended the connection in the middle of an exchange. */
  #lost(exchange: Exchange): void {
    const inBody = this.#phase === Phase.body;
    this.#exchange = null;
    this.discard();
    if (inBody) exchange.onAnswerCut(Outcome.truncated);
    else exchange.onAttemptFailed(Fault.upstreamReset, Outcome.reset, this.reused && !this.#answered);
  }

  #leaveIdle(): void {
    const { idle } = this.backend;
    const at = idle.lastIndexOf(this);
    if (at !== -1) idle.splice(at, 1);
  }
}
