/** Who has which row of the shared tables: slots for backends, rows for routes. And what is forgotten when one changes hands. */
import type { Plan, PoolPlan } from '#core/plan.ts';
import { DEFAULT_CAPACITY } from '#memory/layout.ts';
import type { Tables } from '#memory/tables.ts';
import { RowAllocator } from './row-allocator.ts';
import { slotName } from './slot-names.ts';

/** Row 0 of the metrics counts requests that no route matched. */
const FIRST_ROUTE_ROW = 1;

export interface RowsDraft {
  readonly assignSlot: (pool: string, id: string, url: string) => number;
  readonly assignRouteRow: (name: string) => number;
  readonly assignPoolRow: (name: string) => number;
  readonly assignLimitRow: (name: string) => number;
  /** Makes the draft the rows in force; returns the slot names that were not in force before. */
  readonly commit: () => Set<string>;
}

export class Rows {
  readonly #tables: () => Tables;
  readonly #slots: RowAllocator;
  readonly #routes: RowAllocator;
  readonly #pools: RowAllocator;
  readonly #limits: RowAllocator;

  constructor(tables: () => Tables) {
    this.#tables = tables;
    this.#slots = new RowAllocator({
      first: 0,
      capacity: DEFAULT_CAPACITY.slots,
      what: 'backends',
      isIdle: (slot) => tables().slots.total[slot] === 0,
      onReuse: (slot) => this.#clearSlot(slot),
    });
    this.#routes = new RowAllocator({
      first: FIRST_ROUTE_ROW,
      capacity: DEFAULT_CAPACITY.routes,
      what: 'routes',
      // Requests that began under an older plan still count there.
      isIdle: (row) => tables().counters.routeInFlight(row) === 0,
      onReuse: (row) => {
        tables().counters.clearRoute(row);
        tables().traffic.clearRoute(row);
      },
    });
    this.#pools = new RowAllocator({
      first: 0,
      capacity: DEFAULT_CAPACITY.pools,
      what: 'pools',
      isIdle: () => true,
      onReuse: (row) => {
        tables().counters.clearPool(row);
        tables().pools.clear(row);
        tables().traffic.clearPool(row);
        tables().concurrency.clear(row);
      },
    });
    this.#limits = new RowAllocator({
      first: 0,
      capacity: DEFAULT_CAPACITY.limits,
      what: 'rate limits',
      isIdle: () => true,
      onReuse: (row) => tables().counters.clearLimit(row),
    });
  }

  /** `obeyed` is the oldest edition that a worker may still obey. Nothing changes until `commit`. */
  draft(obeyed: number, edition: number): RowsDraft {
    const slots = this.#slots.draft(obeyed);
    const routes = this.#routes.draft(obeyed);
    const pools = this.#pools.draft(obeyed);
    const limits = this.#limits.draft(obeyed);
    return {
      assignSlot: (pool, id, url) => slots.assign(slotName(pool, id, url)),
      assignRouteRow: (name) => routes.assign(name),
      assignPoolRow: (name) => pools.assign(name),
      assignLimitRow: (name) => limits.assign(name),
      commit: () => {
        this.#routes.commit(routes, edition);
        this.#pools.commit(pools, edition);
        this.#limits.commit(limits, edition);
        return new Set(this.#slots.commit(slots, edition));
      },
    };
  }

  /** A strategy begins without what another has left: rows of slots, and words where pools have changed places. */
  forgetStrategies(before: Plan, next: Plan): void {
    const { strategies } = this.#tables();
    const old = new Map(before.pools.map((pool) => [pool.name, pool.strategy.name]));
    next.pools.forEach((pool, at) => {
      if (!sameStrategy(before.pools[at], pool)) strategies.clearWords(at);
      const was = old.get(pool.name);
      if (was === undefined || was === pool.strategy.name) return;
      for (const { slot } of pool.backends) strategies.clearSlot(slot);
    });
  }

  #clearSlot(slot: number): void {
    const { slots, counters, strategies, circuits, traffic } = this.#tables();
    slots.generation[slot]! += 1;
    counters.clearSlot(slot);
    strategies.clearSlot(slot);
    circuits.clearSlot(slot);
    traffic.clearSlot(slot);
  }
}

function sameStrategy(a: PoolPlan | undefined, b: PoolPlan): boolean {
  return a !== undefined && a.name === b.name && a.strategy.name === b.strategy.name;
}
