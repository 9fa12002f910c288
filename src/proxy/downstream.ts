/**
 * One client connection. It finds the requests in the bytes that arrive, hands each to an exchange, and sends the answers
 * in order. Requests behind the one being answered wait here.
 */
import { Fault, faultRow, type FaultCode } from '#core/fault.ts';
import type { Connection, ConnectionHandler } from '#transport/transport.ts';
import { BodyPace } from './body-pace.ts';
import { ClientOutput } from './client-output.ts';
import type { DataPlane } from './data-plane.ts';
import { NEVER, Timed } from './deadline.ts';
import { recordMalformed } from './access-notes.ts';
import { acceptsJson, type FaultForm } from './error-reply.ts';
import type { Exchange } from './exchange.ts';
import type { ListenerState } from './plan-state.ts';
import type { Peer } from './proxy-protocol.ts';
import { RequestFeed, type RequestTaker } from './request-feed.ts';
import type { LimitStanding } from './rate-limits.ts';
import type { ClientFacts } from './request-writer.ts';

/** Requests pipelined behind the current one wait up to this many bytes; then the client is not read. */
const HELD_PAUSE_BYTES = 64 * 1024;
/** After an answer that ends a connection, what the client still sends is read and dropped for this long, this far. */
const LINGER_MS = 2000;
const LINGER_BYTES = 1024 * 1024;

const Phase = { head: 0, exchange: 1, linger: 2, tunnel: 3, gone: 4 } as const;
type Phase = (typeof Phase)[keyof typeof Phase];

export class Downstream extends Timed implements ConnectionHandler, RequestTaker {
  readonly listener: ListenerState;
  readonly connection: Connection;
  readonly peer: Peer;
  readonly output: ClientOutput;
  readonly #plane: DataPlane;
  #phase: Phase = Phase.head;
  #exchange: Exchange | null = null;
  #facts: ClientFacts | null = null;
  readonly #feed: RequestFeed;
  #keepAlive = true;
  #close = false;
  /** The client has sent its last byte. */
  ended = false;
  #paused = false;
  /** The current answer waits for the client to take more. */
  #blocked = false;
  /** The last answer has not been taken whole: no further request is begun, so that answers cannot pile up here. */
  #stalled = false;
  /** A head has begun and is not whole. */
  #inHead = false;
  #lingered = 0;
  #pace: BodyPace | null = null;

  constructor(plane: DataPlane, listener: ListenerState, connection: Connection, peer: Peer, nowMs: number) {
    super();
    this.#plane = plane;
    this.listener = listener;
    this.connection = connection;
    this.peer = peer;
    this.output = new ClientOutput(plane, connection, listener.row);
    this.#feed = new RequestFeed(this, plane.requestHead, listener.headLimits);
    this.#arm(nowMs, listener.plan.timeouts.headerMs);
  }

  get facts(): ClientFacts {
    return (this.#facts ??= this.listener.factsOf(this.peer.remoteAddress));
  }

  onConnect(): void {}

  onRead(buf: Buffer, start: number, end: number): void {
    this.#plane.recorder.bytes(end - start, 0, this.listener.row);
    if (this.#phase === Phase.head) {
      this.#feed.onBytes(buf, start, end);
    } else if (this.#phase === Phase.exchange) {
      const exchange = this.#exchange as Exchange;
      const next = exchange.requestReceived ? start : this.#onBodyBytes(exchange, buf, start, end);
      if (next < end) this.#feed.hold(buf, next, end);
    } else if (this.#phase === Phase.linger) {
      this.#lingered += end - start;
      if (this.#lingered > LINGER_BYTES) this.#destroy();
    }
  }

  onEnd(): void {
    this.ended = true;
    if (this.#phase === Phase.exchange) {
      // A client may end its side and wait for the answer, but not inside a request.
      if ((this.#exchange as Exchange).requestReceived) return;
      this.#end();
    } else if (!this.#feed.yielded && (this.#phase !== Phase.linger || this.connection.pendingBytes === 0)) {
      // Where the feed has yielded, what waits here is answered first.
      this.#destroy();
    }
  }

  onDrain(): void {
    if (this.#phase === Phase.linger && this.ended) {
      this.#destroy();
      return;
    }
    if (this.#stalled) {
      this.#stalled = false;
      this.connection.resume();
      this.#awaitNext(performance.now());
    } else if (this.#blocked) {
      this.#blocked = false;
      this.#watchBody(performance.now());
      this.#exchange?.resumeAnswer();
    }
  }

  onClose(): void {
    this.#cancel();
    this.#gone();
  }

  onDeadline(nowMs: number): void {
    if (this.#phase === Phase.head && this.#stalled) this.#reset();
    else if (this.#phase === Phase.head && !this.#feed.isEmpty) this.onNoRequest(Fault.headTimeout, null);
    else if (this.#phase === Phase.exchange) {
      if (this.#blocked) {
        this.#cancel(Fault.writeTimeout);
        this.#reset();
      } else {
        this.#judgeBody(this.#exchange as Exchange, nowMs);
      }
    } else {
      this.#destroy();
    }
  }

  pauseReading(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.connection.pause();
    if (!this.#blocked) this.#plane.wheel.arm(this, NEVER);
  }

  resumeReading(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.connection.resume();
    if (this.#phase === Phase.exchange && !this.#blocked) this.#watchBody(performance.now());
  }

  /** Decides, once per answer, whether the connection ends with it. */
  closesAfter(must: boolean): boolean {
    return (this.#close = must || !this.#keepAlive || this.ended || this.#plane.draining);
  }

  /** Sends what is staged. False when the client does not take it all: `resumeAnswer` of the exchange follows. */
  flush(): boolean {
    this.output.flush();
    if (this.connection.pendingBytes === 0) return true;
    this.#blocked = true;
    this.#arm(performance.now(), this.listener.plan.timeouts.writeMs);
    return false;
  }

  exchangeDone(nowMs: number): void {
    const unfinished = !(this.#exchange as Exchange).requestReceived;
    this.#release();
    this.#next(nowMs, unfinished);
  }

  /** The answer broke off: the client must not take what it has for the whole. */
  exchangeCut(): void {
    this.#release();
    if (this.output.unframed) this.connection.reset();
    this.#destroy();
  }

  /** Answers the exchange with a fault of the proxy's own; `head` is the request's, in any form. */
  answerFault(fault: FaultCode, unfinished: boolean, head: Buffer): void {
    const exchange = this.#exchange as Exchange;
    const how = { json: acceptsJson(head), headOnly: exchange.isHead, requestId: exchange.requestIdText };
    this.#sendFault(fault, unfinished, how, exchange.standing);
    exchange.recordRefused(fault, performance.now());
    this.#release();
    this.#next(performance.now(), unfinished);
  }

  /** The connection belongs to a tunnel now; returns what had come early, if anything. */
  releaseToTunnel(): Buffer | null {
    this.#phase = Phase.tunnel;
    this.#plane.wheel.drop(this);
    return this.#feed.empty();
  }

  tunnelEnded(): void {
    this.#release();
    this.#gone();
  }

  /** The worker drains: an idle connection has nothing to wait for. */
  closeIdle(): void {
    if (this.#phase === Phase.head && this.#feed.isEmpty && !this.#stalled) this.#destroy();
  }

  /** The worker's grace is over. */
  cut(): void {
    if (this.#phase === Phase.tunnel) this.#exchange?.cutTunnel();
    else this.#end();
  }

  get takesRequests(): boolean {
    return this.#phase === Phase.head && !this.#stalled;
  }

  get keepsBytes(): boolean {
    return this.#phase === Phase.head || this.#phase === Phase.exchange;
  }

  onHeadBegun(): void {
    // The head's time runs from its first byte, however slowly the rest comes.
    if (!this.#inHead) this.#arm(performance.now(), this.listener.plan.timeouts.headerMs);
    this.#inHead = true;
  }

  onHeld(bytes: number): void {
    if (this.#phase === Phase.exchange && bytes > HELD_PAUSE_BYTES) this.pauseReading();
  }

  onYield(): void {
    this.connection.pause();
  }

  onTurn(): void {
    if (!this.#stalled) this.connection.resume();
    if (!this.takesRequests) return;
    this.#feed.takeHeld();
    this.#endIfEnded();
  }

  #onBodyBytes(exchange: Exchange, buf: Buffer, start: number, end: number): number {
    const next = exchange.onClientBody(buf, start, end);
    if (this.#phase !== Phase.exchange || this.#exchange !== exchange) return end;
    if (exchange.requestReceived && !this.#blocked) this.#plane.wheel.arm(this, NEVER);
    if (this.#pace !== null) this.#pace.readMs = performance.now();
    return next;
  }

  onRequest(buf: Buffer, headEnd: number, end: number): number {
    const plane = this.#plane;
    const head = plane.requestHead;
    const nowMs = performance.now();
    const exchange = plane.takeExchange(this.listener);
    this.#phase = Phase.exchange;
    this.#exchange = exchange;
    this.#inHead = false;
    this.#keepAlive = head.keepAlive;
    this.#close = false;
    this.output.begin(head.versionMinor);
    const fault = exchange.begin(this, buf, head, nowMs);
    if (fault !== 0) {
      this.answerFault(fault, !exchange.requestReceived, buf.subarray(head.start, head.end));
      return headEnd;
    }
    let at = headEnd;
    if (!exchange.requestReceived && at < end) {
      at = exchange.onClientBody(buf, at, end);
      if (this.#exchange !== exchange) return end;
    }
    exchange.dispatch(nowMs);
    if (!this.#paused && this.#exchange === exchange) this.#watchBody(nowMs);
    return at;
  }

  /** From now on the rest of the request's body, if there is any, must come steadily. */
  #watchBody(nowMs: number): void {
    const exchange = this.#exchange;
    if (exchange === null || exchange.requestReceived || this.#paused) {
      this.#plane.wheel.arm(this, NEVER);
    } else {
      this.#pace ??= new BodyPace();
      this.#pace.begin(nowMs, exchange.bodyBytes);
      this.#arm(nowMs, this.listener.plan.timeouts.bodyMs);
    }
  }

  #judgeBody(exchange: Exchange, nowMs: number): void {
    if (exchange.requestReceived || this.#paused) return;
    const { plan } = this.listener;
    const pace = this.#pace as BodyPace;
    const fault = pace.judge(nowMs, exchange.bodyBytes, plan);
    if (fault === 0) this.#plane.wheel.arm(this, pace.dueMs(plan));
    else exchange.refuse(fault);
  }

  #arm(nowMs: number, afterMs: number): void {
    this.#plane.wheel.arm(this, afterMs > 0 ? nowMs + afterMs : NEVER);
  }

  /** Something is wrong before there is an exchange: answer and close, since nobody knows where the next request begins. */
  onNoRequest(fault: FaultCode, head: Buffer | null): void {
    this.output.begin(1);
    this.#feed.empty();
    this.#keepAlive = false;
    recordMalformed(this.#plane, this, this.listener, fault, head?.length ?? 0);
    const json = head !== null && acceptsJson(head);
    this.#sendFault(fault, true, { json, headOnly: false, requestId: '' }, null);
    // A head that came too slowly leaves next to nothing unread, and thousands may run out of time together: no lingering.
    this.#finish(fault !== Fault.headTimeout);
  }

  #sendFault(fault: FaultCode, unfinished: boolean, how: FaultForm, standing: LimitStanding | null): void {
    if (faultRow(fault).status === 0) this.#close = true;
    else this.output.fault(fault, { ...how, close: this.closesAfter(unfinished) }, standing);
  }

  /** The exchange is over: on to the next request, or to the end. */
  #next(nowMs: number, unfinished: boolean): void {
    if (this.#phase === Phase.gone) return;
    if (this.#close || unfinished || this.#plane.draining) {
      // Bytes behind the last request count as unfinished too: they may still be arriving.
      this.#finish(unfinished || !this.#feed.isEmpty);
      return;
    }
    this.#phase = Phase.head;
    if (this.connection.pendingBytes > 0) {
      this.#stalled = true;
      this.connection.pause();
      this.#arm(nowMs, this.listener.plan.timeouts.writeMs);
    } else {
      this.#awaitNext(nowMs);
    }
  }

  #awaitNext(nowMs: number): void {
    this.#arm(nowMs, this.listener.plan.timeouts.idleMs);
    if (this.#paused) {
      this.#paused = false;
      this.connection.resume();
    }
    if (this.#feed.taking) return;
    this.#feed.takeHeld();
    this.#endIfEnded();
  }

  /** A client that has sent its last byte gets no more than what it asked for. */
  #endIfEnded(): void {
    if (this.ended && this.takesRequests && !this.#feed.yielded) this.#destroy();
  }

  /** No more requests. Closing at once with input unread would make the kernel send a reset that may overtake the answer. */
  #finish(unfinished: boolean): void {
    this.#feed.empty();
    if (!unfinished && this.connection.pendingBytes === 0) {
      this.#destroy();
      return;
    }
    this.#phase = Phase.linger;
    this.connection.end();
    if (this.#paused) {
      this.#paused = false;
      this.connection.resume();
    }
    const { writeMs } = this.listener.plan.timeouts;
    this.#arm(performance.now(), this.connection.pendingBytes > 0 && writeMs > 0 ? writeMs : LINGER_MS);
    if (this.ended && this.connection.pendingBytes === 0) this.#destroy();
  }

  #cancel(fault?: FaultCode): void {
    const exchange = this.#exchange;
    if (exchange === null) return;
    exchange.cancel(fault);
    this.#release();
  }

  #release(): void {
    const exchange = this.#exchange;
    if (exchange === null) return;
    this.#exchange = null;
    this.#blocked = false;
    this.#plane.releaseExchange(exchange);
  }

  #end(): void {
    this.#cancel();
    this.#destroy();
  }

  #reset(): void {
    this.connection.reset();
    this.#gone();
  }

  #destroy(): void {
    this.connection.destroy();
    this.#gone();
  }

  #gone(): void {
    if (this.#phase === Phase.gone) return;
    this.#phase = Phase.gone;
    this.#feed.empty();
    this.#plane.wheel.drop(this);
    this.#plane.connectionGone(this);
  }
}
