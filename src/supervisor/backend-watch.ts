/**
 * Everything that is found out about backends while they serve: where their names lead, whether they are well, and how much
 * of their weight they get. It writes the slot table's states and weights; workers notice by the epoch.
 */
import type { SecureContext } from 'node:tls';
import { HEALTH_STATE_NAMES, HealthState } from '#core/health-state.ts';
import type { Log, Random, Timers } from '#core/ports.ts';
import type { Plan } from '#core/plan.ts';
import { DnsDiscovery, type Standing } from '#discovery/dns.ts';
import type { Resolve } from '#discovery/resolve.ts';
import type { SlotTable } from '#memory/slots.ts';
import type { Probe } from '#probes/probe.ts';
import { ProbeSet } from '#probes/probe-set.ts';
import type { Prober, Transition, Whereabouts } from '#probes/prober.ts';
import { Membership } from './membership.ts';
import { slotName } from './slot-names.ts';

export interface BackendWatchPorts {
  readonly slots: SlotTable;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly probe: Probe;
  readonly resolve: Resolve;
  readonly tlsContext: (pool: string) => SecureContext | undefined;
  /** Some name leads elsewhere now. */
  readonly onAddresses: () => void;
  readonly onTransition: (transition: Transition) => void;
  /** A backend without probes is up or down now, since its name leads somewhere or not. */
  readonly onNamed: (slot: number, up: boolean, detail: string) => void;
}

export class BackendWatch {
  readonly #ports: BackendWatchPorts;
  readonly #membership: Membership;
  readonly #discovery: DnsDiscovery;
  readonly #probes: ProbeSet;

  constructor(ports: BackendWatchPorts) {
    const { slots, timers, random, log, probe, resolve, tlsContext } = ports;
    this.#ports = ports;
    this.#membership = new Membership(slots, timers);
    this.#discovery = new DnsDiscovery({ resolve, timers, log, onChange: (slot, now) => this.#onName(slot, now) });
    this.#probes = new ProbeSet({
      probe,
      slots,
      timers,
      random,
      tlsContext,
      whereabouts: (slot) => whereabouts(this.#discovery.standing(slot)),
      onTransition: (transition) => this.#onTransition(transition),
    });
  }

  /** Writes the plan's backends into the slot table. `added` are the slot names that were not in force before. */
  enter(plan: Plan, added: ReadonlySet<string>): void {
    const fresh = new Set<number>();
    for (const { name, backends } of plan.pools) {
      for (const { id, url, slot } of backends) if (added.has(slotName(name, id, url))) fresh.add(slot);
    }
    this.#membership.apply(plan, fresh, (slot) => this.#discovery.standing(slot)?.kind === 'unresolved');
    this.#probes.forget(fresh);
  }

  /** Probes the plan's backends and resolves their names from now on. */
  follow(plan: Plan): void {
    this.#discovery.apply(plan);
    this.#probes.apply(plan);
  }

  /** Addresses of backends that have a name, by slot. */
  addresses(): Record<number, readonly string[]> {
    return this.#discovery.addresses();
  }

  prober(slot: number): Prober | undefined {
    return this.#probes.at(slot);
  }

  /** Where a slot's name leads; empty when it has none, or it does not resolve. */
  addressesOf(slot: number): readonly string[] {
    const standing = this.#discovery.standing(slot);
    return standing?.kind === 'resolved' ? standing.addresses : [];
  }

  stop(): void {
    this.#probes.stop();
    this.#discovery.stop();
    this.#membership.stop();
  }

  #onName(slot: number, standing: Standing): void {
    const prober = this.#probes.at(slot);
    if (prober === undefined) this.#setUnprobed(slot, standing);
    else if (standing.kind === 'resolved' && prober.last?.ok === false) prober.hurry();
    if (standing.kind === 'resolved') this.#ports.onAddresses();
  }

  #setUnprobed(slot: number, standing: Standing): void {
    const isLost = standing.kind === 'unresolved';
    if (!this.#membership.setUnprobed(slot, !isLost)) return;
    this.#ports.onNamed(slot, !isLost, isLost ? standing.detail : 'its name resolves');
  }

  #onTransition(transition: Transition): void {
    const { pool, backend, slot, from, to, reason } = transition;
    const back = to === HealthState.healthy && (from === HealthState.rising || from === HealthState.unhealthy);
    if (back) this.#membership.ramp(slot);
    const fields = { pool, backend, from: HEALTH_STATE_NAMES[from], to: HEALTH_STATE_NAMES[to], reason };
    const line = `backend ${pool}/${backend} is ${HEALTH_STATE_NAMES[to]}: ${reason}`;
    if (to === HealthState.unhealthy) this.#ports.log.warn(fields, line);
    else if (from === HealthState.unknown) this.#ports.log.debug(fields, line);
    else this.#ports.log.info(fields, line);
    this.#ports.onTransition(transition);
  }
}

function whereabouts(standing: Standing | undefined): Whereabouts {
  switch (standing?.kind) {
    case undefined:
      return { kind: 'at', addresses: [] };
    case 'resolved':
      return { kind: 'at', addresses: standing.addresses };
    case 'resolving':
      return { kind: 'resolving' };
    case 'unresolved':
      return { kind: 'nowhere', detail: standing.detail };
  }
}
