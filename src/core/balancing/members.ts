/**
 * The backends of one pool as the shared tables show them: which take part at all, and which probes call well. The tables
 * are handed in as plain views, so that a simulation can hand in its own.
 */
import { AdminState, HealthState, isUp } from '../health-state.ts';

/** The part of the slot table that balancing reads and counts in. Indexed by slot. */
export interface SlotViews {
  /** Attempts in flight, all workers together. */
  readonly total: Int32Array;
  /** Effective weight; 0 takes the slot out. */
  readonly weight: Float64Array;
  readonly health: Int32Array;
  readonly admin: Int32Array;
  /** Moves on when a slot is given to another backend. */
  readonly generation: Int32Array;
  /** [0] moves on whenever eligibility or a weight may have changed. */
  readonly epoch: Int32Array;
  /** Worker `w` begins an attempt; returns what was in flight just before. */
  begin(w: number, slot: number): number;
  settle(w: number, slot: number): void;
  moveEpoch(): void;
}

export interface Member {
  readonly slot: number;
  readonly tier: number;
}

export class Members {
  readonly list: readonly Member[];
  readonly views: SlotViews;
  /** Of each slot, as it was when it was the backend's of this pool. */
  readonly #generations: ReadonlyMap<number, number>;

  constructor(list: readonly Member[], views: SlotViews) {
    this.list = list;
    this.views = views;
    this.#generations = new Map(list.map(({ slot }) => [slot, views.generation[slot] as number]));
  }

  /** Whether an operator lets it take part, and the slot is still its own: requests of an older plan may outlive that. */
  takesPart(slot: number): boolean {
    const { admin, generation, weight } = this.views;
    return (
      admin[slot] === AdminState.active &&
      (weight[slot] as number) > 0 &&
      generation[slot] === this.#generations.get(slot)
    );
  }

  /** Whether it takes part and probes call it well. */
  isWell(slot: number): boolean {
    return this.takesPart(slot) && isUp(this.views.health[slot] as HealthState);
  }

  /** Whether it takes part and probes do not call it down: well, or not probed yet. */
  isNotDown(slot: number): boolean {
    if (!this.takesPart(slot)) return false;
    const health = this.views.health[slot] as HealthState;
    return isUp(health) || health === HealthState.unknown;
  }
}
