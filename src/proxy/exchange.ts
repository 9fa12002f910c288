/**
 * One client request and its answer: route, pool, pick, attempt, relay, and the record of it all. Exchanges are reused,
 * one at a time per client connection, so that none is allocated per request.
 */
import { Fault, faultRow, type FaultCode } from '#core/fault.ts';
import { Outcome, isUpstreamError, outcomeOfStatus } from '#core/outcome.ts';
import { BodyKind, requestBody } from '#http1/framing.ts';
import { Method, type RequestHead } from '#http1/request-head.ts';
import type { ResponseHead } from '#http1/response-head.ts';
import type { Connection } from '#transport/transport.ts';
import type { Backend } from './backend.ts';
import { Body, type BodySink } from './body.ts';
import type { DataPlane } from './data-plane.ts';
import { NEVER } from './deadline.ts';
import type { Downstream } from './downstream.ts';
import type { PreparedEdits } from './header-edits.ts';
import type { RouteState } from './plan-state.ts';
import { NO_BACKEND, type Pool } from './pool.ts';
import { requestFault, upgradeAllowed } from './request-rules.ts';
import { REQUEST_ID_BYTES_MAX, type AnswerFrame } from './response-writer.ts';
import { Tunnel, type TunnelOwner } from './tunnel.ts';
import { Upstream } from './upstream.ts';

/** The request's head, and whatever of its body came before a backend was ready, wait here to be sent or sent again. */
const OUT_BYTES = 8 * 1024;
/** A client that sends faster than a backend connects is paused once this much waits. */
const OUT_PAUSE_BYTES = 64 * 1024;

/** RFC 9110 9.2.2: a proxy repeats only these by itself. */
const IDEMPOTENT =
  (1 << Method.get) |
  (1 << Method.head) |
  (1 << Method.put) |
  (1 << Method.delete) |
  (1 << Method.options) |
  (1 << Method.trace);

export class Exchange implements BodySink, TunnelOwner {
  client!: Downstream;
  method = 0;
  upgradeWanted = false;
  /** The request has been handed to the transport whole. */
  requestSent = false;
  status = 0;
  readonly requestId: Buffer = Buffer.alloc(REQUEST_ID_BYTES_MAX);
  requestIdLength = 0;
  readonly #plane: DataPlane;
  #route: RouteState | null = null;
  #pool: Pool | null = null;
  #backend: Backend | null = null;
  #upstream: Upstream | null = null;
  #key = 0;
  #startedAt = 0;
  /** When the route's total time began: with the exchange, or with the last byte of a body that was streamed. */
  #totalFrom = 0;
  #attemptAt = 0;
  #inFlightBefore = 0;
  #attempting = false;
  /** When an upgrade was answered; 0: none was. */
  #answeredAt = 0;
  #answering = false;
  #staleRetried = false;
  readonly #body = new Body();
  #out: Buffer = Buffer.allocUnsafeSlow(OUT_BYTES);
  #outEnd = 0;
  /** Some of the body went past `out`: the request cannot be sent again. */
  #outPassed = false;
  #failed: FaultCode = 0;
  #tunnel: Tunnel | null = null;

  constructor(plane: DataPlane) {
    this.#plane = plane;
  }

  /** The whole request has arrived from the client. */
  get requestReceived(): boolean {
    return this.#body.done;
  }

  get isHead(): boolean {
    return this.method === Method.head;
  }

  /** What the route changes in the answer's head. */
  get responseEdits(): PreparedEdits {
    return (this.#route as RouteState).responseEdits;
  }

  /** The request's id, made now where no attempt has made it. */
  get requestIdText(): string {
    if (this.requestIdLength === 0) this.requestIdLength = this.#plane.requestIds.writeId(this.requestId, 0);
    return this.requestId.toString('latin1', 0, this.requestIdLength);
  }

  /** Begins with the head that was just parsed from `buf`. False when it was answered at once, with a fault. */
  begin(client: Downstream, buf: Buffer, head: RequestHead, nowMs: number): FaultCode {
    const plane = this.#plane;
    this.client = client;
    this.#startedAt = nowMs;
    this.#totalFrom = 0;
    this.method = head.method;
    this.status = 0;
    this.requestIdLength = 0;
    this.requestSent = false;
    this.#route = null;
    this.#pool = null;
    this.#upstream = null;
    this.#attempting = false;
    this.#answeredAt = 0;
    this.#answering = false;
    this.#staleRetried = false;
    this.#outPassed = false;
    this.#failed = 0;
    const kind = requestBody(head);
    this.#body.begin(kind, head.contentLength, false);
    if (head.upgrade && (kind !== BodyKind.none || !upgradeAllowed(buf, head))) head.upgrade = false;
    this.upgradeWanted = head.upgrade;
    const route = plane.state.route(buf, head);
    if (route === null) return head.method === Method.connect ? Fault.connectRefused : Fault.noRoute;
    this.#route = route;
    const fault = requestFault(buf, head, client.listener.plan.limits.bodyBytes);
    if (fault !== 0) return fault;
    const pool = route.choosePool();
    this.#pool = pool;
    this.#key = pool.needsKey ? pool.keyOf(buf, head, client.facts.address) : 0;
    const slot = pool.pick(this.#key, nowMs, -1);
    if (slot < 0) return slot === NO_BACKEND ? Fault.noBackend : Fault.overloaded;
    this.#beginAttempt(slot, nowMs);
    this.#writeHead(buf, head, route);
    return 0;
  }

  /** The body's first bytes, if any, have been taken: send everything, connecting first where nothing waits. */
  dispatch(nowMs: number): void {
    const backend = this.#backend as Backend;
    const upstream = backend.idle.pop();
    if (upstream === undefined) {
      this.#upstream = new Upstream(this.#plane, backend, this, nowMs);
      return;
    }
    this.#upstream = upstream;
    upstream.take(this);
    this.#sendOut(upstream, nowMs);
  }

  /** Takes request body bytes; returns the offset behind what belonged to it. */
  onClientBody(buf: Buffer, start: number, end: number): number {
    const next = this.#body.pump(buf, start, end, this);
    if (this.#body.failed) {
      this.#failed = Fault.badChunk;
    } else {
      const limit = this.client.listener.plan.limits.bodyBytes;
      if (limit > 0 && this.#body.bytes > limit) this.#failed = Fault.bodyTooLarge;
    }
    if (this.#failed !== 0) {
      this.refuse(this.#failed);
      return end;
    }
    if (this.#body.done && this.#upstream?.ready === true) this.#requestComplete(performance.now());
    return next;
  }

  /** A run of body bytes goes to the backend, or waits for it. */
  forward(buf: Buffer, start: number, end: number): void {
    const upstream = this.#upstream;
    if (upstream?.ready !== true) {
      this.#keepOut(buf, start, end);
      return;
    }
    this.#outPassed = true;
    if (!upstream.send(buf, start, end)) this.client.pauseReading();
  }

  onUpstreamReady(upstream: Upstream): void {
    this.#sendOut(upstream, performance.now());
  }

  onUpstreamDrain(): void {
    if (!this.#body.done) this.client.resumeReading();
  }

  onAnswerHead(buf: Buffer, head: ResponseHead, kind: number): void {
    const { client } = this;
    this.#answering = true;
    this.status = head.status;
    const unframed = kind === BodyKind.untilClose;
    const old = client.output.versionMinor === 0;
    const chunked = !old && (unframed || kind === BodyKind.chunked);
    // What has no length for an HTTP/1.0 client ends with its connection; so does one whose request is still coming.
    const close = client.closesAfter(!this.#body.done || (old && (unframed || kind === BodyKind.chunked)));
    const frame: AnswerFrame = {
      chunked,
      keepLength: head.status !== 204,
      connection: close ? 'close' : old ? 'keep-alive' : '',
    };
    client.output.stageHead(buf, head, frame, this, unframed && chunked);
  }

  onAnswerComplete(nowMs: number): void {
    this.#upstream = null;
    this.#settle(outcomeOfStatus(this.status), nowMs);
    this.#finish(nowMs);
  }

  /** The attempt ended without an answer. `stale`: on a reused connection that said nothing at all. */
  onAttemptFailed(fault: FaultCode, outcome: Outcome, stale: boolean): void {
    const nowMs = performance.now();
    this.#upstream = null;
    if (stale && !this.#staleRetried && !this.#outPassed && (IDEMPOTENT & (1 << this.method)) !== 0) {
      // The backend closed the connection while it was unused: that is no failure, the same backend gets the request anew.
      this.#staleRetried = true;
      this.#plane.recorder.staleRetry();
      this.requestSent = false;
      this.#upstream = new Upstream(this.#plane, this.#backend as Backend, this, nowMs);
      return;
    }
    this.#settle(outcome, nowMs);
    this.refuse(fault);
  }

  /** The answer's body broke off: what the client has cannot be made whole. */
  onAnswerCut(outcome: Outcome): void {
    const nowMs = performance.now();
    this.#upstream = null;
    this.#settle(outcome, nowMs);
    this.#record(nowMs);
    const { client } = this;
    client.exchangeCut();
  }

  onUpgraded(buf: Buffer, head: ResponseHead, connection: Connection, at: number, end: number): void {
    const { client } = this;
    const nowMs = performance.now();
    this.#upstream = null;
    this.status = 101;
    // The tunnel stays in flight until it ends, but the time to its beginning is what the backend took to answer.
    this.#answeredAt = nowMs;
    client.output.stageHead(buf, head, { chunked: false, keepLength: false, connection: 'upgrade' }, this, false);
    if (at < end) client.output.forward(buf, at, end);
    client.flush();
    const { tunnelMs } = (this.#pool as Pool).plan.timeouts;
    this.#plane.recorder.tunnels(1);
    const early = client.releaseToTunnel();
    this.#tunnel = new Tunnel(client.connection, connection, this, this.#plane.wheel, tunnelMs);
    if (early !== null) {
      connection.write(early, 0, early.length);
      this.countBytes(early.length, 0);
    }
  }

  cutTunnel(): void {
    this.#tunnel?.finish(true);
  }

  onTunnelEnd(): void {
    this.#tunnel = null;
    this.#plane.recorder.tunnels(-1);
    const nowMs = performance.now();
    this.#settle(Outcome.success, nowMs);
    this.#record(nowMs);
    this.client.tunnelEnded();
  }

  countBytes(fromClient: number, fromBackend: number): void {
    this.#plane.recorder.bytes(fromClient, fromBackend);
  }

  /** The client went away. */
  cancel(): void {
    const nowMs = performance.now();
    const upstream = this.#upstream;
    this.#upstream = null;
    upstream?.abandon();
    this.#settle(Outcome.cancelled, nowMs);
    this.#record(nowMs);
  }

  resumeAnswer(): void {
    this.#upstream?.resumeReading();
  }

  /** Answers with a fault of our own, if the answer has not begun; else cuts it. */
  refuse(fault: FaultCode): void {
    const nowMs = performance.now();
    const upstream = this.#upstream;
    this.#upstream = null;
    upstream?.abandon();
    this.#settle(Outcome.cancelled, nowMs);
    if (this.#answering) {
      this.#record(nowMs);
      this.client.exchangeCut();
      return;
    }
    this.status = faultRow(fault).status;
    this.#record(nowMs);
    this.client.answerFault(fault, !this.#body.done, this.#out.subarray(0, this.#outEnd));
  }

  /** A fault found by `begin`, before any attempt. */
  recordRefused(fault: FaultCode, nowMs: number): void {
    this.status = faultRow(fault).status;
    this.#record(nowMs);
  }

  #beginAttempt(slot: number, nowMs: number): void {
    const pool = this.#pool as Pool;
    this.#backend = pool.backendAt(slot);
    this.#attemptAt = nowMs;
    this.#inFlightBefore = pool.begin(this.#plane.worker, slot, nowMs);
    this.#attempting = true;
    this.#plane.recorder.pick(slot);
  }

  #settle(outcome: Outcome, nowMs: number): void {
    if (!this.#attempting) return;
    this.#attempting = false;
    const { slot } = this.#backend as Backend;
    const elapsedMs = (this.#answeredAt > 0 ? this.#answeredAt : nowMs) - this.#attemptAt;
    (this.#pool as Pool).settle(this.#plane.worker, slot, this.#inFlightBefore, elapsedMs, outcome, nowMs);
    this.#plane.recorder.attempt(slot, outcome, elapsedMs);
    if (isUpstreamError(outcome)) this.#plane.recorder.upstreamError();
  }

  #record(nowMs: number): void {
    this.#plane.recorder.exchange(
      this.#route === null ? 0 : this.#route.plan.row,
      this.method,
      this.status,
      nowMs - this.#startedAt,
    );
  }

  #finish(nowMs: number): void {
    this.#record(nowMs);
    this.client.exchangeDone(nowMs);
  }

  #writeHead(buf: Buffer, head: RequestHead, route: RouteState): void {
    const { requestWriter: writer } = this.#plane;
    const { client } = this;
    const target = route.targetFor(this.#backend as Backend, buf, head);
    const needed = writer.bytesFor(head, client.facts, target);
    if (needed > this.#out.length) this.#out = Buffer.allocUnsafeSlow(needed);
    this.#outEnd = writer.write(buf, head, client.facts, target, this.#out, 0);
    this.requestIdLength = this.#out.copy(this.requestId, 0, writer.idStart, writer.idEnd);
  }

  #keepOut(buf: Buffer, start: number, end: number): void {
    const needed = this.#outEnd + end - start;
    if (needed > this.#out.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#out.length * 2));
      this.#out.copy(larger, 0, 0, this.#outEnd);
      this.#out = larger;
    }
    this.#outEnd += buf.copy(this.#out, this.#outEnd, start, end);
    if (this.#outEnd > OUT_PAUSE_BYTES && !this.#body.done) this.client.pauseReading();
  }

  #sendOut(upstream: Upstream, nowMs: number): void {
    const flowing = upstream.send(this.#out, 0, this.#outEnd);
    if (!this.#body.done) {
      // What waited for the backend may have paused the client.
      if (flowing) this.client.resumeReading();
      else this.client.pauseReading();
    }
    if (this.#body.done) this.#requestComplete(nowMs);
    else upstream.awaitAnswer(NEVER);
  }

  #requestComplete(nowMs: number): void {
    this.requestSent = true;
    if (this.#totalFrom === 0) this.#totalFrom = this.#outPassed ? nowMs : this.#startedAt;
    this.#upstream?.awaitAnswer(this.#answerDeadline(nowMs));
  }

  /** The earliest of: the pool's first byte, the route's try, the route's total. NEVER while the request is incomplete. */
  #answerDeadline(nowMs: number): number {
    if (!this.#body.done) return NEVER;
    const { firstByteMs } = (this.#pool as Pool).plan.timeouts;
    const { totalMs, perTryMs } = (this.#route as RouteState).plan.timeouts;
    let at = NEVER;
    if (firstByteMs > 0) at = nowMs + firstByteMs;
    if (perTryMs > 0) at = Math.min(at, nowMs + perTryMs);
    if (totalMs > 0) at = Math.min(at, this.#totalFrom + totalMs);
    return at;
  }

  /** Gives back what an unusual request made grow. */
  trim(): void {
    if (this.#out.length > OUT_BYTES) this.#out = Buffer.allocUnsafeSlow(OUT_BYTES);
    this.#route = null;
    this.#pool = null;
    this.#backend = null;
  }
}
