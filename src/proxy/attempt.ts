/**
 * One try of an exchange at one backend: what was counted when it began, the connection that carries it, and how it ended.
 * An attempt that its exchange does not want any more (another one answered first, or its answer was not good enough) goes
 * on without it: the backend is still working, so it stays counted until the answer has been read or its time is over.
 * Attempts are reused, so that none is allocated per request.
 */
import type { TakenSlot } from '#core/balancing/selector.ts';
import type { FaultCode } from '#core/fault.ts';
import { Outcome, isUpstreamError, outcomeOfStatus } from '#core/outcome.ts';
import { PickReason } from '#core/pick-reason.ts';
import type { ResponseHead } from '#http1/response-head.ts';
import type { Connection } from '#transport/transport.ts';
import type { Backend } from './backend.ts';
import type { DataPlane } from './data-plane.ts';
import type { Downstream } from './downstream.ts';
import type { Exchange } from './exchange.ts';
import type { Pool } from './pool.ts';
import { Upstream } from './upstream.ts';

export class Attempt implements TakenSlot {
  /** Null once the exchange goes on without it. */
  exchange: Exchange | null = null;
  backend!: Backend;
  /** The connection that carries it; null while there is none. */
  upstream: Upstream | null = null;
  /** The request's method, which says whether the answer has a body. */
  method = 0;
  /** The request has been handed to the transport whole. */
  requestSent = false;
  /** A second copy of a request whose first is still going on. */
  hedge = false;
  /**
   * For the notes of its exchange, and only where that has some (retries.ts): how many attempts had begun before it, how long
   * the exchange waited on purpose (-1: not at all), and why it is made where it is made.
   */
  ordinal = 0;
  backoffMs = -1;
  reason: PickReason = PickReason.first;
  /** Its span, where the exchange is sampled. */
  spanHigh = 0;
  spanLow = 0;
  /** What the backend answered; 0: nothing yet. */
  status = 0;
  startedMs = 0;
  /** When its new connection stood, and when its answer began; 0: not known. */
  connectedMs = 0;
  firstByteMs = 0;
  /** What the selector wants back when it ends (`TakenSlot`). */
  slot = 0;
  inFlightBefore = 0;
  permit = 0;
  trial = false;
  answered = false;
  readonly #plane: DataPlane;
  #pool!: Pool;
  #settled = true;
  #staleRetried = false;
  /** Its connection became a tunnel: it lasts as long as that, but what the backend took is the time to its answer. */
  #switched = false;

  constructor(plane: DataPlane) {
    this.#plane = plane;
  }

  /** Begins at the slot that `pool` has just taken. */
  begin(exchange: Exchange, pool: Pool, slot: number, hedge: boolean, nowMs: number): void {
    const { selector } = pool;
    this.exchange = exchange;
    this.backend = pool.backendAt(slot);
    this.upstream = null;
    this.method = exchange.method;
    this.requestSent = false;
    this.hedge = hedge;
    this.startedMs = nowMs;
    this.connectedMs = 0;
    this.firstByteMs = 0;
    this.#pool = pool;
    this.status = 0;
    this.slot = slot;
    this.inFlightBefore = selector.inFlightBefore;
    this.permit = selector.permit;
    this.trial = selector.trial;
    this.answered = false;
    this.#settled = false;
    this.#staleRetried = false;
    this.#switched = false;
    this.#plane.recorder.pick(slot);
  }

  /** Takes a connection; true when it can be written to at once. */
  connect(nowMs: number): boolean {
    const upstream = this.backend.takeIdle(nowMs);
    if (upstream === undefined) {
      this.upstream = new Upstream(this.#plane, this.backend, this, nowMs);
      return false;
    }
    this.upstream = upstream;
    upstream.take(this);
    return true;
  }

  /** Whether the request can be written to its connection. */
  get ready(): boolean {
    return this.upstream?.ready === true;
  }

  /**
   * The exchange goes on without it. One whose request is on its way is read to its end; one that never got so far is given
   * up, for the backend has not begun.
   */
  orphan(): void {
    this.exchange = null;
    if (this.requestSent) return;
    this.cancel();
  }

  /** Gives it up: the answer is not waited for. */
  cancel(): void {
    this.upstream?.abandon();
    this.end(Outcome.cancelled, performance.now());
  }

  /** The attempt is over. Its memory is used again: do not touch it afterwards. */
  end(outcome: Outcome, nowMs: number): void {
    if (this.#settled) return;
    this.#settled = true;
    const { exchange, slot } = this;
    this.exchange = null;
    this.upstream = null;
    const { recorder } = this.#plane;
    const elapsedMs = nowMs - this.startedMs;
    const waitedMs = this.#switched ? this.firstByteMs - this.startedMs : elapsedMs;
    recorder.attempt(slot, outcome, waitedMs);
    this.#plane.traffic.attempt(slot, this.inFlightBefore, outcome, waitedMs, nowMs);
    if (isUpstreamError(outcome)) recorder.upstreamError();
    exchange?.noteAttempt(this, outcome, waitedMs);
    this.#pool.settle(this, waitedMs, outcome, nowMs);
    this.#plane.releaseAttempt(this);
  }

  /** The circuit judges by the answer's head, not by its end. */
  #tellCircuit(outcome: Outcome, nowMs: number): void {
    this.answered = true;
    this.#pool.selector.answered(this, outcome, nowMs);
  }

  #tellStrategy(nowMs: number): void {
    this.#pool.selector.heard(this.slot, nowMs - this.startedMs, nowMs);
  }

  onUpstreamReady(upstream: Upstream): void {
    const exchange = this.exchange as Exchange;
    const nowMs = performance.now();
    this.connectedMs = nowMs;
    this.#plane.recorder.connected(this.slot, nowMs - upstream.startedMs);
    exchange.onUpstreamReady(this, upstream, nowMs);
  }

  onUpstreamDrain(): void {
    this.exchange?.onUpstreamDrain(this);
  }

  /** Where an interim answer may go; null: nowhere. */
  get interimClient(): Downstream | null {
    const { exchange } = this;
    return exchange === null || exchange.isHedged ? null : exchange.client;
  }

  /** The answer begins. The client that gets it; null when its body is read and dropped. */
  onAnswerHead(buf: Buffer, head: ResponseHead, kind: number): Downstream | null {
    this.status = head.status;
    if (this.exchange !== null && this.exchange.noting.notes !== null) this.firstByteMs = performance.now();
    if (this.#pool.selector.hears) this.#tellStrategy(performance.now());
    // A trial's body may go on for hours.
    if (this.trial) this.#tellCircuit(outcomeOfStatus(head.status), performance.now());
    const { exchange } = this;
    return exchange !== null && exchange.onAnswerHead(this, buf, head, kind) ? exchange.client : null;
  }

  onAnswerComplete(nowMs: number): void {
    const { exchange } = this;
    this.end(outcomeOfStatus(this.status), nowMs);
    exchange?.onAnswerComplete(nowMs);
  }

  /** It ended without an answer. `stale`: on a reused connection that said nothing at all. */
  onFailed(fault: FaultCode, outcome: Outcome, stale: boolean): void {
    const nowMs = performance.now();
    const { exchange } = this;
    if (stale && exchange !== null && !this.#staleRetried && exchange.mayRepeatUnanswered) {
      // The backend closed the connection while it was unused: that is no failure, the same backend gets the request anew.
      this.#staleRetried = true;
      this.#plane.recorder.staleRetry();
      this.requestSent = false;
      this.upstream = new Upstream(this.#plane, this.backend, this, nowMs);
      return;
    }
    if (exchange === null) this.end(outcome, nowMs);
    else exchange.onAttemptFailed(this, fault, outcome, nowMs);
  }

  /** The answer's body broke off. */
  onAnswerCut(outcome: Outcome): void {
    const { exchange } = this;
    const nowMs = performance.now();
    const given = exchange?.answeredBy === this;
    this.end(outcome, nowMs);
    if (given) exchange?.onAnswerCut(nowMs);
  }

  onUpgraded(buf: Buffer, head: ResponseHead, connection: Connection, at: number, end: number): void {
    this.#switched = true;
    this.status = head.status;
    this.firstByteMs = performance.now();
    // Its end may be hours away.
    this.#tellCircuit(Outcome.success, this.firstByteMs);
    if (this.#pool.selector.hears) this.#tellStrategy(this.firstByteMs);
    this.upstream = null;
    (this.exchange as Exchange).onUpgraded(this, buf, head, connection, at, end);
  }
}
