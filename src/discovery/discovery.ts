/**
 * Discovery of all pools: follows the configuration, and says when the members of some pool have changed. Changes are told
 * together and not too often: a plan of thousands of backends takes its time to make, and a deployment that replaces them
 * one by one must not cost more than a small share of it.
 */
import type { Cancel, Log, Timers } from '#core/ports.ts';
import type { Member } from './member.ts';
import { PoolDiscovery, type DiscoveryStatus } from './pool-discovery.ts';
import { sourceOf, type DiscoverySettings, type SourcePorts } from './sources.ts';

/** Between two changes that are told, at least; and so many times as long as the last one took to be obeyed. */
const GAP_MIN_MS = 100;
const GAP_TIMES = 60;

export interface DiscoveryPorts extends SourcePorts {
  readonly timers: Timers;
  readonly log: Log;
  /** The members of some pool have changed: have them obeyed. */
  readonly onChange: () => Promise<void>;
}

interface Followed {
  readonly key: string;
  readonly pool: PoolDiscovery;
}

export class Discovery {
  readonly #ports: DiscoveryPorts;
  readonly #pools = new Map<string, Followed>();
  #cancel: Cancel | null = null;
  #changed = false;
  #telling = false;
  #stopped = false;

  constructor(ports: DiscoveryPorts) {
    this.#ports = ports;
  }

  /** Follows these pools from now on; what is known of those whose settings stay is kept. */
  follow(pools: Readonly<Record<string, { readonly discovery: DiscoverySettings | null }>>): void {
    for (const [name, { discovery }] of Object.entries(pools)) {
      // How members are changed by hand is none of the source's business.
      const key = discovery === null ? '' : JSON.stringify({ ...discovery, overrides: undefined });
      const known = this.#pools.get(name);
      if (known?.key === key) continue;
      known?.pool.stop();
      this.#pools.delete(name);
      if (discovery !== null) this.#pools.set(name, { key, pool: this.#begin(name, discovery) });
    }
    for (const [name, { pool }] of this.#pools) {
      if (Object.hasOwn(pools, name)) continue;
      pool.stop();
      this.#pools.delete(name);
    }
  }

  /** Empty for a pool that has no discovery, or no answer yet. */
  members(pool: string): readonly Member[] {
    return this.#pools.get(pool)?.pool.members ?? [];
  }

  /** Null for a pool that has no discovery. */
  status(pool: string): DiscoveryStatus | null {
    return this.#pools.get(pool)?.pool.status ?? null;
  }

  /** Resolves when every source has answered or failed once, `withinMs` from now at the latest. */
  async asked(withinMs: number): Promise<void> {
    if (this.#pools.size === 0) return;
    const late = Promise.withResolvers<void>();
    const cancel = this.#ports.timers.after(withinMs, late.resolve);
    await Promise.race([Promise.all([...this.#pools.values()].map(({ pool }) => pool.asked)), late.promise]);
    cancel();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
    for (const { pool } of this.#pools.values()) pool.stop();
  }

  #begin(name: string, settings: DiscoverySettings): PoolDiscovery {
    const { timers, log } = this.#ports;
    const { kind, begin } = sourceOf(settings, this.#ports);
    return new PoolDiscovery(name, kind, settings.keepFor, begin, { timers, log, onChange: () => this.#onChange() });
  }

  #onChange(): void {
    this.#changed = true;
    if (this.#cancel !== null || this.#telling || this.#stopped) return;
    this.#cancel = this.#ports.timers.after(GAP_MIN_MS, () => void this.#tell());
  }

  async #tell(): Promise<void> {
    const { timers, log, onChange } = this.#ports;
    this.#cancel = null;
    this.#changed = false;
    this.#telling = true;
    const begunMs = timers.nowMs();
    try {
      await onChange();
    } catch (error) {
      log.error({ error: String(error) }, 'discovered backends could not be taken over; they are tried again with the next change'); // prettier-ignore
    }
    this.#telling = false;
    if (this.#stopped) return;
    const gapMs = Math.max(GAP_MIN_MS, (timers.nowMs() - begunMs) * GAP_TIMES);
    this.#cancel = timers.after(gapMs, () => {
      this.#cancel = null;
      if (this.#changed) void this.#tell();
    });
  }
}
