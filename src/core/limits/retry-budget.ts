/**
 * How many retries a pool may make: a bucket of tokens that all workers share. Each first attempt puts `budgetShare` of a
 * token in, time puts `budgetPerSecond` a second in, each retry takes one out.
 *
 * Why: when everything fails, retries multiply the load that made it fail. With a budget of 20 % a pool in trouble gets at
 * most a fifth more, however many clients ask again.
 * Exact: what all workers take between two moments is never more than the cap, plus the share of the first attempts, plus
 * the rate times the time between. First attempts are counted by each worker on its own and put in when it next looks, so a
 * request costs no atomic operation; until then the bucket holds less than it might, never more.
 * Cold start: a second's worth of `budgetPerSecond`. Source: Finagle's RetryBudget (2016).
 */
import type { RetryPlan } from '../plan-failures.ts';

/** Cells of a pool's budget: thousandths of a token, and when time was last put in, in ms modulo 2^32. */
export const BUDGET_CELLS = 2;
const TOKEN = 1000;
/** The bucket holds what so many seconds of the rate put in, and what so many first attempts do. */
const CAP_SECONDS = 10;
const CAP_ATTEMPTS = 1000;

export type BudgetPlan = Pick<RetryPlan, 'budgetShare' | 'budgetPerSecond'>;

/** The most that the bucket holds, in tokens. */
export function budgetCap({ budgetShare, budgetPerSecond }: BudgetPlan): number {
  return CAP_SECONDS * budgetPerSecond + CAP_ATTEMPTS * budgetShare;
}

export class RetryBudget {
  readonly #cells: Int32Array;
  readonly #plan: BudgetPlan;
  readonly #cap: number;
  /** First attempts not put in yet. */
  #attempts = 0;

  /** `cells`: the pool's `BUDGET_CELLS`. */
  constructor(plan: BudgetPlan, cells: Int32Array) {
    this.#plan = plan;
    this.#cells = cells;
    this.#cap = Math.round(budgetCap(plan) * TOKEN);
  }

  /** A first attempt begins. */
  attempt(): void {
    this.#attempts += 1;
  }

  /** Takes a token for a retry; false when there is none. */
  take(nowMs: number): boolean {
    this.#fill(nowMs);
    for (;;) {
      const balance = Atomics.load(this.#cells, 0);
      if (balance < TOKEN) return false;
      const left = Math.min(balance, this.#cap) - TOKEN;
      if (Atomics.compareExchange(this.#cells, 0, balance, left) === balance) return true;
    }
  }

  /** Gives a token back that was taken for a retry which was not made. */
  giveBack(): void {
    Atomics.add(this.#cells, 0, TOKEN);
  }

  /** Tokens in the bucket, for reports. */
  get tokens(): number {
    return Math.min(Atomics.load(this.#cells, 0), this.#cap) / TOKEN;
  }

  #fill(nowMs: number): void {
    let added = Math.floor(this.#attempts * this.#plan.budgetShare * TOKEN);
    if (added > 0) this.#attempts = 0;
    const { budgetPerSecond } = this.#plan;
    const filledAt = Atomics.load(this.#cells, 1);
    const elapsed = ((nowMs | 0) - filledAt) | 0;
    if (elapsed > 0 || filledAt === 0) {
      // Whoever moves the time puts in what it stands for.
      if (Atomics.compareExchange(this.#cells, 1, filledAt, nowMs | 0 || 1) === filledAt) {
        const seconds = filledAt === 0 ? 1 : Math.min(CAP_SECONDS, elapsed / 1000);
        added += Math.floor(seconds * budgetPerSecond * TOKEN);
      }
    }
    if (added === 0) return;
    for (;;) {
      const balance = Atomics.load(this.#cells, 0);
      const next = Math.min(this.#cap, balance + added);
      if (next <= balance || Atomics.compareExchange(this.#cells, 0, balance, next) === balance) return;
    }
  }
}
