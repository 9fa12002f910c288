/** Looks on while a scenario runs, and holds every step to the invariants. It knows the rules by heart, not by the code. */
import type { Tried } from '#core/balancing/tried.ts';
import { HealthState, isUp } from '#core/health-state.ts';
import type { Thresholds } from '#core/health/thresholds.ts';
import type { Outcome } from '#core/outcome.ts';
import type { Plan } from '#core/plan.ts';
import { ensure } from './invariants.ts';
import type { PoolTwin } from './pool-twin.ts';
import { CircuitWatch } from './watch-circuits.ts';
import { ExchangeWatch } from './watch-exchanges.ts';
import { PatienceWatch } from './watch-patience.ts';
import { PickWatch } from './watch-picks.ts';
import type { WorkerTwin } from './worker-twin.ts';
import type { World } from './world.ts';

/** How a slot was asked for. */
export interface Asked {
  readonly tried: Tried;
  readonly repeatable: boolean;
  readonly again: boolean;
}

/** What an attempt said of its slot. */
export interface Said {
  readonly slot: number;
  readonly permit: number;
  readonly trial: boolean;
  readonly outcome: Outcome;
}

export class Watch {
  readonly picks: PickWatch;
  readonly circuits: CircuitWatch;
  readonly exchanges: ExchangeWatch;
  readonly patience: PatienceWatch;
  readonly #world: World;
  /** Good probes in a row, or failed ones below 0. */
  readonly #probesInRow = new Map<number, number>();

  constructor(world: World) {
    this.#world = world;
    this.circuits = new CircuitWatch(world);
    this.exchanges = new ExchangeWatch(world);
    this.patience = new PatienceWatch(world);
    this.picks = new PickWatch(world);
  }

  beforeTake(pool: PoolTwin): void {
    this.circuits.remember();
    this.picks.remember(pool);
  }

  afterTake(pool: PoolTwin, asked: Asked, slot: number): void {
    const { coverage } = this.#world;
    this.#world.trace('pick', pool.worker.row, slot, pool.selector.trial ? 1 : 0);
    this.picks.check(pool, asked, slot);
    this.circuits.afterTake(pool, slot);
    this.patience.afterTake(pool, this.picks, slot);
    if (pool.old && asked.tried.count > 0) coverage.hit('retry under an old plan');
  }

  beforeEnd(): void {
    this.circuits.remember();
  }

  /** Null: what there was to say has been said. */
  afterEnd(pool: PoolTwin, said: Said | null): void {
    this.circuits.afterEnd(pool, said);
  }

  afterStep(): void {
    this.circuits.checkUntouched();
    this.exchanges.checkCounts();
  }

  published(before: Plan | null, plan: Plan): void {
    this.exchanges.published(before, plan);
    this.patience.disturbed();
  }

  workerDies(worker: WorkerTwin): void {
    this.exchanges.workerDies(worker);
    this.patience.disturbed();
  }

  probesForgotten(slot: number): void {
    this.#probesInRow.delete(slot);
  }

  /** A probe said `ok` of a slot whose health was `from` and is `to` now. */
  onProbe(slot: number, ok: boolean, from: HealthState, to: HealthState, thresholds: Thresholds): void {
    const row = this.#probesInRow.get(slot) ?? 0;
    const inRow = ok ? Math.max(0, row) + 1 : Math.min(0, row) - 1;
    this.#probesInRow.set(slot, inRow);
    const first = from === HealthState.unknown || from === HealthState.unchecked;
    const { unhealthyAfter, healthyAfter } = thresholds;
    const up = first || isUp(from) ? ok || (!first && -inRow < unhealthyAfter) : ok && inRow >= healthyAfter;
    ensure(isUp(to) === up, 'probes-by-threshold', () => `slot ${slot}: ${from} became ${to} after ${inRow} probes`);
  }

  /** Nothing is due any more. */
  atRest(): void {
    this.exchanges.atRest();
    this.circuits.atRest();
  }
}
