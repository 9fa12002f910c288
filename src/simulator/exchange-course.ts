/**
 * What one exchange does in a what-if run: its first attempt or the wait for one, another when one failed, a second copy when it is
 * slow. The order of things is the data plane's (proxy/retries.ts); every decision is core's: who is picked, whether a retry is
 * worth it and allowed, when a copy is sent, who is next in line.
 */
import { ALL_FULL } from '#core/balancing/selector.ts';
import { UNTRIED, type Tried } from '#core/balancing/tried.ts';
import { Outcome } from '#core/outcome.ts';
import { isUnsent } from '#core/retry.ts';
import { EventKind, type Course, type Run } from './run.ts';
import { statusOf } from './live-table.ts';
import { TRIED_MAX, type LineWaiter, type WorkerSide } from './policies.ts';

/** The adaptive limit is reached. */
const LIMITED = -5;
/** Sooner than this is now. */
const WAIT_MS_LEAST = 1;

export class ExchangeCourse implements Course {
  readonly #run: Run;
  /** Places in line that nobody uses. */
  readonly #waiters: LineWaiter[] = [];

  constructor(run: Run) {
    this.#run = run;
  }

  begin(exchange: number, nowMs: number): void {
    const side = this.#run.workerOf(exchange);
    side.budget?.attempt();
    const { line } = side;
    const slot =
      line.length > 0 && !line.isStressed
        ? ALL_FULL
        : this.#take(exchange, side, UNTRIED, this.#repeats(exchange), nowMs);
    if (slot >= 0) this.#start(exchange, side, slot, nowMs);
    else if ((slot !== ALL_FULL && slot !== LIMITED) || !this.#standInLine(exchange, side, nowMs))
      this.#fail(exchange, true);
  }

  attemptEnded(exchange: number, attempt: number, outcome: Outcome, nowMs: number): void {
    const { exchanges, attempts, policies } = this.#run;
    const other = exchanges.first[exchange] === attempt ? exchanges.second[exchange]! : exchanges.first[exchange]!;
    exchanges.first[exchange] = other;
    exchanges.second[exchange] = -1;
    const status = statusOf(outcome);
    const answered = outcome === Outcome.success || status > 0;
    const listed =
      outcome !== Outcome.success &&
      policies.retry !== null &&
      (status > 0 ? policies.retry.listsStatus(status) : policies.retry.listsOutcome(outcome));
    if (other >= 0 && (listed || !answered)) return;
    const side = this.#run.workerOf(exchange);
    if (listed && this.#retry(exchange, side, outcome, nowMs)) return;
    if (answered && side.hedge !== null) {
      side.hedge.observe(nowMs - (attempts.startedMs[attempt] as number));
      if (other >= 0) side.hedge.won(attempts.hedge[attempt] === 1);
    }
    // The loser is read to its end: nobody waits for it.
    if (other >= 0) attempts.exchange[other] = -1;
    if (outcome === Outcome.success) {
      this.#run.tally.answer(exchanges.arrivedMs[exchange] as number, nowMs);
      this.#end(exchange);
    } else this.#fail(exchange, false);
  }

  retryDue(exchange: number, nowMs: number): void {
    this.#run.exchanges.events[exchange]!--;
    this.#again(exchange, this.#run.workerOf(exchange), nowMs);
  }

  hedgeDue(exchange: number, nowMs: number): void {
    const { exchanges, tally } = this.#run;
    exchanges.events[exchange]!--;
    if (exchanges.ended[exchange] === 1) {
      exchanges.release(exchange);
      return;
    }
    if (exchanges.hedgeMs[exchange] !== nowMs || exchanges.first[exchange]! < 0 || exchanges.second[exchange]! >= 0)
      return;
    const side = this.#run.workerOf(exchange);
    if (side.hedge === null || !side.hedge.take()) return;
    const slot = this.#take(exchange, side, this.#tried(exchange, side), true, nowMs, false);
    if (slot < 0) {
      side.hedge.giveBack();
      return;
    }
    if (tally.counts(exchanges.arrivedMs[exchange] as number)) tally.hedges++;
    this.#note(exchange, slot);
    exchanges.second[exchange] = this.#run.startAttempt(exchange, side, slot, true, nowMs);
  }

  /** A backend may have room: whoever waits at this worker goes first. */
  serveLines(worker: number, nowMs: number): void {
    const { workers } = this.#run.policies;
    for (let at = 0; at < workers.length; at++) {
      const side = workers[(worker + at) % workers.length] as WorkerSide;
      if (side.line.length > 0) this.#serve(side, nowMs);
    }
  }

  #serve(side: WorkerSide, nowMs: number): void {
    const { line } = side;
    for (let late = line.expired(nowMs); late !== null; late = line.expired(nowMs)) {
      this.#leaveLine(late);
      this.#fail(late.exchange, true);
    }
    for (let next = line.peek(nowMs); next !== null; next = line.peek(nowMs)) {
      const { exchange } = next;
      const slot = this.#take(exchange, side, UNTRIED, this.#repeats(exchange), nowMs);
      if (slot === ALL_FULL || slot === LIMITED) return;
      line.remove(next);
      this.#leaveLine(next);
      if (slot < 0) this.#fail(exchange, true);
      else this.#start(exchange, side, slot, nowMs);
    }
  }

  #take(exchange: number, side: WorkerSide, tried: Tried, repeatable: boolean, nowMs: number, again = true): number {
    if (side.limit !== null && !side.limit.admit(side.inFlight)) return LIMITED;
    return side.selector.take(this.#run.exchanges.key[exchange] as number, nowMs, tried, repeatable, again);
  }

  #start(exchange: number, side: WorkerSide, slot: number, nowMs: number): void {
    const { exchanges } = this.#run;
    this.#note(exchange, slot);
    exchanges.first[exchange] = this.#run.startAttempt(exchange, side, slot, false, nowMs);
    const { hedge } = side;
    if (hedge === null || exchanges.repeatable[exchange] === 0) return;
    hedge.request();
    if (hedge.delayMs === Infinity) return;
    exchanges.hedgeMs[exchange] = nowMs + hedge.delayMs;
    exchanges.events[exchange]!++;
    this.#run.put(nowMs + hedge.delayMs, EventKind.hedge, exchange);
  }

  /** True when the exchange goes on. */
  #retry(exchange: number, side: WorkerSide, outcome: Outcome, nowMs: number): boolean {
    const { exchanges, policies } = this.#run;
    const { retry } = policies;
    const made = exchanges.retries[exchange] as number;
    if (retry === null || made >= retry.plan.attempts) return false;
    if (exchanges.repeatable[exchange] === 0 && !isUnsent(outcome)) return false;
    const waitMs = retry.backoffMs(made + 1, side.random());
    if (side.budget !== null && !side.budget.take(nowMs)) return false;
    exchanges.retries[exchange] = made + 1;
    if (waitMs < WAIT_MS_LEAST) {
      this.#again(exchange, side, nowMs);
      return true;
    }
    exchanges.events[exchange]!++;
    this.#run.put(nowMs + waitMs, EventKind.retry, exchange);
    return true;
  }

  #again(exchange: number, side: WorkerSide, nowMs: number): void {
    const { exchanges, policies, tally } = this.#run;
    const left = (exchanges.retries[exchange] as number) < (policies.retry?.plan.attempts ?? 0);
    const repeatable = left && exchanges.repeatable[exchange] === 1;
    const slot = this.#take(exchange, side, this.#tried(exchange, side), repeatable, nowMs);
    if (slot < 0) {
      side.budget?.giveBack();
      this.#fail(exchange, false);
      return;
    }
    if (tally.counts(exchanges.arrivedMs[exchange] as number)) tally.retries++;
    this.#start(exchange, side, slot, nowMs);
  }

  #repeats(exchange: number): boolean {
    return this.#run.policies.retry !== null && this.#run.exchanges.repeatable[exchange] === 1;
  }

  #note(exchange: number, slot: number): void {
    const { exchanges } = this.#run;
    const tries = exchanges.tries[exchange] as number;
    if (tries < TRIED_MAX) exchanges.tried[exchange * TRIED_MAX + tries] = slot;
  }

  #tried(exchange: number, { tried }: WorkerSide): Tried {
    const { exchanges } = this.#run;
    tried.clear();
    const count = Math.min(TRIED_MAX, exchanges.tries[exchange] as number);
    for (let at = 0; at < count; at++) tried.add(exchanges.tried[exchange * TRIED_MAX + at] as number);
    return tried;
  }

  #standInLine(exchange: number, side: WorkerSide, nowMs: number): boolean {
    const { model, policies, exchanges } = this.#run;
    const { queue, queueTimeoutMs } = model.pool.limits;
    const worker = exchanges.worker[exchange] as number;
    if (queue === 0 || !policies.pools.enqueue(worker, 0, queue)) return false;
    const waiter = this.#waiters.pop() ?? { exchange, waitingSinceMs: 0, previousWaiter: null, nextWaiter: null };
    waiter.exchange = exchange;
    waiter.waitingSinceMs = nowMs;
    side.line.push(waiter);
    if (queueTimeoutMs > 0) this.#run.put(nowMs + queueTimeoutMs, EventKind.line, worker);
    return true;
  }

  #leaveLine(waiter: LineWaiter): void {
    this.#run.policies.pools.dequeue(this.#run.exchanges.worker[waiter.exchange] as number, 0);
    this.#waiters.push(waiter);
  }

  #fail(exchange: number, refused: boolean): void {
    this.#run.tally.fail(this.#run.exchanges.arrivedMs[exchange] as number, refused);
    this.#end(exchange);
  }

  #end(exchange: number): void {
    const { exchanges } = this.#run;
    exchanges.ended[exchange] = 1;
    exchanges.release(exchange);
  }
}
