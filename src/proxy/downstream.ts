/**
 * One client connection. It finds the requests in the bytes that arrive, hands each to an exchange, and sends the answers
 * in order. Requests behind the one being answered wait here.
 */
import { Fault, faultRow, type FaultCode } from '#core/fault.ts';
import { INCOMPLETE } from '#http1/head.ts';
import { parseRequestHead } from '#http1/request-head.ts';
import type { Connection, ConnectionHandler } from '#transport/transport.ts';
import { ClientOutput } from './client-output.ts';
import type { DataPlane } from './data-plane.ts';
import { NEVER, Timed } from './deadline.ts';
import { acceptsJson } from './error-reply.ts';
import type { Exchange } from './exchange.ts';
import { HeldBytes } from './held-bytes.ts';
import type { ListenerState } from './plan-state.ts';
import type { ClientFacts } from './request-writer.ts';

/** Requests pipelined behind the current one wait up to this many bytes; then the client is not read. */
const HELD_PAUSE_BYTES = 64 * 1024;
/** After an answer that ends a connection, what the client still sends is read and dropped for this long, this far. */
const LINGER_MS = 2000;
const LINGER_BYTES = 1024 * 1024;

const Phase = { head: 0, exchange: 1, linger: 2, tunnel: 3, gone: 4 } as const;
type Phase = (typeof Phase)[keyof typeof Phase];

export class Downstream extends Timed implements ConnectionHandler {
  readonly listener: ListenerState;
  readonly connection: Connection;
  readonly output: ClientOutput;
  readonly #plane: DataPlane;
  #phase: Phase = Phase.head;
  #exchange: Exchange | null = null;
  #facts: ClientFacts | null = null;
  /** Bytes of heads not whole yet, or of requests whose turn has not come. */
  #held: HeldBytes | null = null;
  #keepAlive = true;
  #close = false;
  /** The client has sent its last byte. */
  #ended = false;
  #paused = false;
  /** The current answer waits for the client to take more. */
  #blocked = false;
  /** The last answer has not been taken whole: no further request is begun, so that answers cannot pile up here. */
  #stalled = false;
  #processing = false;
  /** A head has begun and is not whole. */
  #inHead = false;
  #lingered = 0;

  constructor(plane: DataPlane, listener: ListenerState, connection: Connection, nowMs: number) {
    super();
    this.#plane = plane;
    this.listener = listener;
    this.connection = connection;
    this.output = new ClientOutput(plane, connection);
    this.#arm(nowMs, listener.plan.timeouts.headerMs);
  }

  get facts(): ClientFacts {
    return (this.#facts ??= this.listener.factsOf(this.connection.remoteAddress));
  }

  onConnect(): void {}

  onRead(buf: Buffer, start: number, end: number): void {
    this.#plane.recorder.bytes(end - start, 0);
    if (this.#phase === Phase.head) {
      this.#onHeadBytes(buf, start, end);
    } else if (this.#phase === Phase.exchange) {
      const exchange = this.#exchange as Exchange;
      const next = exchange.requestReceived ? start : this.#onBodyBytes(exchange, buf, start, end);
      if (next < end) this.#onEarlyBytes(buf, next, end);
    } else if (this.#phase === Phase.linger) {
      this.#lingered += end - start;
      if (this.#lingered > LINGER_BYTES) this.#destroy();
    }
  }

  onEnd(): void {
    this.#ended = true;
    if (this.#phase === Phase.exchange) {
      // A client may end its side and wait for the answer, but not inside a request.
      if ((this.#exchange as Exchange).requestReceived) return;
      this.#cancel();
      this.#destroy();
    } else if (this.#phase !== Phase.linger || this.connection.pendingBytes === 0) {
      this.#destroy();
    }
  }

  onDrain(): void {
    if (this.#phase === Phase.linger && this.#ended) {
      this.#destroy();
      return;
    }
    if (this.#stalled) {
      this.#stalled = false;
      this.connection.resume();
      this.#awaitNext(performance.now());
    } else if (this.#blocked) {
      this.#blocked = false;
      this.#plane.wheel.arm(this, NEVER);
      this.#exchange?.resumeAnswer();
    }
  }

  onClose(): void {
    this.#cancel();
    this.#gone();
  }

  onDeadline(): void {
    if (this.#phase === Phase.head && this.#stalled) {
      this.connection.reset();
      this.#gone();
    } else if (this.#phase === Phase.head && this.#held !== null) {
      this.#refuse(Fault.headTimeout, null);
    } else if (this.#phase === Phase.exchange) {
      if (this.#blocked) {
        this.#cancel();
        this.connection.reset();
        this.#gone();
      } else if (!(this.#exchange as Exchange).requestReceived && !this.#paused) {
        (this.#exchange as Exchange).refuse(Fault.bodyTimeout);
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
    if (this.#phase === Phase.exchange && !this.#blocked)
      this.#arm(performance.now(), this.listener.plan.timeouts.bodyMs);
  }

  /** Decides, once per answer, whether the connection ends with it. */
  closesAfter(must: boolean): boolean {
    return (this.#close = must || !this.#keepAlive || this.#ended || this.#plane.draining);
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
    const { isHead, requestIdText } = exchange;
    this.#release();
    this.#sendFault(fault, unfinished, acceptsJson(head), isHead, requestIdText);
    this.#next(performance.now(), unfinished);
  }

  /** The connection belongs to a tunnel now; returns what had come early, if anything. */
  releaseToTunnel(): Buffer | null {
    this.#phase = Phase.tunnel;
    this.#plane.wheel.drop(this);
    const early = this.#held?.take() ?? null;
    this.#held = null;
    return early;
  }

  tunnelEnded(): void {
    this.#release();
    this.#gone();
  }

  /** The worker drains: an idle connection has nothing to wait for. */
  closeIdle(): void {
    if (this.#phase === Phase.head && this.#held === null && !this.#stalled) this.#destroy();
  }

  /** The worker's grace is over. */
  cut(): void {
    if (this.#phase === Phase.tunnel) {
      this.#exchange?.cutTunnel();
      return;
    }
    this.#cancel();
    this.#destroy();
  }

  #onHeadBytes(buf: Buffer, start: number, end: number): void {
    if (this.#held === null) {
      this.#process(buf, start, end);
      return;
    }
    // A head that comes in crumbs is looked at again when a line ends or it has doubled, so that the work stays linear.
    if (!this.#held.append(buf, start, end)) return;
    const whole = this.#held.take();
    this.#held = null;
    this.#process(whole, 0, whole.length);
  }

  #onBodyBytes(exchange: Exchange, buf: Buffer, start: number, end: number): number {
    const next = exchange.onClientBody(buf, start, end);
    if (this.#phase !== Phase.exchange || this.#exchange !== exchange) return end;
    if (!this.#paused && !this.#blocked) this.#armForRequest(exchange, performance.now());
    return next;
  }

  #onEarlyBytes(buf: Buffer, start: number, end: number): void {
    this.#held ??= new HeldBytes();
    this.#held.append(buf, start, end);
    if (this.#phase === Phase.exchange && this.#held.length > HELD_PAUSE_BYTES) this.pauseReading();
  }

  /** Takes as many requests out of `buf[start, end)` as can be begun now, and holds the rest. */
  #process(buf: Buffer, start: number, end: number): void {
    const { requestHead } = this.#plane;
    const { headLimits } = this.listener;
    let at = start;
    this.#processing = true;
    while (at < end && this.#phase === Phase.head && !this.#stalled) {
      const next = parseRequestHead(buf, at, end, requestHead, headLimits);
      if (next === INCOMPLETE) {
        // The head's time runs from its first byte, however slowly the rest comes.
        if (!this.#inHead) this.#arm(performance.now(), this.listener.plan.timeouts.headerMs);
        this.#inHead = true;
        break;
      }
      if (next < 0) {
        this.#refuse(-next, buf.subarray(at, end));
        break;
      }
      at = this.#begin(buf, next, end);
    }
    this.#processing = false;
    if (this.#phase === Phase.head || this.#phase === Phase.exchange) {
      if (at < end) this.#onEarlyBytes(buf, at, end);
      if (this.#phase === Phase.head && this.#ended && !this.#stalled) this.#destroy();
    }
  }

  /** Begins the exchange whose head was just parsed; returns the offset behind what it took of the buffer. */
  #begin(buf: Buffer, headEnd: number, end: number): number {
    const plane = this.#plane;
    const head = plane.requestHead;
    const nowMs = performance.now();
    const exchange = plane.takeExchange();
    this.#phase = Phase.exchange;
    this.#exchange = exchange;
    this.#inHead = false;
    this.#keepAlive = head.keepAlive;
    this.#close = false;
    this.output.begin(head.versionMinor);
    const fault = exchange.begin(this, buf, head, nowMs);
    if (fault !== 0) {
      exchange.recordRefused(fault, nowMs);
      this.answerFault(fault, !exchange.requestReceived, buf.subarray(head.start, head.end));
      return headEnd;
    }
    let at = headEnd;
    if (!exchange.requestReceived && at < end) {
      at = exchange.onClientBody(buf, at, end);
      if (this.#exchange !== exchange) return end;
    }
    exchange.dispatch(nowMs);
    if (!this.#paused && this.#exchange === exchange) this.#armForRequest(exchange, nowMs);
    return at;
  }

  #armForRequest(exchange: Exchange, nowMs: number): void {
    if (exchange.requestReceived) this.#plane.wheel.arm(this, NEVER);
    else this.#arm(nowMs, this.listener.plan.timeouts.bodyMs);
  }

  #arm(nowMs: number, afterMs: number): void {
    this.#plane.wheel.arm(this, afterMs > 0 ? nowMs + afterMs : NEVER);
  }

  /** Something is wrong before there is an exchange: answer and close, since nobody knows where the next request begins. */
  #refuse(fault: FaultCode, head: Buffer | null): void {
    this.output.begin(1);
    this.#held = null;
    this.#keepAlive = false;
    this.#plane.recorder.malformed(faultRow(fault).status);
    this.#sendFault(fault, true, head !== null && acceptsJson(head), false, '');
    this.#finish(true);
  }

  #sendFault(fault: FaultCode, unfinished: boolean, json: boolean, headOnly: boolean, requestId: string): void {
    if (faultRow(fault).status === 0) {
      this.#close = true;
      return;
    }
    this.output.fault(fault, { json, headOnly, close: this.closesAfter(unfinished), requestId });
  }

  /** The exchange is over: on to the next request, or to the end. */
  #next(nowMs: number, unfinished: boolean): void {
    if (this.#phase === Phase.gone) return;
    if (this.#close || unfinished || this.#plane.draining) {
      // Bytes behind the last request count as unfinished too: they may still be arriving.
      this.#finish(unfinished || this.#held !== null);
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
    if (this.#processing) return;
    if (this.#held !== null) {
      const held = this.#held.take();
      this.#held = null;
      this.#process(held, 0, held.length);
    } else if (this.#ended) {
      this.#destroy();
    }
  }

  /** No more requests. Closing at once with input unread would make the kernel send a reset that may overtake the answer. */
  #finish(unfinished: boolean): void {
    this.#held = null;
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
    if (this.#ended && this.connection.pendingBytes === 0) this.#destroy();
  }

  #cancel(): void {
    const exchange = this.#exchange;
    if (exchange === null) return;
    exchange.cancel();
    this.#release();
  }

  #release(): void {
    const exchange = this.#exchange;
    if (exchange === null) return;
    this.#exchange = null;
    this.#blocked = false;
    this.#plane.releaseExchange(exchange);
  }

  #destroy(): void {
    this.connection.destroy();
    this.#gone();
  }

  #gone(): void {
    if (this.#phase === Phase.gone) return;
    this.#phase = Phase.gone;
    this.#held = null;
    this.#plane.wheel.drop(this);
    this.#plane.connectionGone(this);
  }
}
