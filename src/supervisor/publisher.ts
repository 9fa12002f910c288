/** Brings a new plan to every worker at once, and knows when the last of them obeys it. */
import type { Log, Timers } from '#core/ports.ts';
import type { Plan } from '#core/plan.ts';
import type { ResolvedAddresses, TlsMaterial, ToWorker } from '#worker/messages.ts';

/** A worker that has not taken a plan after this long is logged; the plan stays in force, and the wait ends. */
const ACKNOWLEDGE_MS = 5_000;

export interface Audience {
  broadcast(message: ToWorker): void;
  /** The oldest edition that a worker may still obey. */
  readonly obeyedEdition: number;
}

export class Publisher {
  readonly #audience: Audience;
  readonly #timers: Timers;
  readonly #log: Log;
  readonly #waiting = new Set<{ readonly edition: number; done: () => void }>();

  constructor(audience: Audience, timers: Timers, log: Log) {
    this.#audience = audience;
    this.#timers = timers;
    this.#log = log;
  }

  /** Resolves when all obey the plan; false when some did not say so in time. */
  publish(plan: Plan, addresses: ResolvedAddresses, tls: TlsMaterial): Promise<boolean> {
    this.#audience.broadcast({ type: 'plan', plan, addresses, tls });
    if (this.#audience.obeyedEdition >= plan.edition) return Promise.resolve(true);
    return new Promise((resolve) => {
      const cancel = this.#timers.after(ACKNOWLEDGE_MS, () => {
        this.#waiting.delete(waiter);
        this.#log.warn(
          { revision: plan.revision, edition: plan.edition, obeyed: this.#audience.obeyedEdition },
          'a worker has not taken the new plan in time; it goes on under the old one until it does',
        );
        resolve(false);
      });
      const waiter = {
        edition: plan.edition,
        done: () => {
          cancel();
          resolve(true);
        },
      };
      this.#waiting.add(waiter);
    });
  }

  /** Some worker obeys another edition, has come or has gone. */
  progress(): void {
    const obeyed = this.#audience.obeyedEdition;
    for (const waiter of this.#waiting) {
      if (obeyed < waiter.edition) continue;
      this.#waiting.delete(waiter);
      waiter.done();
    }
  }
}
