/**
 * The supervisor: publishes plans, writes health and weights, hears events, and repairs what dead workers leave, in the order
 * of src/supervisor/{supervisor,worker-pool,rows,backend-watch}.ts. Rows, membership and slow start are the real code.
 */
import { AdminState, HealthState } from '#core/health-state.ts';
import type { HealthStanding } from '#core/health/thresholds.ts';
import { createPrng } from '#core/math/prng.ts';
import type { Plan } from '#core/plan.ts';
import { Membership } from '#supervisor/membership.ts';
import { OperatorError } from '#supervisor/operator-error.ts';
import { Planner } from './plan-twin.ts';
import type { Fault, PoolSketch } from './scenario.ts';
import type { World } from './world.ts';

const LOOK_MS = 200;
/** A plan takes up to this long to reach a worker. */
const PUBLISH_MS = 30;

export class SupervisorTwin {
  /** Workers that are dead, of which it does not know yet. */
  readonly unnoticed = new Set<number>();
  readonly #world: World;
  readonly #random: () => number;
  readonly #planner: Planner;
  readonly #membership: Membership;
  readonly #standings = new Map<number, HealthStanding>();
  /** Moves with each plan: probes of an older one are no longer made. */
  #era = 0;
  #pools: readonly PoolSketch[];
  #plan: Plan | null = null;
  #looking = false;

  constructor(world: World) {
    this.#world = world;
    this.#random = createPrng(world.scenario.seed * 7919 + 7);
    this.#pools = world.scenario.pools;
    const { slots } = world.tables;
    this.#planner = new Planner(
      world.scenario,
      (slot) => slots.total[slot] === 0,
      (slot) => this.#clearSlot(slot),
    );
    this.#membership = new Membership(slots, {
      nowMs: () => world.nowMs,
      wallMs: () => world.nowMs,
      after: (delayMs, run) => world.cancellable(world.nowMs + delayMs, run),
    });
  }

  get plan(): Plan {
    return this.#plan as Plan;
  }

  start(): void {
    this.#publish(this.#pools);
  }

  /** Acts out what the scenario has for it. */
  schedule(fault: Fault): void {
    const { startMs } = this.#world.scenario;
    if (fault.kind === 'reload') this.#world.at(startMs + fault.atMs, () => this.#reload(fault));
    if (fault.kind === 'operator') {
      const state = fault.state === 'draining' ? AdminState.draining : AdminState.maintenance;
      this.#world.at(startMs + fault.fromMs, () => this.#setAdmin(fault, state));
      this.#world.at(startMs + fault.toMs, () => this.#setAdmin(fault, AdminState.active));
    }
    if (fault.kind === 'rumour') {
      this.#world.at(startMs + fault.fromMs, () => this.#hear(fault, 1));
      this.#world.at(startMs + fault.toMs, () => this.#hear(fault, 0));
    }
  }

  /** A worker's thread has ended. */
  onExit(row: number): void {
    const { tables, policies } = this.#world;
    if (policies.reclaim.counts) tables.slots.reclaim(row);
    if (policies.reclaim.lock) tables.circuits.releaseLock(row);
    if (policies.reclaim.lines) tables.pools.reclaim(row);
    this.unnoticed.delete(row);
    this.#world.watch.exchanges.reclaimed(row);
  }

  /** Events wait in the ring. */
  lookSoon(): void {
    if (this.#looking) return;
    this.#looking = true;
    this.#world.at(this.#world.nowMs + LOOK_MS, () => {
      this.#looking = false;
      this.look();
    });
  }

  look(): void {
    this.#world.tables.events.take((event) => this.#world.watch.circuits.onArrived(event));
  }

  #reload({ pool, change }: Extract<Fault, { kind: 'reload' }>): void {
    const pools = this.#pools.map((sketch) => (sketch.name === pool ? { ...sketch, ...change } : sketch));
    try {
      this.#publish(pools);
      this.#world.coverage.hit('reloads');
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      this.#world.coverage.hit('reload refused');
    }
  }

  #publish(pools: readonly PoolSketch[]): void {
    const world = this.#world;
    const before = this.#plan;
    const revision = (before?.revision ?? 0) + 1;
    const { plan, commit } = this.#planner.draft(pools, revision, before === null ? 0 : world.obeyedRevision);
    const added = commit();
    if (before !== null) this.#forgetStrategies(before, plan);
    this.#plan = plan;
    this.#pools = pools;
    for (const slot of added) {
      this.#standings.delete(slot);
      world.watch.probesForgotten(slot);
    }
    this.#membership.apply(plan, added, () => false);
    world.watch.published(before, plan);
    this.#probeAll(plan);
    for (const worker of world.workers)
      world.at(world.nowMs + (before === null ? 0 : this.#random() * PUBLISH_MS), () => {
        if (worker.alive) worker.obey(this.plan);
      });
  }

  #forgetStrategies(before: Plan, next: Plan): void {
    const { strategies } = this.#world.tables;
    next.pools.forEach((pool, at) => {
      if (before.pools[at]?.strategy.name === pool.strategy.name) return;
      strategies.clearWords(at);
      for (const { slot } of pool.backends) strategies.clearSlot(slot);
    });
  }

  #clearSlot(slot: number): void {
    const { slots, strategies, circuits } = this.#world.tables;
    this.#world.coverage.hit('slot reused');
    slots.generation[slot]! += 1;
    strategies.clearSlot(slot);
    circuits.clearSlot(slot);
    this.#world.watch.circuits.onCleared(slot);
  }

  #setAdmin({ pool, backend }: Extract<Fault, { kind: 'operator' }>, state: AdminState): void {
    const { slots } = this.#world.tables;
    this.#world.coverage.hit('operator');
    for (const plan of this.plan.pools) {
      if (plan.name !== pool) continue;
      for (const { id, slot } of plan.backends) if (backend === '*' || id === backend) slots.admin[slot] = state;
    }
    slots.moveEpoch();
    this.#world.watch.patience.disturbed();
  }

  /** What other replicas say of a backend's circuit, taken down as circuit-hints.ts does. */
  #hear({ pool, backend }: Extract<Fault, { kind: 'rumour' }>, replicas: number): void {
    for (const plan of this.plan.pools) {
      if (plan.name !== pool) continue;
      for (const { id, slot } of plan.backends)
        if (backend === '*' || id === backend) this.#world.tables.circuits.elsewhere[slot] = replicas;
    }
  }

  #probeAll(plan: Plan): void {
    const world = this.#world;
    const era = ++this.#era;
    for (const pool of plan.pools) {
      const { health } = pool;
      if (health === null) continue;
      for (const { id, slot } of pool.backends) {
        const probe = (): void => {
          if (era !== this.#era) return;
          this.#probed(slot, world.backend(pool.name, id).probe(world.nowMs), health);
          if (world.nowMs < world.endMs)
            world.at(world.nowMs + health.intervalMs * (0.8 + 0.4 * this.#random()), probe);
        };
        world.at(world.nowMs + 100 * this.#random(), probe);
      }
    }
  }

  #probed(slot: number, ok: boolean, thresholds: { unhealthyAfter: number; healthyAfter: number }): void {
    const { slots } = this.#world.tables;
    const { coverage, policies, watch } = this.#world;
    const standing = this.#standings.get(slot) ?? { state: slots.health[slot] as HealthState, against: 0 };
    const next = policies.stepHealth(standing, ok, thresholds);
    this.#standings.set(slot, next);
    watch.onProbe(slot, ok, standing.state, next.state, thresholds);
    if (next.state === standing.state) return;
    slots.health[slot] = next.state;
    slots.moveEpoch();
    watch.patience.disturbed();
    if (next.state === HealthState.unhealthy) coverage.hit('probe down');
    const back = standing.state === HealthState.rising || standing.state === HealthState.unhealthy;
    if (next.state !== HealthState.healthy || !back) return;
    coverage.hit('probe back');
    this.#membership.ramp(slot);
    if (this.plan.pools.some((pool) => pool.slowStartMs > 0)) coverage.hit('slow start');
  }
}
