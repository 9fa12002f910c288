/** A pool over plain memory, with the real tables and a clock moved by hand, for tests of picks and circuits. */
import { Members } from '#core/balancing/members.ts';
import { Selector, type TakenSlot } from '#core/balancing/selector.ts';
import { Tried, UNTRIED } from '#core/balancing/tried.ts';
import { Answers } from '#core/health/answers.ts';
import { Circuits, type CircuitEvent } from '#core/health/circuits.ts';
import { AdminState, HealthState } from '#core/health-state.ts';
import { Outcome } from '#core/outcome.ts';
import type { CircuitPlan } from '#core/plan-failures.ts';
import type { Strategy } from '#core/strategy.ts';
import { layTwin, type TablesTwin } from '../scenarios/tables-twin.ts';

export const CIRCUIT: CircuitPlan = {
  consecutiveFailures: 3,
  failureRatio: 0.5,
  minRequests: 1_000_000,
  windowMs: 10_000,
  outlier: false,
  openForMs: 1_000,
  maxOpenForMs: 8_000,
  trials: 1,
  maxOpen: 1,
  trialMs: 5_000,
};

export interface SmallPoolOptions {
  /** One backend for each, in slots 0, 1, …: its tier. */
  readonly tiers?: readonly number[];
  readonly workers?: number;
  readonly circuit?: Partial<CircuitPlan> | null;
  readonly panicThreshold?: number;
  readonly inFlightMax?: number;
  /** The strategy places requests by key: candidate number `key`. */
  readonly keyed?: boolean;
}

/** An attempt that was taken and goes on. */
export interface Taken extends TakenSlot {
  readonly worker: number;
}

export interface Wish {
  readonly worker?: number;
  readonly key?: number;
  readonly tried?: Tried;
  readonly repeatable?: boolean;
  readonly again?: boolean;
}

export class SmallPool {
  readonly tables: TablesTwin;
  readonly members: Members;
  readonly selectors: readonly Selector[];
  readonly circuits: readonly (Circuits | null)[];
  readonly events: CircuitEvent[] = [];
  readonly panics: boolean[] = [];
  readonly plan: CircuitPlan;
  nowMs = 1_000_000;

  constructor(options: SmallPoolOptions = {}) {
    const { tiers = [0, 0, 0], workers = 1, panicThreshold = 0, inFlightMax = 1000, keyed = false } = options;
    this.plan = { ...CIRCUIT, ...options.circuit };
    this.tables = layTwin(workers, tiers.length, 1);
    tiers.forEach((_, slot) => this.set(slot, {}));
    this.members = new Members(
      tiers.map((tier, slot) => ({ slot, tier })),
      this.tables.slots,
    );
    const circuits = Array.from({ length: workers }, (_, worker) =>
      options.circuit === null
        ? null
        : new Circuits(this.plan, this.tables.circuits, this.members, worker, (event) => this.events.push(event)),
    );
    this.circuits = circuits;
    this.selectors = circuits.map(
      (one, worker) =>
        new Selector({
          members: this.members,
          strategy: byTurns(keyed),
          keyed,
          circuits: one,
          answers: one === null ? new Answers(this.tables.circuits.windows, worker) : null,
          inFlightMax,
          panicThreshold,
          worker,
          random: () => 0.5,
          onPanic: (panic) => this.panics.push(panic),
        }),
    );
  }

  /** What supervisor and operators say of a slot. */
  set(slot: number, now: { health?: HealthState; admin?: AdminState; weight?: number }): void {
    const { slots } = this.tables;
    slots.health[slot] = now.health ?? HealthState.healthy;
    slots.admin[slot] = now.admin ?? AdminState.active;
    slots.weight[slot] = now.weight ?? 1;
    slots.moveEpoch();
  }

  /** The slot, or why there is none. */
  pick(wish: Wish = {}): number {
    const taken = this.take(wish);
    if (typeof taken === 'number') return taken;
    this.tables.slots.settle(taken.worker, taken.slot);
    return taken.slot;
  }

  take({ worker = 0, key = 0, tried = UNTRIED, repeatable = true, again = true }: Wish = {}): Taken | number {
    const selector = this.selectors[worker]!;
    const slot = selector.take(key, this.nowMs, tried, repeatable, again);
    if (slot < 0) return slot;
    const { inFlightBefore, permit, trial } = selector;
    return { slot, worker, inFlightBefore, permit, trial, answered: false };
  }

  /** Takes what must be there. */
  taken(wish: Wish = {}): Taken {
    const taken = this.take(wish);
    if (typeof taken === 'number') throw new Error(`refused with ${taken}`);
    return taken;
  }

  settle(taken: Taken, outcome: Outcome): void {
    this.selectors[taken.worker]!.settle(taken, 5, outcome, this.nowMs);
  }

  /** An attempt at `slot` under its present word, whoever would be picked. */
  ends(slot: number, outcome: Outcome, worker = 0): void {
    const circuits = this.circuits[worker]!;
    circuits.settle(slot, circuits.permit(slot), false, outcome, this.nowMs);
  }

  fail(slot: number, times = 1, worker = 0): void {
    for (let time = 0; time < times; time++) this.ends(slot, Outcome.connectFailure, worker);
  }

  /** Opens a circuit by failures in a row. */
  open(slot: number): void {
    this.fail(slot, this.plan.consecutiveFailures);
    if (this.circuits[0]!.isClosed(slot)) throw new Error(`the circuit of ${slot} stays closed`);
  }
}

/** Candidates in turn, or by key. */
function byTurns(keyed: boolean): Strategy {
  let candidates: number[] = [];
  let turn = 0;
  return {
    update: (slots, count) => void (candidates = [...slots.subarray(0, count)]),
    pick: (key) => candidates[(keyed ? key : turn++) % candidates.length]!,
    pickAmong: (slots, count, key) => slots[(keyed ? key : turn++) % count]!,
  };
}

/** A slot that is settled without having been watched since it was taken. */
export function takenAt(slot: number, permit = 0): TakenSlot {
  return { slot, inFlightBefore: 0, permit, trial: false, answered: false };
}

/** What an exchange has been at. */
export function tried(...slots: number[]): Tried {
  const list = new Tried(24);
  for (const slot of slots) list.add(slot);
  return list;
}
