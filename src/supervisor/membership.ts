/**
 * Brings the slot table in line with a plan, and gives each backend its effective weight. The supervisor alone writes
 * these cells; workers notice by the epoch.
 */
import { RAMP_STEP_MS, rampShare } from '#core/health/slow-start.ts';
import { AdminState, HealthState } from '#core/health-state.ts';
import type { Cancel, Timers } from '#core/ports.ts';
import type { Plan } from '#core/plan.ts';
import type { SlotTable } from '#memory/slots.ts';
import { slotName } from './slot-names.ts';

interface Ramp {
  readonly startedMs: number;
  readonly slowStartMs: number;
}

export class Membership {
  readonly #slots: SlotTable;
  readonly #timers: Timers;
  /** Configured weight of each slot in force. */
  #weights = new Map<number, number>();
  /** How long each slot's pool takes to bring a backend back. */
  #slowStarts = new Map<number, number>();
  readonly #ramps = new Map<number, Ramp>();
  #cancel: Cancel | null = null;

  constructor(slots: SlotTable, timers: Timers) {
    this.#slots = slots;
    this.#timers = timers;
  }

  /** `added` are the slot names that were not in force before: their slots start without a past. */
  apply(plan: Plan, added: ReadonlySet<string>): void {
    const { slots } = this;
    const weights = new Map<number, number>();
    const slowStarts = new Map<number, number>();
    for (const pool of plan.pools) {
      for (const { id, url, slot, weight } of pool.backends) {
        weights.set(slot, weight);
        slowStarts.set(slot, pool.slowStartMs);
        if (added.has(slotName(pool.name, id, url))) {
          this.#ramps.delete(slot);
          slots.admin[slot] = AdminState.active;
          slots.health[slot] = pool.health === null ? HealthState.unchecked : HealthState.unknown;
        } else if (pool.health === null) {
          slots.health[slot] = HealthState.unchecked;
        }
      }
    }
    this.#weights = weights;
    this.#slowStarts = slowStarts;
    for (const slot of this.#ramps.keys()) if (!weights.has(slot)) this.#ramps.delete(slot);
    for (const slot of weights.keys()) this.#write(slot);
    slots.moveEpoch();
  }

  /** A backend came back from unhealthy: its weight begins to rise. */
  ramp(slot: number): void {
    const slowStartMs = this.#slowStarts.get(slot) ?? 0;
    if (slowStartMs <= 0) return;
    this.#ramps.set(slot, { startedMs: this.#timers.nowMs(), slowStartMs });
    this.#write(slot);
    this.#slots.moveEpoch();
    this.#schedule();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  get slots(): SlotTable {
    return this.#slots;
  }

  #schedule(): void {
    if (this.#cancel !== null || this.#ramps.size === 0) return;
    this.#cancel = this.#timers.after(RAMP_STEP_MS, () => {
      this.#cancel = null;
      for (const slot of this.#ramps.keys()) this.#write(slot);
      this.#slots.moveEpoch();
      this.#schedule();
    });
  }

  #write(slot: number): void {
    const ramp = this.#ramps.get(slot);
    let share = 1;
    if (ramp !== undefined) {
      share = rampShare(this.#timers.nowMs() - ramp.startedMs, ramp.slowStartMs);
      if (share === 1) this.#ramps.delete(slot);
    }
    this.#slots.weight[slot] = (this.#weights.get(slot) ?? 0) * share;
  }
}
