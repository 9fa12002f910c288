/**
 * One try of an exchange at one backend, as src/proxy/attempt.ts and upstream.ts have it: counted from the pick, settled once
 * at its very end, and going on without its exchange when that wants it no more.
 *
 * Where the two must agree:
 * - Deadlines: connecting ends after the pool's `connectMs`, the wait for the answer after the earliest of the pool's
 *   `firstByteMs` and the route's `perTryMs`, both no later than the route's total time.
 * - What the total time cuts short says nothing of a backend that was not there from the start: a retry that was left with a
 *   few milliseconds, or a copy sent late, is cancelled and not timed out.
 * - An orphan whose request was not sent is cancelled; one that was sent lasts to the end of its answer or its deadline.
 * - A trial, and an answer that goes on for long (a tunnel), is judged when the answer begins (`Selector.answered`) and settled
 *   as answered; what comes after says nothing of the circuit.
 */
import { Outcome, outcomeOfStatus } from '#core/outcome.ts';
import type { Course } from './backend-twin.ts';
import type { ExchangeModel } from './exchange-model.ts';
import type { PoolTwin } from './pool-twin.ts';

export class AttemptModel {
  readonly id: number;
  readonly pool: PoolTwin;
  readonly slot: number;
  readonly hedge: boolean;
  readonly trial: boolean;
  /** Its circuit has judged by how its answer began. */
  answered = false;
  readonly permit: number;
  readonly startedMs: number;
  readonly inFlightBefore: number;
  /** Null once the exchange goes on without it. */
  exchange: ExchangeModel | null;
  /** How it ended, or will by its status. */
  outcome: Outcome | null = null;
  /** The request has been handed to the backend. */
  sent = false;
  over = false;
  readonly #course: Course;
  /** Of its exchange. */
  readonly totalEndsMs: number;
  readonly #long: boolean;
  /** When its answer began; 0: not yet. */
  #headMs = 0;
  /** It began with its exchange, and so has all of its time. */
  readonly #fromStart: boolean;

  /** Begins at the slot that `pool` has just taken. */
  constructor(exchange: ExchangeModel, pool: PoolTwin, slot: number, hedge: boolean) {
    const { selector, worker } = pool;
    const { world } = worker;
    this.id = world.nextId();
    this.exchange = exchange;
    this.pool = pool;
    this.slot = slot;
    this.hedge = hedge;
    this.trial = selector.trial;
    this.permit = selector.permit;
    this.startedMs = world.nowMs;
    this.inFlightBefore = selector.inFlightBefore;
    this.#long = exchange.request.long;
    this.totalEndsMs = exchange.totalEndsMs;
    this.#fromStart = exchange.startedMs === world.nowMs;
    const twin = world.backend(pool.plan.name, pool.backendAt(slot).id);
    this.#course = twin.course(worker.row, world.nowMs, this.#long, world.serviceChance);
    worker.attempts.add(this);
    world.watch.exchanges.began(this);
    if (this.trial && worker.doomed) world.at(world.nowMs, () => world.kill(worker));
  }

  /** How long it has taken so far, in milliseconds: a tunnel, to its head. */
  get waitedMs(): number {
    const endMs = this.#long && this.#headMs > 0 ? this.#headMs : this.pool.worker.world.nowMs;
    return endMs - this.startedMs;
  }

  /** Sends the request; what becomes of it falls due as time passes. */
  send(): void {
    const { connectsMs, refused } = this.#course;
    const limitMs = this.startedMs + this.pool.plan.timeouts.connectMs;
    const deadlineMs = Math.min(limitMs, this.totalEndsMs);
    if (connectsMs >= deadlineMs) this.#later(deadlineMs, () => this.#timedOut(Outcome.connectTimeout, limitMs));
    else if (refused) this.#later(connectsMs, () => this.#failed(Outcome.connectFailure));
    else this.#later(connectsMs, () => this.#connected());
  }

  /** The exchange goes on without it. */
  orphan(): void {
    this.exchange = null;
    if (!this.sent || this.pool.worker.world.policies.forgetLosers) this.end(Outcome.cancelled);
    else this.pool.worker.world.coverage.hit('loser drained');
  }

  /** It is over: counted no more. */
  end(outcome: Outcome): void {
    if (this.over) return;
    this.over = true;
    this.outcome = outcome;
    const { pool, slot } = this;
    const { world } = pool.worker;
    pool.worker.attempts.delete(this);
    world.watch.exchanges.ended(this, outcome);
    world.trace('end', pool.worker.row, slot, outcome);
    pool.settle(this, outcome);
  }

  #connected(): void {
    const exchange = this.exchange as ExchangeModel;
    const { nowMs } = this.pool.worker.world;
    const { headMs, head } = this.#course;
    this.sent = true;
    exchange.onSent();
    const { firstByteMs } = this.pool.plan.timeouts;
    const { perTryMs } = this.pool.route.timeouts;
    const limitMs = nowMs + Math.min(firstByteMs, perTryMs);
    const deadlineMs = Math.min(limitMs, this.totalEndsMs);
    if (headMs >= deadlineMs) this.#later(deadlineMs, () => this.#timedOut(Outcome.timeout, limitMs));
    else if (head === 'reset') this.#later(headMs, () => this.#failed(Outcome.reset));
    else if (head === 'garbage') this.#later(headMs, () => this.#failed(Outcome.invalid));
    else this.#later(headMs, () => this.#answered());
  }

  #answered(): void {
    const { status, endMs, cut, retryAfterMs } = this.#course;
    this.#headMs = this.pool.worker.world.nowMs;
    this.pool.heard(this);
    if ((this.trial || this.#long) && !this.pool.worker.world.policies.judgedByEnd) {
      this.pool.answered(this, outcomeOfStatus(status));
      this.answered = true;
    }
    const given = this.exchange?.onAnswerHead(this, status, retryAfterMs) === true;
    if (this.over) return;
    // What nobody wants is read so far that its connection may be used again, and no further.
    if (!given && this.#long) this.end(outcomeOfStatus(status));
    else this.#later(endMs, () => this.#whole(cut ? Outcome.truncated : outcomeOfStatus(status)));
  }

  #whole(outcome: Outcome): void {
    const { exchange } = this;
    this.end(outcome);
    exchange?.onAnswerEnd(outcome);
  }

  /** Its time is over; by itself it could have waited until `limitMs`. */
  #timedOut(outcome: Outcome, limitMs: number): void {
    const squeezed = this.totalEndsMs < limitMs && !this.#fromStart;
    this.#failed(squeezed ? Outcome.cancelled : outcome);
  }

  #failed(outcome: Outcome): void {
    if (this.exchange === null) this.end(outcome);
    else this.exchange.onAttemptFailed(this, outcome);
  }

  #later(atMs: number, run: () => void): void {
    this.pool.worker.world.at(atMs, () => {
      if (!this.over && this.pool.worker.alive) run();
    });
  }
}
