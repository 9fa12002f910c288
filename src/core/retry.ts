/**
 * Whether a failed attempt is made again.
 *
 * Safe: nothing of the request was sent (any method), or the method is one that may be repeated and the whole request is
 * still here. Never once a byte of the answer went to the client, never a request whose body has passed on.
 * Worth it: the outcome or status is on the pool's list, attempts are left, and the total time is not over before the next
 * could begin. The budget is asked last, so that nothing is taken from it in vain.
 * The wait is drawn from 0 to `base` doubled with each attempt, up to `max` (full jitter: Brooker, Exponential Backoff and
 * Jitter, 2015), so that clients that failed together do not come back together. A backend's own Retry-After is obeyed when
 * the attempt goes to that backend again.
 */
import { Outcome } from './outcome.ts';
import type { RetryPlan } from './plan-failures.ts';

/** Of outcomes, those in which nothing of the request can have reached the backend. */
export function isUnsent(outcome: Outcome): boolean {
  return outcome === Outcome.connectFailure || outcome === Outcome.connectTimeout;
}

/** What the plan says, ready to be asked. */
export class RetryRules {
  readonly plan: RetryPlan;
  readonly #outcomes: number;
  readonly #statuses: ReadonlySet<number>;
  readonly #methods: ReadonlySet<string>;

  constructor(plan: RetryPlan) {
    this.plan = plan;
    this.#outcomes = plan.outcomes.reduce<number>((bits, outcome) => bits | (1 << outcome), 0);
    this.#statuses = new Set(plan.statuses);
    this.#methods = new Set(plan.methods);
  }

  listsOutcome(outcome: Outcome): boolean {
    return (this.#outcomes & (1 << outcome)) !== 0;
  }

  listsStatus(status: number): boolean {
    return this.#statuses.has(status);
  }

  /** `method` as it is written in the request. */
  listsMethod(method: string): boolean {
    return this.#methods.has(method);
  }

  /** How long to wait before attempt `attempt` (1: the first retry), in milliseconds. `random`: uniform in [0, 1). */
  backoffMs(attempt: number, random: number): number {
    const { backoffBaseMs, backoffMaxMs } = this.plan;
    return random * Math.min(backoffMaxMs, backoffBaseMs * 2 ** (attempt - 1));
  }
}
