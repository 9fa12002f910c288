/**
 * The retry budget as one would keep it who sees everything at once: a bucket that each first attempt fills at its moment.
 * The real one may never have given more, and may refuse only while this one is about empty.
 */
import { ATTEMPTS_KEPT, budgetCap, type BudgetPlan } from '#core/limits/retry-budget.ts';

/** Whole milliseconds and thousandths of a token are lost on the way. */
const ROUNDED_MS = 2;
const LOST_EACH = 0.002;
const MOST_AT_ONCE_MS = 10_000;

export class BudgetShadow {
  readonly #workers: number;
  /** The most that there can be, and the least. */
  #tokens = 0;
  #least = 0;
  #cap = 0;
  #share = 0;
  #perSecond = 0;
  #atMs = -Infinity;
  #askedMs = -Infinity;
  /** The first second's worth is put in when the bucket is first looked at. */
  #opened = false;
  #asked = 0;
  #deaths = 0;
  /** It is not known how full the real one is at least. */
  #unsure = false;

  constructor(workers: number) {
    this.#workers = workers;
  }

  attempt(plan: BudgetPlan, nowMs: number): void {
    this.#fill(plan, nowMs);
    this.#tokens = Math.min(this.#cap, this.#tokens + this.#share);
    this.#least = Math.min(this.#cap, this.#least + plan.budgetShare);
  }

  /** Null when it was right, else what was wrong. */
  asked(plan: BudgetPlan, taken: boolean, nowMs: number): string | null {
    this.#fill(plan, nowMs);
    if (!this.#opened) {
      this.#tokens = Math.min(this.#cap, this.#tokens + this.#perSecond);
      this.#least = this.#tokens;
    }
    this.#opened = true;
    this.#waited(plan, nowMs);
    this.#asked += 1;
    // What is yet to be put in, less than a token of time with it, may come later than it came here: this bucket was full.
    const late = this.#workers * ATTEMPTS_KEPT * this.#share;
    const rounded = (this.#perSecond * ROUNDED_MS) / 1000 + 0.01;
    if (taken) {
      this.#tokens -= 1;
      this.#least = Math.max(0, this.#least - 1);
      return this.#tokens < -late - rounded - 1 ? `${-this.#tokens} retries too many` : null;
    }
    const lost = this.#asked * LOST_EACH + this.#deaths * ATTEMPTS_KEPT * this.#share;
    // One token for this retry, and less than one that time has not put in yet.
    const full = this.#least > 2 + late + rounded + lost;
    return full && !this.#unsure ? `refused while ${this.#least} were left` : null;
  }

  givenBack(): void {
    this.#tokens = Math.min(this.#cap, this.#tokens + 1);
    this.#least = Math.min(this.#cap, this.#least + 1);
  }

  /** Workers obey another plan, one after the other. */
  changed(plan: BudgetPlan | null): void {
    this.#unsure = true;
    if (plan !== null) this.#widen(plan);
  }

  workerDied(): void {
    this.#deaths += 1;
  }

  #fill(plan: BudgetPlan, nowMs: number): void {
    this.#widen(plan);
    if (this.#opened)
      this.#tokens = Math.min(this.#cap, this.#tokens + (this.#perSecond * (nowMs - this.#atMs)) / 1000);
    this.#atMs = nowMs;
  }

  /** Time puts in no more at once than `MOST_AT_ONCE_MS` do, or one. */
  #waited({ budgetPerSecond }: BudgetPlan, nowMs: number): void {
    const waitedMs = this.#askedMs === -Infinity ? 0 : nowMs - this.#askedMs;
    const most = Math.max(1, (budgetPerSecond * MOST_AT_ONCE_MS) / 1000);
    this.#least = Math.min(this.#cap, this.#least + Math.min(most, (budgetPerSecond * waitedMs) / 1000));
    this.#askedMs = nowMs;
  }

  /** While plans change, the widest of them holds. */
  #widen(plan: BudgetPlan): void {
    this.#cap = Math.max(this.#cap, budgetCap(plan));
    this.#share = Math.max(this.#share, plan.budgetShare);
    this.#perSecond = Math.max(this.#perSecond, plan.budgetPerSecond);
  }
}
