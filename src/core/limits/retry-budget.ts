/**
 * How many retries a pool may make: a bucket of tokens that all workers share. Each first attempt puts `budgetShare` of a
 * token in, time puts `budgetPerSecond` a second in, each retry takes one out.
 *
 * Why: when everything fails, retries multiply the load that made it fail. With a budget of 20 % a pool in trouble gets at
 * most a fifth more, however many clients ask again.
 * Exact: what all workers take between two moments is never more than the cap, plus the share of the first attempts between
 * them, plus the rate times the time between; and what had not been put in before: the share of fewer than `ATTEMPTS_KEPT` of
 * each worker, and less than one token of time. First attempts are counted by each worker on its own and put in by that many
 * at a time, so that most requests cost no atomic operation; time is put in by whole tokens.
 * Cold start: a second's worth of `budgetPerSecond`. Source: Finagle's RetryBudget (2016).
 */
import type { RetryPlan } from '../plan-failures.ts';

/** Cells of a pool's budget: thousandths of a token, and when time was last put in, in ms modulo 2^32. */
export const BUDGET_CELLS = 2;
/** First attempts that a worker counts before it puts them in. */
export const ATTEMPTS_KEPT = 16;
const TOKEN = 1000;
/** The bucket holds what so many seconds of the rate put in, and what so many first attempts do. */
const CAP_SECONDS = 10;
const CAP_ATTEMPTS = 1000;
/** As many tokens as fit into a cell, with room for some that are given back. */
const CAP_MOST = 2_000_000;
/** Reads of one clock by two threads never differ by so much: a difference below is a time that wrapped. */
const CLOCK_SKEW_MS = 60_000;
const WRAPPED_MS = 2 ** 31;

export type BudgetPlan = Pick<RetryPlan, 'budgetShare' | 'budgetPerSecond'>;

/** The most that the bucket holds, in tokens. */
export function budgetCap({ budgetShare, budgetPerSecond }: BudgetPlan): number {
  return Math.min(CAP_MOST, CAP_SECONDS * budgetPerSecond + CAP_ATTEMPTS * budgetShare);
}

export class RetryBudget {
  readonly #cells: Int32Array;
  readonly #plan: BudgetPlan;
  readonly #cap: number;
  /** First attempts not put in yet, and thousandths of tokens that they are worth, with what the last ones left. */
  #attempts = 0;
  #owed = 0;

  /** `cells`: the pool's `BUDGET_CELLS`. */
  constructor(plan: BudgetPlan, cells: Int32Array) {
    this.#plan = plan;
    this.#cells = cells;
    this.#cap = Math.round(budgetCap(plan) * TOKEN);
  }

  /** A first attempt begins. */
  attempt(): void {
    this.#owed += this.#plan.budgetShare * TOKEN;
    if (++this.#attempts >= ATTEMPTS_KEPT) this.#putIn(this.#takeOwed());
  }

  /** Takes a token for a retry; false when there is none. */
  take(nowMs: number): boolean {
    this.#putIn(this.#takeOwed() + this.#takeTime(nowMs));
    for (;;) {
      const balance = Atomics.load(this.#cells, 0);
      if (balance < TOKEN) return false;
      const left = Math.min(balance, this.#cap) - TOKEN;
      // A cap that a new plan has lowered may leave nothing.
      if (left < 0) return false;
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

  #takeOwed(): number {
    const whole = Math.floor(this.#owed);
    this.#owed -= whole;
    this.#attempts = 0;
    return whole;
  }

  /** What time has put in since it last was: a thousandth of a token is a millisecond at one a second. */
  #takeTime(nowMs: number): number {
    const { budgetPerSecond } = this.#plan;
    const filledAt = Atomics.load(this.#cells, 1);
    const elapsed = ((nowMs | 0) - filledAt) | 0;
    const elapsedMs = filledAt === 0 ? 1000 : elapsed < -CLOCK_SKEW_MS ? WRAPPED_MS : elapsed;
    const worth = elapsedMs * budgetPerSecond;
    // Less than a token stays with the clock: rounded off each time, a slow rate would never come to one.
    if (worth < TOKEN && filledAt !== 0) return 0;
    // Whoever moves the time puts in what it stands for.
    if (Atomics.compareExchange(this.#cells, 1, filledAt, nowMs | 0 || 1) !== filledAt) return 0;
    return Math.floor(Math.min(worth, Math.max(TOKEN, CAP_SECONDS * TOKEN * budgetPerSecond)));
  }

  #putIn(added: number): void {
    while (added > 0) {
      const balance = Atomics.load(this.#cells, 0);
      const next = Math.min(this.#cap, balance + added);
      if (next <= balance || Atomics.compareExchange(this.#cells, 0, balance, next) === balance) return;
    }
  }
}
