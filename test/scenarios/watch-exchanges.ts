/** Exchanges: that they end, once and in time; what is in flight; and what retries, hedges and lines may cost. */
import { isFailure, Outcome, OUTCOME_NAMES } from '#core/outcome.ts';
import type { Plan, PoolPlan } from '#core/plan.ts';
import type { AttemptModel } from './attempt-model.ts';
import { BudgetShadow } from './budget-shadow.ts';
import type { Ending, ExchangeModel } from './exchange-model.ts';
import { ensure } from './invariants.ts';
import type { PoolTwin } from './pool-twin.ts';
import type { WorkerTwin } from './worker-twin.ts';
import type { World } from './world.ts';

const EPSILON = 1e-6;

interface GateShadow {
  requests: number;
  hedges: number;
  readonly budget: number;
}

export class ExchangeWatch {
  readonly #world: World;
  /** What has begun and not ended, by worker and slot, and by slot. */
  readonly #rows: readonly Int32Array[];
  readonly #totals: Int32Array;
  /** Requests in line, by worker and pool. */
  readonly #lines: readonly Int32Array[];
  /** Exchanges that have not ended. */
  readonly #open = new Set<ExchangeModel>();
  readonly #budgets: BudgetShadow[] = [];
  readonly #gates = new Map<string, GateShadow>();

  constructor(world: World) {
    const { workers, slots, pools } = world.scenario;
    this.#world = world;
    this.#rows = Array.from({ length: workers }, () => new Int32Array(slots));
    this.#totals = new Int32Array(slots);
    this.#lines = Array.from({ length: workers }, () => new Int32Array(pools.length));
    this.#budgets = pools.map(() => new BudgetShadow(workers));
  }

  total(slot: number): number {
    return this.#totals[slot]!;
  }

  began(attempt: AttemptModel): void {
    const { pool, slot, exchange } = attempt;
    const { nowMs, coverage } = this.#world;
    const ends = (exchange as ExchangeModel).totalEndsMs;
    ensure(nowMs < ends, 'deadline-kept', () => `an attempt begins ${nowMs - ends} ms after the total time`);
    ensure((exchange as ExchangeModel).ending === null, 'ends-once', () => 'an attempt begins after the end');
    this.#rows[pool.worker.row]![slot]! += 1;
    this.#totals[slot]! += 1;
    coverage.hit('attempts');
    this.#world.observer.began?.(attempt, pool.backendAt(slot).id, this.#world.atMs);
  }

  ended(attempt: AttemptModel, outcome: Outcome): void {
    const { pool, slot, exchange, sent } = attempt;
    this.#rows[pool.worker.row]![slot]! -= 1;
    this.#totals[slot]! -= 1;
    this.#world.observer.ended?.(attempt, pool.backendAt(slot).id, outcome, this.#world.atMs);
    const early = this.#world.nowMs < attempt.totalEndsMs;
    const forgotten = exchange === null && sent && early && outcome === Outcome.cancelled;
    ensure(!forgotten, 'losers-counted', () => `the copy at ${slot} was forgotten while its answer went on`);
    if (!isFailure(outcome)) return;
    const fineMs = this.#world.backend(pool.plan.name, pool.backendAt(slot).id).fineSinceMs(this.#world.nowMs);
    ensure(
      fineMs > attempt.startedMs,
      'blames-fairly',
      () =>
        `${OUTCOME_NAMES[outcome]} held against ${slot} after ${this.#world.nowMs - attempt.startedMs} ms, all well`,
    );
  }

  opened(exchange: ExchangeModel): void {
    this.#open.add(exchange);
    const { plan } = exchange.pool;
    if (plan.retry !== null) this.#budgets[plan.row]!.attempt(plan.retry, this.#world.nowMs);
  }

  answered(exchange: ExchangeModel): void {
    const { nowMs } = this.#world;
    const { totalEndsMs } = exchange;
    ensure(exchange.ending === null, 'ends-once', () => 'answered after its end');
    ensure(nowMs <= totalEndsMs, 'deadline-kept', () => `answered ${nowMs - totalEndsMs} ms after the total time`);
  }

  closed(exchange: ExchangeModel, ending: Ending): void {
    const { nowMs, coverage } = this.#world;
    const { totalEndsMs } = exchange;
    ensure(this.#open.delete(exchange), 'ends-once', () => `ended ${ending}, after it had ended ${exchange.ending}`);
    const alone = exchange.first === null && exchange.second === null;
    ensure(alone || ending === 'died', 'ends-once', () => `ended ${ending} with an attempt that goes on`);
    const late = exchange.answeredBy === null && nowMs > totalEndsMs;
    ensure(!late, 'deadline-kept', () => `ended ${ending} ${nowMs - totalEndsMs} ms after the total time`);
    this.#world.observer.closed?.(exchange, ending, this.#world.atMs);
    if (ending === 'left') coverage.hit('client left');
    if (ending === 'cut') coverage.hit('answer cut');
    if (ending === 'deadline') coverage.hit('deadline met');
  }

  retryDecided(exchange: ExchangeModel, unsent: boolean): void {
    const { request, pool, made, answeredBy } = exchange;
    const { retry } = pool.plan;
    const listed = retry?.methods.includes(request.method) === true;
    ensure(answeredBy === null, 'retries-safe', () => 'made again though the client has an answer');
    ensure(unsent || listed, 'retries-safe', () => `${request.method} made again after it was sent`);
    ensure(unsent || !request.streamed, 'retries-safe', () => 'made again though its body has gone by');
    ensure(retry !== null && made < retry.attempts, 'retries-counted', () => `${made + 1} retries`);
  }

  retried(exchange: ExchangeModel, _slot: number): void {
    const { coverage } = this.#world;
    coverage.hit('retries');
    ensure(exchange.first === null && exchange.second === null, 'ends-once', () => 'a retry beside another attempt');
  }

  budgetAsked({ plan }: PoolTwin, taken: boolean): void {
    if (plan.retry === null) return;
    const wrong = this.#budgets[plan.row]!.asked(plan.retry, taken, this.#world.nowMs);
    ensure(wrong === null, 'retry-budget', () => String(wrong));
  }

  budgetGivenBack({ plan }: PoolTwin): void {
    this.#budgets[plan.row]!.givenBack();
  }

  gateMade(plan: PoolPlan, row: number): void {
    if (plan.hedge === null) return;
    this.#gates.set(`${plan.row}/${row}`, { requests: 0, hedges: 0, budget: plan.hedge.budget });
  }

  hedgeable({ plan, worker }: PoolTwin): void {
    this.#gates.get(`${plan.row}/${worker.row}`)!.requests += 1;
  }

  hedged(exchange: ExchangeModel, slot: number): void {
    const { pool, tried } = exchange;
    const gate = this.#gates.get(`${pool.plan.row}/${pool.worker.row}`)!;
    gate.hedges += 1;
    this.#world.coverage.hit('hedges');
    ensure(
      gate.hedges <= gate.requests * gate.budget + EPSILON,
      'hedge-budget',
      () => `${gate.hedges} hedges of ${gate.requests} requests`,
    );
    ensure(!tried.has(slot), 'hedges-elsewhere', () => `a second copy at ${slot}, tried before`);
  }

  enqueued({ pool }: ExchangeModel): void {
    const { plan, worker } = pool;
    this.#lines[worker.row]![plan.row]! += 1;
    const waiting = this.#waiting(plan.row);
    const most = Math.max(plan.limits.queue, this.#world.supervisor.plan.pools[plan.row]!.limits.queue);
    ensure(waiting <= most, 'queue-bounded', () => `${waiting} wait, ${most} may`);
  }

  dequeued({ pool }: ExchangeModel): void {
    this.#lines[pool.worker.row]![pool.plan.row]! -= 1;
  }

  published(before: Plan | null, plan: Plan): void {
    if (before === null) return;
    plan.pools.forEach((pool, at) => {
      const old = before.pools[at]!;
      if (JSON.stringify(old.retry) !== JSON.stringify(pool.retry)) this.#budgets[at]!.changed(pool.retry);
      const gone = old.backends.some(
        ({ slot }) => this.#totals[slot]! > 0 && !pool.backends.some((backend) => backend.slot === slot),
      );
      if (gone) this.#world.coverage.hit('backend removed in flight');
    });
  }

  workerDies(worker: WorkerTwin): void {
    if (this.#lines[worker.row]!.some((count) => count > 0)) this.#world.coverage.hit('died with a line');
    for (const attempt of worker.attempts)
      if (attempt.trial && !attempt.answered) this.#world.coverage.hit('died with a trial');
    for (const budget of this.#budgets) budget.workerDied();
  }

  /** The supervisor has taken back what a dead worker held. */
  reclaimed(row: number): void {
    const own = this.#rows[row]!;
    for (let slot = 0; slot < own.length; slot++) this.#totals[slot]! -= own[slot]!;
    own.fill(0);
    this.#lines[row]!.fill(0);
  }

  checkCounts(): void {
    const { slots, pools } = this.#world.tables;
    for (let slot = 0; slot < this.#totals.length; slot++)
      if (slots.total[slot] !== this.#totals[slot]) this.#miscounted(slot);
    for (let row = 0; row < this.#rows.length; row++) {
      const own = this.#rows[row]!;
      const table = slots.rows[row]!;
      for (let slot = 0; slot < own.length; slot++) if (table[slot] !== own[slot]) this.#miscounted(slot);
    }
    for (let pool = 0; pool < this.#budgets.length; pool++)
      if (pools.queued(pool) !== this.#waiting(pool))
        ensure(false, 'queue-bounded', () => `${pools.queued(pool)} counted in line, ${this.#waiting(pool)} wait`);
  }

  atRest(): void {
    const { slots, pools } = this.#world.tables;
    ensure(this.#open.size === 0, 'ends-once', () => `${this.#open.size} exchanges never ended`);
    for (let slot = 0; slot < this.#totals.length; slot++)
      ensure(slots.total[slot] === 0, 'counts-return', () => `${slots.total[slot]} in flight at ${slot} in the end`);
    for (let pool = 0; pool < this.#budgets.length; pool++)
      ensure(pools.queued(pool) === 0, 'counts-return', () => `${pools.queued(pool)} in line in the end`);
  }

  #waiting(pool: number): number {
    let waiting = 0;
    for (const line of this.#lines) waiting += line[pool]!;
    return waiting;
  }

  #miscounted(slot: number): void {
    const { slots } = this.#world.tables;
    const rows = slots.rows.map((row) => row[slot]).join('+');
    const own = this.#rows.map((row) => row[slot]).join('+');
    ensure(
      false,
      'counts-in-flight',
      () => `slot ${slot}: counted ${slots.total[slot]} (${rows}), in flight ${this.#totals[slot]} (${own})`,
    );
  }
}
