/** The access log of this thread, as the plan wants it: opened, followed over reloads, flushed by a clock, closed. */
import type { AccessLogPlan } from '#core/plan-failures.ts';
import type { CounterRow } from '#memory/counters.ts';
import { AccessLog, FLUSH_MS } from '#observe/access-log.ts';
import { OutputError, openOutput } from '#observe/line-output.ts';

export class AccessLogKeeper {
  /** Null while the plan has none. */
  log: AccessLog | null = null;
  readonly #counters: CounterRow;
  #to = '';
  #clock: NodeJS.Timeout | null = null;
  #closing: Promise<void> = Promise.resolve();

  constructor(counters: CounterRow) {
    this.#counters = counters;
    // A thread that ends by a fault of its own still writes what waits.
    process.once('exit', () => this.log?.flushSync());
  }

  /** Obeys the plan. The sentence for the operator when the log cannot be opened; then the one there is goes on. */
  follow(plan: AccessLogPlan | null): string | null {
    if (plan === null) {
      this.#stop();
      return null;
    }
    try {
      if (this.log === null) this.#start(plan);
      else if (plan.to !== this.#to) this.log.redirect(openOutput(plan.to));
    } catch (error) {
      if (error instanceof OutputError) return error.message;
      throw error;
    }
    this.#to = plan.to;
    if (this.log !== null) {
      this.log.sample = plan.sample;
      this.log.format = plan.format;
    }
    return null;
  }

  /** Opens the file anew, which somebody has moved away; what waits goes to the old one. As `follow`. */
  reopen(): string | null {
    try {
      this.log?.redirect(openOutput(this.#to));
      return null;
    } catch (error) {
      if (error instanceof OutputError) return error.message;
      throw error;
    }
  }

  /** Writes what waits, and closes. */
  async close(): Promise<void> {
    this.#stop();
    await this.#closing;
  }

  #start({ to, sample }: AccessLogPlan): void {
    const log = new AccessLog(openOutput(to), sample, this.#counters, Math.random);
    this.log = log;
    this.#clock = setInterval(() => log.tick(performance.now()), FLUSH_MS);
  }

  #stop(): void {
    if (this.#clock !== null) clearInterval(this.#clock);
    this.#clock = null;
    const { log } = this;
    this.log = null;
    if (log === null) return;
    const before = this.#closing;
    this.#closing = log.close().then(() => before);
  }
}
