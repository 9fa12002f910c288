/** Policies that are broken on purpose; what each stands for is said in mutants.ts. */
import { Members, type SlotViews } from '#core/balancing/members.ts';
import { ALL_FULL, Selector } from '#core/balancing/selector.ts';
import { type Tried, UNTRIED } from '#core/balancing/tried.ts';
import { Circuits } from '#core/health/circuits.ts';
import { HedgeGate } from '#core/limits/hedge-gate.ts';
import { RetryBudget } from '#core/limits/retry-budget.ts';
import { Outcome } from '#core/outcome.ts';
import { RetryRules } from '#core/retry.ts';
import type { Strategy } from '#core/strategy.ts';
import type { BucketTable } from '#memory/bucket-table.ts';
import { layTwin, type TablesTwin } from './tables-twin.ts';

/** What a word was when the attempt ended, not when it began. */
export class GenerationsIgnored extends Circuits {
  override settle(slot: number, _permit: number, trial: boolean, outcome: Outcome, nowMs: number): void {
    super.settle(slot, this.permit(slot), trial, outcome, nowMs);
  }
}
export class TrialsNeverDue extends Circuits {
  override dueMs(): number {
    return Infinity;
  }
}
export class TrialsForgotten extends Circuits {
  override settle(slot: number, permit: number, trial: boolean, outcome: Outcome, nowMs: number): void {
    if (!trial || outcome !== Outcome.cancelled) super.settle(slot, permit, trial, outcome, nowMs);
  }
}
export class CancelledIsFailed extends Circuits {
  override settle(slot: number, permit: number, trial: boolean, outcome: Outcome, nowMs: number): void {
    super.settle(slot, permit, trial, outcome === Outcome.cancelled ? Outcome.reset : outcome, nowMs);
  }
}
export class AlwaysAnswers extends Circuits {
  override answeredLately(): boolean {
    return true;
  }
}

export class OthersAreWell extends Members {
  override isWell(slot: number): boolean {
    return this.list.some((member) => member.slot === slot);
  }
}
export class ProbesIgnored extends Members {
  override isWell(slot: number): boolean {
    return this.takesPart(slot);
  }
}
export class OperatorsIgnored extends Members {
  override takesPart(): boolean {
    return true;
  }
}
/** Changes of circuits that nobody is told of. */
export class Unmoved implements SlotViews {
  readonly total: Int32Array;
  readonly weight: Float64Array;
  readonly health: Int32Array;
  readonly admin: Int32Array;
  readonly generation: Int32Array;
  readonly epoch: Int32Array;
  readonly #views: SlotViews;

  constructor(views: SlotViews) {
    this.#views = views;
    this.total = views.total;
    this.weight = views.weight;
    this.health = views.health;
    this.admin = views.admin;
    this.generation = views.generation;
    this.epoch = views.epoch;
  }

  begin(w: number, slot: number): number {
    return this.#views.begin(w, slot);
  }
  settle(w: number, slot: number): void {
    this.#views.settle(w, slot);
  }
  moveEpoch(): void {}
}

export class TriedForgotten extends Selector {
  override take(key: number, nowMs: number, _tried: Tried, repeatable: boolean, again: boolean): number {
    return super.take(key, nowMs, UNTRIED, repeatable, again);
  }
}
export class HedgesAnywhere extends Selector {
  override take(key: number, nowMs: number, tried: Tried, repeatable: boolean, again: boolean): number {
    return super.take(key, nowMs, again ? tried : UNTRIED, repeatable, again);
  }
}
export class AnyTrialWillDo extends Selector {
  override take(key: number, nowMs: number, tried: Tried, _repeatable: boolean, again: boolean): number {
    return super.take(key, nowMs, tried, true, again);
  }
}
export class RefusesAtTimes extends Selector {
  override take(key: number, nowMs: number, tried: Tried, repeatable: boolean, again: boolean): number {
    return Math.floor(nowMs) % 97 === 0 ? ALL_FULL : super.take(key, nowMs, tried, repeatable, again);
  }
}

export class BudgetWithoutEnd extends RetryBudget {
  override take(nowMs: number): boolean {
    super.take(nowMs);
    return true;
  }
}
export class BudgetWithoutBeginning extends RetryBudget {
  override take(): boolean {
    return false;
  }
}
export class GateWithoutEnd extends HedgeGate {
  override take(): boolean {
    super.take();
    return true;
  }
}
export class EverythingSafe extends RetryRules {
  override listsMethod(): boolean {
    return true;
  }
}

/** The strategy under another name, so that selectors do not see that they share it. */
export function alias(strategy: Strategy): Strategy {
  return {
    update: (slots, count, nowMs) => strategy.update(slots, count, nowMs),
    pick: (key, nowMs) => strategy.pick(key, nowMs),
    pickAmong: (slots, count, key, nowMs) => strategy.pickAmong(slots, count, key, nowMs),
    begin: (slot, before, nowMs) => strategy.begin?.(slot, before, nowMs),
    heard: (slot, ms, nowMs) => strategy.heard?.(slot, ms, nowMs),
    settle: (slot, before, ms, outcome, nowMs) => strategy.settle?.(slot, before, ms, outcome, nowMs),
    refresh: (nowMs) => strategy.refresh?.(nowMs),
  };
}

/** A strategy that has decided once and for all. */
export function stubborn(): Strategy {
  let first = -1;
  return {
    update: (slots) => void (first = slots[0]!),
    pick: () => first,
    pickAmong: (slots) => slots[0]!,
  };
}

/** Buckets that no other worker sees. */
export function ownLimits(): (tables: TablesTwin, worker: number) => BucketTable {
  const own = new WeakMap<TablesTwin, BucketTable[]>();
  return (tables, worker) => {
    let all = own.get(tables);
    if (all === undefined) own.set(tables, (all = []));
    return (all[worker] ??= layTwin(1, 1, 1).buckets);
  };
}
