/** What one worker has to do for a pool at the moment, and what it has learned of it: lives on when the plan changes. */
import type { Peers } from '#core/limits/concurrency/adaptive-limit.ts';
import { createLimit, type ConcurrencyLimit } from '#core/limits/concurrency.ts';
import { HedgeGate } from '#core/limits/hedge-gate.ts';
import { RetryBudget } from '#core/limits/retry-budget.ts';
import { WaitingLine } from '#core/limits/waiting-line.ts';
import type { PoolPlan } from '#core/plan.ts';
import type { Retries } from './retries.ts';

export class PoolLoad {
  /** Attempts of this worker that are going on. */
  inFlight = 0;
  limit: ConcurrencyLimit | null = null;
  hedge: HedgeGate | null = null;
  budget: RetryBudget | null = null;
  /** Requests that wait for a backend. */
  readonly line: WaitingLine<Retries>;
  readonly #onRoom: (load: PoolLoad) => void;
  #plan: PoolPlan | null = null;

  constructor(onRoom: (load: PoolLoad) => void) {
    this.#onRoom = onRoom;
    this.line = new WaitingLine();
  }

  /** A backend may have room for a request in line. */
  onRoom(): void {
    this.#onRoom(this);
  }

  /** Refuses those who have waited for too long, and begins as many of the others as there is room for. */
  serveLine(nowMs: number): void {
    for (let late = this.line.expired(nowMs); late !== null; late = this.line.expired(nowMs)) late.onWaitOver();
    for (let next = this.line.peek(nowMs); next !== null; next = this.line.peek(nowMs)) if (!next.onTurn(nowMs)) return;
  }

  /** Obeys `plan` from now on; what its sections leave as it was goes on. */
  apply(plan: PoolPlan, budgetCells: Int32Array, peers: Peers): void {
    const before = this.#plan;
    this.#plan = plan;
    if (before === null || !same(before.concurrency, plan.concurrency))
      this.limit = plan.concurrency === null ? null : createLimit(plan.concurrency.algorithm, peers);
    if (before === null || !same(before.hedge, plan.hedge))
      this.hedge = plan.hedge === null ? null : new HedgeGate(plan.hedge);
    if (before === null || !same(before.retry, plan.retry))
      this.budget = plan.retry === null ? null : new RetryBudget(plan.retry, budgetCells);
    this.line.timeoutMs = plan.limits.queueTimeoutMs;
  }
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
