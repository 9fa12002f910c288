/**
 * One client request, as src/proxy/exchange.ts and retries.ts have it: which attempts are made, and when it ends.
 *
 * Where the two must agree:
 * - The budget hears of every exchange once, before its first pick. A retry takes a token when it is decided on; it is given
 *   back when the retry is not made after all: its client left meanwhile, or there was nobody to pick.
 * - A hedge takes a token of the gate before its pick, which must not be where the exchange has been; when there is no such
 *   backend the token is given back.
 * - An attempt that fails while the other copy goes on ends nothing. A status that is on the list ends nothing either, as
 *   long as another attempt goes on or may be made.
 * - `repeatable` says of each pick whether the request could be made once more should it fail: with no retry left it cannot,
 *   and so is no trial before its grace is over.
 * - The total time bounds everything before the answer: connecting, waiting in line and before a retry too.
 */
import { ALL_FULL, ALL_OPEN, NO_BACKEND } from '#core/balancing/selector.ts';
import { Tried, UNTRIED } from '#core/balancing/tried.ts';
import type { Waiter } from '#core/limits/waiting-line.ts';
import { Outcome } from '#core/outcome.ts';
import { isUnsent } from '#core/retry.ts';
import { AttemptModel } from './attempt-model.ts';
import type { PoolTwin } from './pool-twin.ts';

const TRIED_MAX = 24;

export interface Request {
  readonly method: string;
  /** Its body is too long to be kept for another attempt. */
  readonly streamed: boolean;
  /** Its answer goes on for long. */
  readonly long: boolean;
  readonly key: number;
  readonly client: number;
  /** Its client leaves then; Infinity: never. */
  readonly leavesMs: number;
}

/** How an exchange ended. */
export type Ending = 'answered' | 'cut' | 'failed' | 'no-backend' | 'all-open' | 'full' | 'deadline' | 'left' | 'died';

export class ExchangeModel implements Waiter {
  waitingSinceMs = 0;
  previousWaiter: Waiter | null = null;
  nextWaiter: Waiter | null = null;
  readonly id: number;
  readonly pool: PoolTwin;
  readonly request: Request;
  readonly startedMs: number;
  readonly totalEndsMs: number;
  readonly tried = new Tried(TRIED_MAX);
  /** The attempts that are going on; `second` is a hedge. */
  first: AttemptModel | null = null;
  second: AttemptModel | null = null;
  answeredBy: AttemptModel | null = null;
  ending: Ending | null = null;
  /** Retries made or decided on. */
  made = 0;
  /** The request's body has gone by. */
  passed = false;
  inLine = false;
  readonly #listed: boolean;
  readonly #hedgeable: boolean;
  /** A retry has been decided on, and its token taken. */
  #waiting = false;

  constructor(pool: PoolTwin, request: Request) {
    const { world } = pool.worker;
    this.id = world.nextId();
    this.pool = pool;
    this.request = request;
    this.startedMs = world.nowMs;
    this.totalEndsMs = world.nowMs + pool.route.timeouts.totalMs;
    this.#listed = pool.rules?.listsMethod(request.method) === true;
    this.#hedgeable = pool.load.hedge !== null && request.method === 'GET' && !request.streamed;
  }

  begin(): void {
    const { pool } = this;
    const { world } = pool.worker;
    pool.load.budget?.attempt();
    world.watch.exchanges.opened(this);
    if (this.request.leavesMs < Infinity) this.#later(this.request.leavesMs, () => this.#left());
    const line = pool.load.line;
    const slot =
      line.length > 0 && !line.isStressed ? ALL_FULL : pool.take(this.request.key, UNTRIED, this.#repeatable, true);
    if (slot >= 0) this.#start(slot);
    else if (slot !== ALL_FULL || !this.#standInLine()) this.#refuse(slot);
  }

  onSent(): void {
    if (this.request.streamed) this.passed = true;
  }

  /** An answer begins: true when the client gets it. */
  onAnswerHead(attempt: AttemptModel, status: number, retryAfterMs: number): boolean {
    const { load, rules } = this.pool;
    if (rules?.listsStatus(status) === true) {
      if (this.#otherThan(attempt) !== null) {
        this.#detach(attempt);
        return false;
      }
      const waitMs = this.#mayRetry(false, retryAfterMs);
      if (waitMs >= 0) {
        this.#detach(attempt);
        this.#retry(waitMs);
        return false;
      }
    }
    const loser = this.#otherThan(attempt);
    const { coverage, nowMs, watch } = this.pool.worker.world;
    if (load.hedge !== null) {
      load.hedge.observe(nowMs - attempt.startedMs);
      if (loser !== null) {
        load.hedge.won(attempt.hedge);
        coverage.hit(attempt.hedge ? 'hedge won' : 'hedge lost');
      }
    }
    if (loser !== null) this.#detach(loser);
    this.first = attempt;
    this.second = null;
    this.answeredBy = attempt;
    watch.exchanges.answered(this);
    return true;
  }

  onAnswerEnd(outcome: Outcome): void {
    this.first = null;
    this.#end(outcome === Outcome.truncated ? 'cut' : 'answered');
  }

  onAttemptFailed(attempt: AttemptModel, outcome: Outcome): void {
    const other = this.#otherThan(attempt);
    this.first = other;
    this.second = null;
    attempt.end(outcome);
    if (other !== null) return;
    if (this.pool.rules?.listsOutcome(outcome) === true) {
      const waitMs = this.#mayRetry(isUnsent(outcome), 0);
      if (waitMs >= 0) {
        this.#retry(waitMs);
        return;
      }
    }
    const atDeadline = this.pool.worker.world.nowMs >= this.totalEndsMs;
    this.#end(atDeadline ? 'deadline' : 'failed');
  }

  /** Its turn in the line has come: true when it waits no more. */
  onTurn(): boolean {
    const slot = this.pool.take(this.request.key, UNTRIED, this.#repeatable, true);
    if (slot === ALL_FULL) return false;
    this.#leaveLine();
    if (slot >= 0) this.#start(slot);
    else this.#refuse(slot);
    return true;
  }

  onWaitOver(): void {
    this.pool.worker.world.coverage.hit('line: over');
    this.#leaveLine();
    this.#end('full');
  }

  /** Its worker died, and everything with it. */
  onDeath(): void {
    this.first = this.second = null;
    this.#end('died');
  }

  /** Should the attempt that is being picked for fail, another could be made, whatever becomes of it. */
  get #repeatable(): boolean {
    const { rules } = this.pool;
    return rules !== null && this.#listed && !this.request.streamed && this.made < rules.plan.attempts;
  }

  #start(slot: number): void {
    const attempt = new AttemptModel(this, this.pool, slot, false);
    this.first = attempt;
    this.tried.add(slot);
    attempt.send();
    const { hedge } = this.pool.load;
    if (!this.#hedgeable || hedge === null) return;
    hedge.request();
    this.pool.worker.world.watch.exchanges.hedgeable(this.pool);
    if (hedge.delayMs < Infinity) this.#later(this.pool.worker.world.nowMs + hedge.delayMs, () => this.#hedge(attempt));
  }

  /** How long to wait before the next attempt; negative when there may be none. Takes from the budget. */
  #mayRetry(unsent: boolean, askedMs: number): number {
    const { rules, load, worker, selector } = this.pool;
    const { nowMs, coverage, watch } = worker.world;
    if (rules === null) return -1;
    if (this.made >= rules.plan.attempts) return this.#noRetry('retry refused: attempts');
    if (this.passed || (!unsent && !this.#listed)) return this.#noRetry('retry refused: unsafe');
    let waitMs = rules.backoffMs(this.made + 1, worker.random());
    if (askedMs > waitMs && !selector.hasUntried(nowMs, this.tried)) {
      coverage.hit('retry-after obeyed');
      waitMs = askedMs;
    }
    if (nowMs + waitMs >= this.totalEndsMs) return this.#noRetry('retry refused: deadline');
    const taken = load.budget === null || load.budget.take(nowMs);
    watch.exchanges.budgetAsked(this.pool, taken);
    if (!taken) return this.#noRetry('retry refused: budget');
    if (unsent && !this.#listed) coverage.hit('retry unsent');
    watch.exchanges.retryDecided(this, unsent);
    return waitMs;
  }

  #noRetry(
    why: 'retry refused: attempts' | 'retry refused: unsafe' | 'retry refused: deadline' | 'retry refused: budget',
  ) {
    this.pool.worker.world.coverage.hit(why);
    return -1;
  }

  #retry(waitMs: number): void {
    this.made += 1;
    this.#waiting = true;
    const { world } = this.pool.worker;
    if (waitMs < 1) this.#again();
    else this.#later(world.nowMs + waitMs, () => this.#again());
  }

  #again(): void {
    this.#waiting = false;
    const slot = this.pool.take(this.request.key, this.tried, this.#repeatable, true);
    if (slot >= 0) {
      this.pool.worker.world.watch.exchanges.retried(this, slot);
      this.#start(slot);
      return;
    }
    this.#giveBack();
    this.pool.worker.world.coverage.hit('retry not made');
    this.#end('failed');
  }

  #giveBack(): void {
    this.pool.load.budget?.giveBack();
    this.pool.worker.world.watch.exchanges.budgetGivenBack(this.pool);
  }

  /** `slow` has not been answered for as long as most are. */
  #hedge(slow: AttemptModel): void {
    const { pool } = this;
    const { hedge } = pool.load;
    const { coverage, watch } = pool.worker.world;
    if (this.first !== slow || this.second !== null || this.answeredBy !== null || hedge === null) return;
    if (!hedge.take()) return coverage.hit('hedge refused: budget');
    const slot = pool.take(this.request.key, this.tried, true, false);
    if (slot < 0) {
      hedge.giveBack();
      return coverage.hit('hedge refused: no backend');
    }
    watch.exchanges.hedged(this, slot);
    this.second = new AttemptModel(this, pool, slot, true);
    this.tried.add(slot);
    this.second.send();
  }

  #otherThan(attempt: AttemptModel): AttemptModel | null {
    return this.first === attempt ? this.second : this.first;
  }

  /** The exchange goes on without this attempt. */
  #detach(attempt: AttemptModel): void {
    this.first = this.#otherThan(attempt);
    this.second = null;
    attempt.orphan();
  }

  #standInLine(): boolean {
    const { plan, load, worker } = this.pool;
    const { tables, coverage, nowMs, watch } = worker.world;
    const { queue } = plan.limits;
    if (queue === 0) return false;
    if (!tables.pools.enqueue(worker.row, plan.row, queue)) {
      coverage.hit('line: full');
      return false;
    }
    coverage.hit('line: waited');
    this.inLine = true;
    this.waitingSinceMs = nowMs;
    load.line.push(this);
    watch.exchanges.enqueued(this);
    const endsMs = Math.min(nowMs + plan.limits.queueTimeoutMs, this.totalEndsMs);
    this.#later(endsMs, () => {
      if (this.inLine) this.onWaitOver();
    });
    // Another worker may make room without a word: the line is looked at again and again.
    worker.serveLineSoon(plan.name);
    return true;
  }

  #leaveLine(): void {
    const { plan, load, worker } = this.pool;
    this.inLine = false;
    load.line.remove(this);
    worker.world.tables.pools.dequeue(worker.row, plan.row);
    worker.world.watch.exchanges.dequeued(this);
  }

  #refuse(why: number): void {
    this.#end(why === NO_BACKEND ? 'no-backend' : why === ALL_OPEN ? 'all-open' : 'full');
  }

  #left(): void {
    if (this.inLine) this.#leaveLine();
    if (this.#waiting) this.#giveBack();
    this.#waiting = false;
    const { first, second } = this;
    this.first = this.second = null;
    first?.end(Outcome.cancelled);
    second?.end(Outcome.cancelled);
    this.#end('left');
  }

  #end(ending: Ending): void {
    this.pool.worker.exchanges.delete(this);
    this.pool.worker.world.watch.exchanges.closed(this, ending);
    this.ending = ending;
  }

  #later(atMs: number, run: () => void): void {
    this.pool.worker.world.at(atMs, () => {
      if (this.ending === null && this.pool.worker.alive) run();
    });
  }
}
