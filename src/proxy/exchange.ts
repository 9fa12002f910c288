/**
 * One client request and its answer: route, limits, pool, attempts, relay, and the record of it all. An exchange has one
 * attempt at a time, or two while a hedge is on; what failed is made again where that is safe (retries.ts). Exchanges are
 * reused, one at a time per client connection, so that none is allocated per request.
 */
import { Fault, faultRow, type FaultCode } from '#core/fault.ts';
import { Outcome } from '#core/outcome.ts';
import { BodyKind, requestBody } from '#http1/framing.ts';
import { Method, type RequestHead } from '#http1/request-head.ts';
import type { ResponseHead } from '#http1/response-head.ts';
import type { Connection } from '#transport/transport.ts';
import type { Attempt } from './attempt.ts';
import { Body, type BodySink } from './body.ts';
import type { DataPlane } from './data-plane.ts';
import { NEVER } from './deadline.ts';
import type { Downstream } from './downstream.ts';
import type { PreparedEdits } from './header-edits.ts';
import type { RouteState } from './plan-state.ts';
import type { Pool } from './pool.ts';
import { Shed } from './load-guard.ts';
import { NoteTaker } from './note-taker.ts';
import { LimitStanding } from './rate-limits.ts';
import { RequestCopy } from './request-copy.ts';
import { requestFault, upgradeAllowed } from './request-rules.ts';
import { REQUEST_ID_BYTES_MAX, type AnswerFrame } from './response-writer.ts';
import { Retries } from './retries.ts';
import { Tunnel, type TunnelOwner } from './tunnel.ts';
import type { Upstream } from './upstream.ts';

/** A client that sends faster than a backend connects is paused once this much waits. */
const OUT_PAUSE_BYTES = 64 * 1024;

export class Exchange implements BodySink, TunnelOwner {
  client!: Downstream;
  method = 0;
  upgradeWanted = false;
  status = 0;
  readonly requestId: Buffer = Buffer.alloc(REQUEST_ID_BYTES_MAX);
  requestIdLength = 0;
  /** The attempt whose answer the client gets; null before there is one. */
  answeredBy: Attempt | null = null;
  /** The attempts that are going on; `second` is a hedge. */
  first: Attempt | null = null;
  second: Attempt | null = null;
  pool: Pool | null = null;
  key = 0;
  /** How it stands with the route's limits by rate. */
  readonly standing: LimitStanding = new LimitStanding();
  /** What is remembered of it for the access log and for traces. */
  readonly noting: NoteTaker;
  /** The request, as far as it may have to be sent again. */
  readonly copy: RequestCopy = new RequestCopy();
  readonly #plane: DataPlane;
  readonly #retries: Retries;
  #route: RouteState | null = null;
  #startedMs = 0;
  /** When the route's total time began: with the exchange, or with the last byte of a body that was streamed. */
  #totalFromMs = 0;
  readonly #body = new Body();
  #failed: FaultCode = 0;
  #tunnel: Tunnel | null = null;
  #answeredById = '';
  /** Bytes of the request's head, and what a tunnel has carried; bodies and answers are counted where they pass. */
  #bytesIn = 0;
  #tunnelOut = 0;

  constructor(plane: DataPlane) {
    this.#plane = plane;
    this.noting = new NoteTaker(plane);
    this.#retries = new Retries(plane, this);
  }

  /** The whole request has arrived from the client. */
  get requestReceived(): boolean {
    return this.#body.done;
  }

  /** Payload of the request's body that has arrived. */
  get bodyBytes(): number {
    return this.#body.bytes;
  }

  get isHead(): boolean {
    return this.method === Method.head;
  }

  /** Two copies are going on. */
  get isHedged(): boolean {
    return this.second !== null;
  }

  /** A backend that said nothing at all may get the request anew: it is whole, and safe to carry out twice. */
  get mayRepeatUnanswered(): boolean {
    return !this.copy.passed && this.#retries.idempotent;
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

  /** When the route's total time is over. NEVER while the request is still coming. */
  get totalEndsMs(): number {
    const { totalMs } = (this.#route as RouteState).plan.timeouts;
    if (totalMs === 0 || !this.#body.done) return NEVER;
    return (this.#totalFromMs === 0 ? this.#startedMs : this.#totalFromMs) + totalMs;
  }

  /** Begins with the head that was just parsed from `buf`. The fault when it goes no further. */
  begin(client: Downstream, buf: Buffer, head: RequestHead, nowMs: number): FaultCode {
    this.client = client;
    this.#startedMs = nowMs;
    this.#totalFromMs = 0;
    this.method = head.method;
    this.status = 0;
    this.requestIdLength = 0;
    this.#answeredById = '';
    this.#bytesIn = head.end - head.start;
    this.#tunnelOut = 0;
    this.#route = null;
    this.pool = null;
    this.answeredBy = null;
    this.standing.limits = null;
    this.#failed = 0;
    this.noting.begin(client, buf, head, nowMs);
    this.copy.reset();
    const kind = requestBody(head);
    this.#body.begin(kind, head.contentLength, false);
    if (head.upgrade && (kind !== BodyKind.none || !upgradeAllowed(buf, head))) head.upgrade = false;
    this.upgradeWanted = head.upgrade;
    const route = this.#plane.state.route(buf, head);
    if (route === null) return head.method === Method.connect ? Fault.connectRefused : Fault.noRoute;
    this.#route = route;
    this.#plane.recorder.routeBegun(route.plan.row);
    const fault = requestFault(buf, head, client.listener.plan.limits.bodyBytes);
    if (fault !== 0) return fault;
    if (!route.plan.controlPlane) {
      const shed = this.#plane.guard.shed();
      if (shed !== Shed.none) {
        this.#plane.recorder.shed(shed === Shed.memory);
        return Fault.overloaded;
      }
    }
    if (route.limits !== null && !route.limits.admit(buf, head, client.facts, nowMs, this.standing))
      return Fault.rateLimited;
    const pool = route.choosePool();
    this.pool = pool;
    this.key = pool.needsKey ? pool.keyOf(buf, head, client.facts.address) : 0;
    this.#retries.begin(pool, buf, head, kind);
    const refused = this.#retries.firstAttempt(nowMs);
    if (refused === 0) this.#writeHead(buf, head, route);
    else this.noting.refused(buf, head);
    return refused;
  }

  /** The body's first bytes, if any, have been taken: send everything, unless the request waits for a backend. */
  dispatch(nowMs: number): void {
    if (this.first !== null) this.send(this.first, nowMs);
  }

  /** Sends the request, connecting first where no connection waits. */
  send(attempt: Attempt, nowMs: number): void {
    if (attempt.connect(nowMs)) this.onUpstreamReady(attempt, attempt.upstream as Upstream, nowMs);
  }

  /** Takes request body bytes; returns the offset behind what belonged to it. */
  onClientBody(buf: Buffer, start: number, end: number): number {
    const next = this.#body.pump(buf, start, end, this);
    if (this.#body.failed) {
      this.#failed = this.#body.fault;
    } else {
      const limit = this.client.listener.plan.limits.bodyBytes;
      if (limit > 0 && this.#body.bytes > limit) this.#failed = Fault.bodyTooLarge;
    }
    if (this.#failed !== 0) {
      this.refuse(this.#failed);
      return end;
    }
    if (!this.#body.done) return next;
    if (this.first?.ready === true) this.#requestComplete(this.first, performance.now());
    else this.#retries.boundWait();
    return next;
  }

  /** A run of body bytes goes to the backend, or waits for it. */
  forward(buf: Buffer, start: number, end: number): void {
    const { first, copy } = this;
    if (first?.ready !== true) {
      copy.forward(buf, start, end);
      if (copy.end > OUT_PAUSE_BYTES && !this.#body.done) this.client.pauseReading();
      return;
    }
    if (!copy.passed && this.#retries.keepsBody(this.bodyBytes)) copy.forward(buf, start, end);
    else copy.passed = true;
    if (!(first.upstream as Upstream).send(buf, start, end)) this.client.pauseReading();
  }

  onUpstreamReady(attempt: Attempt, upstream: Upstream, nowMs: number): void {
    const { copy } = this;
    this.noting.stamp(copy.buffer, attempt);
    const flowing = upstream.send(copy.buffer, 0, copy.end);
    if (this.#body.done) {
      this.#requestComplete(attempt, nowMs);
      return;
    }
    // What waited for the backend may have paused the client.
    if (flowing) this.client.resumeReading();
    else this.client.pauseReading();
    if (!this.#retries.keepsBody(this.bodyBytes)) copy.passed = true;
    upstream.awaitAnswer(NEVER);
  }

  onUpstreamDrain(attempt: Attempt): void {
    if (attempt === this.first && !this.#body.done) this.client.resumeReading();
  }

  /** An answer begins: true when the client gets it. */
  onAnswerHead(attempt: Attempt, buf: Buffer, head: ResponseHead, kind: number): boolean {
    if (!this.#retries.accepts(attempt, buf, head)) return false;
    const { client } = this;
    this.answeredBy = attempt;
    this.#answeredById = attempt.backend.plan.id;
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
    return true;
  }

  onAnswerComplete(nowMs: number): void {
    this.first = null;
    this.#record(nowMs, 0);
    this.client.exchangeDone(nowMs);
  }

  onAttemptFailed(attempt: Attempt, fault: FaultCode, outcome: Outcome, nowMs: number): void {
    if (this.#retries.afterFailure(attempt, outcome, fault, nowMs)) return;
    this.refuse(fault);
  }

  /** The answer's body broke off: what the client has cannot be made whole. */
  onAnswerCut(nowMs: number): void {
    this.first = null;
    this.#record(nowMs, Fault.upstreamTruncated);
    this.client.exchangeCut();
  }

  onUpgraded(attempt: Attempt, buf: Buffer, head: ResponseHead, connection: Connection, at: number, end: number): void {
    const { client } = this;
    this.answeredBy = attempt;
    this.#answeredById = attempt.backend.plan.id;
    this.status = head.status;
    client.output.stageHead(buf, head, { chunked: false, keepLength: false, connection: 'upgrade' }, this, false);
    if (at < end) client.output.forward(buf, at, end);
    client.flush();
    const { tunnelMs } = (this.pool as Pool).plan.timeouts;
    this.#plane.recorder.tunnels(1, client.listener.row);
    const early = client.releaseToTunnel();
    this.#tunnel = new Tunnel(client.connection, connection, this, this.#plane.wheel, tunnelMs);
    if (early !== null) {
      connection.write(early, 0, early.length);
      this.countBytes(early.length, 0);
    }
    if (client.ended) this.#tunnel.clientEnded();
  }

  cutTunnel(): void {
    this.#tunnel?.finish(true);
  }

  onTunnelEnd(): void {
    this.#tunnel = null;
    this.#plane.recorder.tunnels(-1, this.client.listener.row);
    const nowMs = performance.now();
    this.first?.end(Outcome.success, nowMs);
    this.first = null;
    this.#record(nowMs, 0);
    this.client.tunnelEnded();
  }

  countBytes(fromClient: number, fromBackend: number): void {
    this.#bytesIn += fromClient;
    this.#tunnelOut += fromBackend;
    this.#plane.recorder.bytes(fromClient, fromBackend, this.client.listener.row);
  }

  /** The client went away, or is sent away for this fault. */
  cancel(fault: FaultCode = Fault.clientClosed): void {
    this.#retries.stop();
    this.#record(performance.now(), fault);
  }

  resumeAnswer(): void {
    this.answeredBy?.upstream?.resumeReading();
  }

  /** Answers with a fault of our own, if the answer has not begun; else cuts it. */
  refuse(fault: FaultCode): void {
    this.#retries.stop();
    const nowMs = performance.now();
    if (this.answeredBy !== null) {
      this.#record(nowMs, fault);
      this.client.exchangeCut();
      return;
    }
    this.client.answerFault(fault, !this.#body.done, this.copy.head);
  }

  /** The client was answered with a fault. */
  recordRefused(fault: FaultCode, nowMs: number): void {
    this.status = faultRow(fault).status;
    this.#record(nowMs, fault);
  }

  /** An attempt of this exchange is over. */
  noteAttempt(attempt: Attempt, outcome: Outcome, elapsedMs: number): void {
    this.noting.attempt(attempt, outcome, elapsedMs, this.#startedMs);
  }

  #record(nowMs: number, fault: FaultCode): void {
    const { client, method, status } = this;
    const route = this.#route?.plan ?? null;
    const bytesIn = this.#bytesIn + this.#body.bytes;
    const bytesOut = client.output.bytesSent + this.#tunnelOut;
    this.noting.end(this, this.#route, this.#answeredById, fault, bytesIn, bytesOut, nowMs);
    const row = route === null ? 0 : route.row;
    this.#plane.recorder.exchange(row, method, status, nowMs - this.#startedMs, client.listener.row, bytesIn, bytesOut);
    this.#plane.traffic.sizes(row, bytesIn, bytesOut);
  }

  #writeHead(buf: Buffer, head: RequestHead, route: RouteState): void {
    const { requestWriter: writer } = this.#plane;
    const { client, copy } = this;
    const target = route.targetFor(this.first?.backend ?? null, buf, head);
    const into = copy.reserveHead(writer.bytesFor(head, client.facts, target));
    copy.headWritten(writer.write(buf, head, client.facts, target, into, 0));
    this.requestIdLength = into.copy(this.requestId, 0, writer.idStart, writer.idEnd);
    this.noting.written(target.stripBytes);
  }

  #requestComplete(attempt: Attempt, nowMs: number): void {
    attempt.requestSent = true;
    if (this.#totalFromMs === 0) this.#totalFromMs = this.copy.passed ? nowMs : this.#startedMs;
    attempt.upstream?.awaitAnswer(this.#answerDeadline(nowMs));
  }

  /** The earliest of: the pool's first byte, the route's try, the route's total. */
  #answerDeadline(nowMs: number): number {
    const { firstByteMs } = (this.pool as Pool).plan.timeouts;
    const { perTryMs } = (this.#route as RouteState).plan.timeouts;
    let at = this.totalEndsMs;
    if (firstByteMs > 0) at = Math.min(at, nowMs + firstByteMs);
    if (perTryMs > 0) at = Math.min(at, nowMs + perTryMs);
    return at;
  }

  /** Forgets the request, and gives back what an unusual one made grow. */
  trim(): void {
    this.copy.trim();
    this.noting.trim();
    if (this.#route !== null) this.#plane.recorder.routeOver(this.#route.plan.row);
    this.#route = null;
    this.pool = null;
    this.answeredBy = null;
  }
}
