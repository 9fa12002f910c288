/**
 * Probes one backend again and again, and keeps its health in the slot table. At most one probe of a backend is under way
 * at any time: the wait for the next begins when the last has ended, so a slow backend is not asked faster than it answers.
 */
import { stepHealth, type HealthStanding } from '#core/health/thresholds.ts';
import type { HealthState } from '#core/health-state.ts';
import type { HealthPlan, SocketAddress } from '#core/plan.ts';
import type { Cancel, Random, Timers } from '#core/ports.ts';
import type { SlotTable } from '#memory/slots.ts';
import type { SecureContext } from 'node:tls';
import type { Probe, ProbeResult } from './probe.ts';

/** All first probes begin within this time, in milliseconds. */
const FIRST_WITHIN_MS = 100;
/** While a name is being resolved for the first time, look again after this long. */
const RESOLVING_MS = 50;

export interface ProbeTarget {
  readonly pool: string;
  readonly backend: string;
  readonly slot: number;
  readonly address: SocketAddress;
  readonly authority: string;
  readonly health: HealthPlan;
  readonly tlsName: string | null;
}

/** Where a backend is now: its addresses in turn, or why there are none. */
export type Whereabouts =
  | { readonly kind: 'at'; readonly addresses: readonly string[] }
  | { readonly kind: 'resolving' }
  | { readonly kind: 'nowhere'; readonly detail: string };

export interface Transition {
  readonly pool: string;
  readonly backend: string;
  readonly slot: number;
  readonly from: HealthState;
  readonly to: HealthState;
  /** What the probe that made it said. */
  readonly reason: string;
}

export interface LastProbe extends ProbeResult {
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface ProberPorts {
  readonly probe: Probe;
  readonly slots: SlotTable;
  readonly timers: Timers;
  readonly random: Random;
  readonly whereabouts: (slot: number) => Whereabouts;
  /** With what backends of a pool are spoken to over TLS. */
  readonly tlsContext: (pool: string) => SecureContext | undefined;
  readonly onTransition: (transition: Transition) => void;
}

export class Prober {
  last: LastProbe | null = null;
  successes = 0;
  failures = 0;
  #target: ProbeTarget;
  readonly #ports: ProberPorts;
  #standing: HealthStanding;
  #cancel: Cancel | null = null;
  #turn = 0;
  /** Moves on with every change of schedule, so that a probe under way from before is not counted. */
  #era = 0;

  constructor(target: ProbeTarget, ports: ProberPorts) {
    this.#target = target;
    this.#ports = ports;
    this.#standing = { state: ports.slots.health[target.slot] as HealthState, against: 0 };
    this.#schedule(ports.random() * FIRST_WITHIN_MS);
  }

  get target(): ProbeTarget {
    return this.#target;
  }

  /** Goes on with the same backend under a new plan. What was learned stays; other settings begin a new schedule. */
  retarget(target: ProbeTarget): void {
    const same = JSON.stringify(target.health) === JSON.stringify(this.#target.health);
    this.#target = target;
    if (!same) this.hurry();
  }

  /** Probes again at once, give or take the first spread. */
  hurry(): void {
    this.#era += 1;
    this.#cancel?.();
    this.#schedule(this.#ports.random() * FIRST_WITHIN_MS);
  }

  stop(): void {
    this.#era += 1;
    this.#cancel?.();
    this.#cancel = null;
  }

  #schedule(delayMs: number): void {
    this.#cancel = this.#ports.timers.after(delayMs, () => void this.#run());
  }

  async #run(): Promise<void> {
    const era = this.#era;
    const where = this.#ports.whereabouts(this.#target.slot);
    if (where.kind === 'resolving') return this.#schedule(RESOLVING_MS);
    const result =
      where.kind === 'nowhere' ? { ok: false, ms: 0, detail: where.detail } : await this.#probe(where.addresses);
    if (era !== this.#era) return;
    this.#take(result);
    const { intervalMs, jitter } = this.#target.health;
    this.#schedule(intervalMs * (1 + jitter * (2 * this.#ports.random() - 1)));
  }

  #probe(addresses: readonly string[]): Promise<ProbeResult> {
    const { address, authority, health, tlsName, pool } = this.#target;
    const host = addresses[this.#turn++ % addresses.length];
    const at = address.kind === 'tcp' && host !== undefined ? { ...address, host } : address;
    const tls = tlsName === null ? null : { name: tlsName, context: this.#ports.tlsContext(pool) };
    return this.#ports.probe({ address: at, authority, health, tls });
  }

  #take(result: ProbeResult): void {
    const { slots, timers, onTransition } = this.#ports;
    const { pool, backend, slot, health } = this.#target;
    this.last = { ...result, at: timers.wallMs() };
    if (result.ok) this.successes += 1;
    else this.failures += 1;
    const from = this.#standing.state;
    this.#standing = stepHealth(this.#standing, result.ok, health);
    const to = this.#standing.state;
    if (to === from) return;
    slots.health[slot] = to;
    slots.moveEpoch();
    onTransition({ pool, backend, slot, from, to, reason: result.detail });
  }
}
