/** Requests that were refused for want of a right, told in summary: a line for each would be a flood's to fill the disk with. */
import type { Cancel, Log, Timers } from '#core/ports.ts';
import type { AuditPort } from '../admin/ports.ts';

/** The first summary comes soon, so that an operator sees an attack begin; the next ones each minute. */
const FIRST_MS = 5_000;
const NEXT_MS = 60_000;
/** Networks that are told apart in one summary; the rest are counted together. */
const NETWORKS_MAX = 1000;
/** Networks that a summary names. */
const NAMED_MAX = 5;
const REST = 'others';

export class Refusals {
  readonly #audit: AuditPort;
  readonly #log: Log;
  readonly #timers: Timers;
  #networks = new Map<string, number>();
  #total = 0;
  #cancel: Cancel | null = null;
  #toldMs = -Infinity;

  constructor(audit: AuditPort, log: Log, timers: Timers) {
    this.#audit = audit;
    this.#log = log;
    this.#timers = timers;
  }

  /** Counts one. */
  add(network: string): void {
    this.#total += 1;
    const name = this.#networks.size < NETWORKS_MAX || this.#networks.has(network) ? network : REST;
    this.#networks.set(name, (this.#networks.get(name) ?? 0) + 1);
    if (this.#cancel !== null) return;
    const sinceMs = this.#timers.nowMs() - this.#toldMs;
    this.#cancel = this.#timers.after(Math.max(FIRST_MS, NEXT_MS - sinceMs), () => void this.tell());
  }

  /** Tells what was counted, if anything was. */
  async tell(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    const total = this.#total;
    if (total === 0) return;
    const networks = [...this.#networks].toSorted((a, b) => b[1] - a[1]);
    this.#networks = new Map();
    this.#total = 0;
    this.#toldMs = this.#timers.nowMs();
    const named = networks.slice(0, NAMED_MAX).map(([network, count]) => `${network} (${count})`);
    const more = networks.length > NAMED_MAX ? `, and ${networks.length - NAMED_MAX} more` : '';
    const [first] = networks;
    this.#log.warn(
      { refused: total, from: named },
      'admin requests were refused: no token, a wrong one, or too low a role',
    );
    const entry = {
      by: { name: 'unknown', from: first?.[0] ?? '' },
      action: 'auth.refused',
      summary: `${total} refused: ${named.join(', ')}${more}`,
      revision: null,
      ok: false,
    };
    await this.#audit
      .record(entry)
      .catch((error: unknown) => this.#log.error({ error: String(error) }, 'refused requests were not audited'));
  }
}
