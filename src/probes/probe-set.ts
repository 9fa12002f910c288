/** The probers of all backends of a plan. Their number is bounded by that of slots. */
import type { Plan } from '#core/plan.ts';
import { Prober, type ProberPorts, type ProbeTarget } from './prober.ts';

export class ProbeSet {
  readonly #ports: ProberPorts;
  readonly #probers = new Map<number, Prober>();

  constructor(ports: ProberPorts) {
    this.#ports = ports;
  }

  /** These slots have been given to other backends: what was found out is no longer theirs. */
  forget(slots: ReadonlySet<number>): void {
    for (const slot of slots) {
      this.#probers.get(slot)?.stop();
      this.#probers.delete(slot);
    }
  }

  /** Probes what this plan says from now on. */
  apply(plan: Plan): void {
    const targets = new Map(targetsOf(plan).map((target) => [target.slot, target]));
    for (const [slot, prober] of this.#probers) {
      if (targets.has(slot)) continue;
      prober.stop();
      this.#probers.delete(slot);
    }
    for (const [slot, target] of targets) {
      const prober = this.#probers.get(slot);
      if (prober === undefined) this.#probers.set(slot, new Prober(target, this.#ports));
      else prober.retarget(target);
    }
  }

  /** The prober of a slot; undefined where its pool has no probes. */
  at(slot: number): Prober | undefined {
    return this.#probers.get(slot);
  }

  stop(): void {
    for (const prober of this.#probers.values()) prober.stop();
    this.#probers.clear();
  }
}

function targetsOf(plan: Plan): ProbeTarget[] {
  return plan.pools.flatMap(({ name, health, backends }) =>
    health === null
      ? []
      : backends.map(({ id, slot, address, authority, tlsName }) => ({
          pool: name,
          backend: id,
          slot,
          address,
          authority,
          tlsName,
          health,
        })),
  );
}
