/**
 * Keeps the addresses of backends whose URL has a name. Each name is resolved at start and again when its answer's time is
 * over. A failure keeps the last good answer, since an address that has just worked is a better guess than none, and is
 * logged once until it is over.
 */
import { isIP } from 'node:net';
import type { Plan } from '#core/plan.ts';
import type { Cancel, Log, Timers } from '#core/ports.ts';
import type { Resolve } from './resolve.ts';

/** An answer is held at least and at most this long, whatever it says of itself. */
const HOLD_MIN_MS = 1_000;
const HOLD_MAX_MS = 60_000;
/** How long an answer without a time is held, and how long until a failure is tried again. */
const HOLD_UNSAID_MS = 10_000;
const RETRY_MS = 2_000;

/** What is known of one backend's name. */
export type Standing =
  | { readonly kind: 'resolving' }
  | { readonly kind: 'resolved'; readonly addresses: readonly string[] }
  | { readonly kind: 'unresolved'; readonly detail: string };

export interface DnsPorts {
  readonly resolve: Resolve;
  readonly timers: Timers;
  readonly log: Log;
  /** The standing of a slot's name has changed. */
  readonly onChange: (slot: number, standing: Standing) => void;
}

export class DnsDiscovery {
  readonly #ports: DnsPorts;
  readonly #names = new Map<number, Name>();

  constructor(ports: DnsPorts) {
    this.#ports = ports;
  }

  /** Follows the names of this plan from now on; what is known of names that stay is kept. */
  apply(plan: Plan): void {
    const wanted = new Set<number>();
    for (const { backends } of plan.pools) {
      for (const { slot, address } of backends) {
        if (address.kind !== 'tcp' || isIP(address.host) !== 0) continue;
        wanted.add(slot);
        const known = this.#names.get(slot);
        if (known !== undefined && known.host === address.host && known.port === address.port) continue;
        known?.stop();
        this.#names.set(slot, new Name(slot, address.host, address.port, this.#ports));
      }
    }
    for (const [slot, name] of this.#names) {
      if (wanted.has(slot)) continue;
      name.stop();
      this.#names.delete(slot);
    }
  }

  /** Undefined for a slot whose backend has no name. */
  standing(slot: number): Standing | undefined {
    return this.#names.get(slot)?.standing;
  }

  /** The addresses of all names that resolved, by slot. */
  addresses(): Record<number, readonly string[]> {
    const found: Record<number, readonly string[]> = {};
    for (const [slot, { standing }] of this.#names) if (standing.kind === 'resolved') found[slot] = standing.addresses;
    return found;
  }

  stop(): void {
    for (const name of this.#names.values()) name.stop();
    this.#names.clear();
  }
}

class Name {
  standing: Standing = { kind: 'resolving' };
  readonly host: string;
  readonly port: number;
  readonly #slot: number;
  readonly #ports: DnsPorts;
  #cancel: Cancel | null = null;
  #stopped = false;
  #failing = false;

  constructor(slot: number, host: string, port: number, ports: DnsPorts) {
    this.host = host;
    this.port = port;
    this.#slot = slot;
    this.#ports = ports;
    void this.#refresh();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  async #refresh(): Promise<void> {
    const { resolve, timers } = this.#ports;
    let waitMs: number;
    try {
      const { addresses, ttlMs } = await resolve(this.host, this.port);
      if (addresses.length === 0) throw new Error('it has no address');
      if (this.#stopped) return;
      this.#succeeded(addresses);
      waitMs = ttlMs === null ? HOLD_UNSAID_MS : Math.min(HOLD_MAX_MS, Math.max(HOLD_MIN_MS, ttlMs));
    } catch (error) {
      if (this.#stopped) return;
      this.#failed(error instanceof Error ? error.message : String(error));
      waitMs = RETRY_MS;
    }
    this.#cancel = timers.after(waitMs, () => void this.#refresh());
  }

  #succeeded(found: readonly string[]): void {
    const addresses = found.toSorted();
    if (this.#failing) this.#ports.log.info({ host: this.host }, `${this.host} resolves again`);
    this.#failing = false;
    const before = this.standing;
    if (before.kind === 'resolved' && before.addresses.join() === addresses.join()) return;
    this.#change({ kind: 'resolved', addresses });
  }

  #failed(why: string): void {
    const kept = this.standing.kind === 'resolved';
    if (!this.#failing) {
      const then = kept ? 'its last addresses stay in use' : 'its backend gets no requests until it does';
      this.#ports.log.warn({ host: this.host, why }, `${this.host} does not resolve; ${then}`);
    }
    this.#failing = true;
    if (this.standing.kind === 'resolving') {
      this.#change({ kind: 'unresolved', detail: `name ${this.host} does not resolve` });
    }
  }

  #change(standing: Standing): void {
    this.standing = standing;
    this.#ports.onChange(this.#slot, standing);
  }
}
