/**
 * Brings the slot table in line with a plan, and gives each backend its effective weight. The supervisor alone writes
 * these cells; workers notice by the epoch.
 */
import { RAMP_STEP_MS, rampShare } from '#core/health/slow-start.ts';
import { AdminState, HealthState } from '#core/health-state.ts';
import type { Cancel, Timers } from '#core/ports.ts';
import type { Plan } from '#core/plan.ts';
import type { SlotTable } from '#memory/slots.ts';

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

  /**
   * Slots in `fresh` start without a past; a backend whose name leads nowhere is down from the start. One that comes back
   * from maintenance has most likely been started anew, so its weight rises slowly as after a failure; a drained one is warm.
   */
  apply(plan: Plan, fresh: ReadonlySet<number>, nowhere: (slot: number) => boolean): void {
    const { admin, health } = this.#slots;
    this.#weights = new Map();
    this.#slowStarts = new Map();
    for (const pool of plan.pools) {
      for (const { slot, weight, state } of pool.backends) {
        this.#weights.set(slot, weight);
        this.#slowStarts.set(slot, pool.slowStartMs);
        const isBack = admin[slot] === AdminState.maintenance && state === 'active';
        admin[slot] = AdminState[state];
        if (fresh.has(slot)) {
          this.#ramps.delete(slot);
          health[slot] = HealthState.unknown;
        } else if (isBack) this.#begin(slot, pool.slowStartMs);
        if (pool.health === null) health[slot] = nowhere(slot) ? HealthState.unhealthy : HealthState.unchecked;
      }
    }
    for (const slot of this.#ramps.keys()) if (!this.#weights.has(slot)) this.#ramps.delete(slot);
    for (const slot of this.#weights.keys()) this.#write(slot);
    this.#slots.moveEpoch();
    this.#schedule();
  }

  /** A backend came back from unhealthy: its weight begins to rise. */
  ramp(slot: number): void {
    const slowStartMs = this.#slowStarts.get(slot) ?? 0;
    if (slowStartMs <= 0) return;
    this.#begin(slot, slowStartMs);
    this.#write(slot);
    this.#slots.moveEpoch();
    this.#schedule();
  }

  /** A backend without probes is as well as its name: up while that leads somewhere. Whether that has changed. */
  setUnprobed(slot: number, up: boolean): boolean {
    const state = up ? HealthState.unchecked : HealthState.unhealthy;
    if (this.#slots.health[slot] === state) return false;
    this.#slots.health[slot] = state;
    this.#slots.moveEpoch();
    return true;
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #begin(slot: number, slowStartMs: number): void {
    if (slowStartMs > 0) this.#ramps.set(slot, { startedMs: this.#timers.nowMs(), slowStartMs });
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
