/**
 * Which attempts an exchange makes: the first, another when one failed where that is safe (core/retry.ts), a second copy
 * when the first is slow (core/limits/hedge-gate.ts), and the wait for a backend when all are full. One per exchange, reused
 * with it.
 */
import { ALL_FULL, ALL_OPEN, LIMITED, NO_BACKEND } from '#core/balancing/selector.ts';
import { Tried, UNTRIED } from '#core/balancing/tried.ts';
import { Fault, type FaultCode } from '#core/fault.ts';
import type { Waiter } from '#core/limits/waiting-line.ts';
import { PickReason } from '#core/pick-reason.ts';
import { isUnsent } from '#core/retry.ts';
import { Outcome, outcomeOfStatus } from '#core/outcome.ts';
import { BodyKind } from '#http1/framing.ts';
import { Method, type RequestHead } from '#http1/request-head.ts';
import type { ResponseHead } from '#http1/response-head.ts';
import { P } from '#memory/counters.ts';
import type { Attempt } from './attempt.ts';
import type { DataPlane } from './data-plane.ts';
import { Timed } from './deadline.ts';
import type { Exchange } from './exchange.ts';
import type { Pool } from './pool.ts';
import { retryAfterMs } from './retry-after.ts';

/** Attempts of one exchange: the first, the retries that a plan may allow (10), and hedges of each. */
const TRIED_MAX = 24;
/** Sooner than this is now. */
const WAIT_MS_LEAST = 1;

/** RFC 9110 9.2.2: these may be carried out twice. */
const IDEMPOTENT =
  (1 << Method.get) |
  (1 << Method.head) |
  (1 << Method.put) |
  (1 << Method.delete) |
  (1 << Method.options) |
  (1 << Method.trace);

const Wait = { none: 0, retry: 1, hedge: 2, line: 3 } as const;
type Wait = (typeof Wait)[keyof typeof Wait];

export class Retries extends Timed implements Waiter {
  idempotent = false;
  waitingSinceMs = 0;
  previousWaiter: Waiter | null = null;
  nextWaiter: Waiter | null = null;
  readonly #plane: DataPlane;
  readonly #exchange: Exchange;
  readonly #tried = new Tried(TRIED_MAX);
  #pool!: Pool;
  /** Retries made. */
  #made = 0;
  /** The plan lets this method be tried again once it was sent. */
  #listed = false;
  /** It may be made again should it fail: whole, listed, and not bound to one backend. */
  #repeatable = false;
  #hedgeable = false;
  /** The head names the backend as its Host, for want of another: it cannot go elsewhere. */
  #bound = false;
  #lastFault: FaultCode = 0;
  /** How the attempt before ended. */
  #lastOutcome: Outcome = Outcome.success;
  #wait: Wait = Wait.none;
  /** When the wait before a retry began; -1: there was none. */
  #backoffFromMs = -1;

  constructor(plane: DataPlane, exchange: Exchange) {
    super();
    this.#plane = plane;
    this.#exchange = exchange;
  }

  /** A new request, for `pool`. */
  begin(pool: Pool, buf: Buffer, head: RequestHead, kind: number): void {
    const { retry, load } = pool;
    this.#pool = pool;
    this.#tried.clear();
    this.#made = 0;
    this.#lastFault = 0;
    this.#wait = Wait.none;
    this.#backoffFromMs = -1;
    this.idempotent = (IDEMPOTENT & (1 << head.method)) !== 0;
    this.#bound = head.authorityEnd === head.authorityStart;
    this.#listed = retry !== null && pool.retriesMethod(buf, head);
    this.#repeatable =
      this.#listed &&
      !this.#bound &&
      (kind === BodyKind.none ||
        (kind === BodyKind.length && head.contentLength <= (retry as NonNullable<typeof retry>).plan.bodyBytes));
    this.#hedgeable = load.hedge !== null && this.idempotent && kind === BodyKind.none && !head.upgrade && !this.#bound;
  }

  /** Begins the first attempt, or the wait for one. The fault when there can be none. */
  firstAttempt(nowMs: number): FaultCode {
    const pool = this.#pool;
    const { load, plan } = pool;
    load.budget?.attempt();
    this.#plane.traffic.arrival(plan.row, nowMs);
    if (pool.needsKey) this.#plane.traffic.key(plan.row, this.#exchange.key, nowMs);
    // Whoever came before and waits goes first, unless the line has turned round.
    const slot =
      load.line.length > 0 && !load.line.isStressed ? ALL_FULL : this.#take(nowMs, UNTRIED, this.#repeatable, true);
    if (slot >= 0) {
      this.#start(slot, nowMs);
      return 0;
    }
    return (slot === ALL_FULL || slot === LIMITED) && this.#standInLine(nowMs) ? 0 : this.#faultOf(slot);
  }

  /** The total time runs, and no backend has been reached yet: neither connecting nor waiting in line takes longer. */
  boundWait(): void {
    const endsMs = this.#exchange.totalEndsMs;
    if (this.#wait !== Wait.line) {
      this.#exchange.first?.upstream?.boundConnect(endsMs);
      return;
    }
    const { timeoutMs } = this.#pool.load.line;
    if (timeoutMs === 0 || endsMs < this.waitingSinceMs + timeoutMs) this.#call(Wait.line, endsMs);
  }

  /** Whether a body of so many bytes, what frames them apart, is kept for another attempt. */
  keepsBody(bytes: number): boolean {
    return this.#listed && !this.#bound && bytes <= (this.#pool.retry as NonNullable<Pool['retry']>).plan.bodyBytes;
  }

  /** An answer begins: false when the client does not get it, for another attempt may do better. */
  accepts(attempt: Attempt, buf: Buffer, head: ResponseHead): boolean {
    const { retry, load, plan } = this.#pool;
    if (retry !== null && retry.listsStatus(head.status)) {
      const nowMs = performance.now();
      if (this.#otherThan(attempt) !== null) {
        this.#detach(attempt, outcomeOfStatus(head.status), nowMs);
        return false;
      }
      const waitMs = this.#mayRetry(nowMs, false, retryAfterMs(buf, head, Date.now()));
      if (waitMs >= 0) {
        this.#detach(attempt, outcomeOfStatus(head.status), nowMs);
        this.#retry(waitMs, nowMs, outcomeOfStatus(head.status));
        return false;
      }
    }
    const loser = this.#otherThan(attempt);
    if (load.hedge !== null) {
      load.hedge.observe(performance.now() - attempt.startedMs);
      if (loser !== null) {
        load.hedge.won(attempt.hedge);
        this.#plane.recorder.pool(plan.row, attempt.hedge ? P.hedgesWon : P.hedgesLost);
      }
      this.#call(Wait.none, 0);
    }
    if (loser !== null) this.#detach(loser, Outcome.cancelled, performance.now());
    if (this.#made > 0 && attempt.slot !== this.#tried.slots[0]) this.#plane.recorder.failover(plan.row);
    return true;
  }

  /** An attempt failed without an answer: true when the exchange goes on. */
  afterFailure(attempt: Attempt, outcome: Outcome, fault: FaultCode, nowMs: number): boolean {
    const exchange = this.#exchange;
    const other = this.#otherThan(attempt);
    exchange.first = other;
    exchange.second = null;
    // Cut short by the time that others have used up: no fault of this backend.
    const cutShort = outcome === Outcome.timeout && this.#made > 0 && nowMs >= exchange.totalEndsMs;
    attempt.end(cutShort ? Outcome.cancelled : outcome, nowMs);
    if (other !== null) return true;
    if (this.#pool.retry?.listsOutcome(outcome) !== true) return false;
    const waitMs = this.#mayRetry(nowMs, isUnsent(outcome), 0);
    if (waitMs < 0) return false;
    this.#lastFault = fault;
    this.#retry(waitMs, nowMs, outcome);
    return true;
  }

  /** The exchange ends: nothing more is waited for. */
  stop(): void {
    const exchange = this.#exchange;
    if (this.#wait === Wait.line) this.#leaveLine();
    if (this.#wait === Wait.retry) this.#pool.load.budget?.giveBack();
    this.#call(Wait.none, 0);
    const { first, second } = exchange;
    exchange.first = null;
    exchange.second = null;
    first?.cancel();
    second?.cancel();
  }

  onDeadline(nowMs: number): void {
    const wait = this.#wait;
    this.#wait = Wait.none;
    if (wait === Wait.retry) this.#again(nowMs);
    else if (wait === Wait.hedge) this.#hedge(nowMs);
    else if (wait === Wait.line) this.#giveUpWaiting(Fault.totalTimeout);
  }

  /** Its turn has come: true when it could begin, and waits no more. */
  onTurn(nowMs: number): boolean {
    const slot = this.#take(nowMs, UNTRIED, this.#repeatable, true);
    if (slot === ALL_FULL || slot === LIMITED) return false;
    this.#leaveLine();
    if (slot < 0) {
      this.#exchange.refuse(this.#faultOf(slot));
      return true;
    }
    this.#start(slot, nowMs);
    this.#exchange.dispatch(nowMs);
    return true;
  }

  /** It has waited for too long. */
  onWaitOver(): void {
    this.#giveUpWaiting(Fault.overloaded);
  }

  #giveUpWaiting(fault: FaultCode): void {
    this.#leaveLine();
    this.#plane.recorder.pool(this.#pool.plan.row, P.queueTimeouts);
    this.#exchange.refuse(fault);
  }

  #start(slot: number, nowMs: number): void {
    const attempt = this.#plane.takeAttempt();
    attempt.begin(this.#exchange, this.#pool, slot, false, nowMs);
    this.#exchange.first = attempt;
    if (this.#exchange.noting.watched) this.#notePick(attempt, nowMs);
    this.#tried.add(slot);
    const { hedge } = this.#pool.load;
    if (!this.#hedgeable || hedge === null) return;
    hedge.request();
    if (hedge.delayMs !== Infinity) this.#call(Wait.hedge, nowMs + hedge.delayMs);
  }

  #take(nowMs: number, tried: Tried, repeatable: boolean, again: boolean): number {
    const { noting, key } = this.#exchange;
    return noting.picks.take(this.#pool, key, nowMs, tried, repeatable, again);
  }

  /** How long to wait before the next attempt, in milliseconds; negative when there may be none. Takes from the budget. */
  #mayRetry(nowMs: number, unsent: boolean, askedMs: number): number {
    const { retry, load, selector, plan } = this.#pool;
    const exchange = this.#exchange;
    if (retry === null || this.#bound || this.#made >= retry.plan.attempts || exchange.copy.passed) return -1;
    // A larger body may happen to be here whole, for it had to wait for its connection: that is no reason to keep it.
    if (!unsent && (!this.#listed || exchange.bodyBytes > retry.plan.bodyBytes)) return -1;
    let waitMs = retry.backoffMs(this.#made + 1, this.#plane.random());
    if (askedMs > waitMs && !selector.hasUntried(nowMs, this.#tried)) waitMs = askedMs;
    if (nowMs + waitMs >= exchange.totalEndsMs) return -1;
    if (load.budget === null || load.budget.take(nowMs)) return waitMs;
    this.#plane.recorder.pool(plan.row, P.budgetExhausted);
    return -1;
  }

  #retry(waitMs: number, nowMs: number, outcome: Outcome): void {
    this.#made += 1;
    this.#lastOutcome = outcome;
    if (waitMs < WAIT_MS_LEAST) {
      this.#again(nowMs);
      return;
    }
    this.#backoffFromMs = nowMs;
    this.#call(Wait.retry, nowMs + waitMs);
  }

  #again(nowMs: number): void {
    const exchange = this.#exchange;
    const left = this.#made < (this.#pool.retry?.plan.attempts ?? 0);
    const slot = this.#take(nowMs, this.#tried, this.#repeatable && left, true);
    if (slot < 0) {
      this.#pool.load.budget?.giveBack();
      exchange.refuse(this.#lastFault === 0 ? this.#faultOf(slot) : this.#lastFault);
      return;
    }
    // Not before: a request that is given up meanwhile was not tried again.
    this.#plane.recorder.retry(this.#pool.plan.row, this.#lastOutcome);
    this.#start(slot, nowMs);
    exchange.dispatch(nowMs);
  }

  #hedge(nowMs: number): void {
    const exchange = this.#exchange;
    const { first } = exchange;
    const { load, plan } = this.#pool;
    if (first === null || exchange.second !== null || exchange.answeredBy !== null || load.hedge === null) return;
    const granted = load.hedge.take();
    const slot = granted ? this.#take(nowMs, this.#tried, true, false) : NO_BACKEND;
    if (slot < 0) {
      if (granted) load.hedge.giveBack();
      this.#plane.recorder.pool(plan.row, P.hedgesRefused);
      return;
    }
    const attempt = this.#plane.takeAttempt();
    attempt.begin(exchange, this.#pool, slot, true, nowMs);
    exchange.second = attempt;
    if (exchange.noting.watched) this.#notePick(attempt, nowMs);
    this.#tried.add(slot);
    exchange.send(attempt, nowMs);
  }

  /** What the notes tell of an attempt that has just been given its slot, which is not among those tried yet. */
  #notePick(attempt: Attempt, nowMs: number): void {
    const tried = this.#tried;
    attempt.ordinal = tried.count;
    attempt.backoffMs = this.#backoffFromMs < 0 ? -1 : nowMs - this.#backoffFromMs;
    this.#backoffFromMs = -1;
    if (attempt.trial) attempt.reason = PickReason.trial;
    else if (this.#pool.selector.isLastResort) attempt.reason = PickReason.lastResort;
    else if (attempt.hedge) attempt.reason = PickReason.hedge;
    else if (tried.count === 0) attempt.reason = PickReason.first;
    else attempt.reason = tried.has(attempt.slot) ? PickReason.retry : PickReason.failover;
    this.#exchange.noting.picked(attempt);
  }

  #otherThan(attempt: Attempt): Attempt | null {
    const { first, second } = this.#exchange;
    return first === attempt ? second : first;
  }

  /** The exchange goes on without this attempt. */
  #detach(attempt: Attempt, outcome: Outcome, nowMs: number): void {
    const exchange = this.#exchange;
    exchange.noteAttempt(attempt, outcome, nowMs - attempt.startedMs);
    exchange.first = this.#otherThan(attempt);
    exchange.second = null;
    attempt.orphan();
  }

  #standInLine(nowMs: number): boolean {
    const { plan, load } = this.#pool;
    const { queue } = plan.limits;
    if (queue === 0 || this.#bound) return false;
    if (!this.#plane.pools.enqueue(this.#plane.worker, plan.row, queue)) {
      this.#plane.recorder.pool(plan.row, P.queueFull);
      return false;
    }
    this.#plane.recorder.pool(plan.row, P.queued);
    this.#wait = Wait.line;
    this.waitingSinceMs = nowMs;
    load.line.push(this);
    load.onRoom();
    this.boundWait();
    return true;
  }

  #leaveLine(): void {
    const { plan, load } = this.#pool;
    this.#call(Wait.none, 0);
    const { noting } = this.#exchange;
    if (noting.watched) noting.queued(performance.now() - this.waitingSinceMs);
    load.line.remove(this);
    this.#plane.pools.dequeue(this.#plane.worker, plan.row);
  }

  #call(wait: Wait, atMs: number): void {
    if (wait === Wait.none) {
      if (this.#wait !== Wait.none) this.#plane.fine.drop(this);
    } else {
      this.#plane.fine.arm(this, atMs);
    }
    this.#wait = wait;
  }

  #faultOf(slot: number): FaultCode {
    const { noting, key } = this.#exchange;
    noting.picks.refuse(this.#pool, slot, key, this.#tried);
    if (slot === NO_BACKEND) return Fault.noBackend;
    if (slot === ALL_OPEN) return Fault.circuitOpen;
    this.#plane.recorder.pool(this.#pool.plan.row, slot === LIMITED ? P.concurrencyLimited : P.backendsFull);
    return Fault.overloaded;
  }
}
