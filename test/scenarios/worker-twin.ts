/** A worker: obeys plans as they come (src/proxy/data-plane.ts), begins exchanges, and may die at any moment. */
import { createPrng } from '#core/math/prng.ts';
import type { Plan } from '#core/plan.ts';
import type { AttemptModel } from './attempt-model.ts';
import { ExchangeModel, type Request } from './exchange-model.ts';
import { PoolTwin } from './pool-twin.ts';
import type { World } from './world.ts';

/** How soon room is looked for again while requests wait: other workers make some without a word. */
const LINE_MS = 10;

export class WorkerTwin {
  readonly world: World;
  readonly row: number;
  readonly random: () => number;
  alive = true;
  /** It dies as soon as it has a trial going on. */
  doomed = false;
  /** The plan it obeys. */
  revision = 0;
  pools: readonly PoolTwin[] = [];
  readonly exchanges = new Set<ExchangeModel>();
  readonly attempts = new Set<AttemptModel>();
  #plan: Plan | null = null;
  readonly #authorities = new Map<number, string>();
  readonly #servingLines = new Set<string>();
  readonly #refreshing = new Set<string>();

  constructor(world: World, row: number, life: number) {
    this.world = world;
    this.row = row;
    this.random = createPrng(world.scenario.seed * 7919 + row * 101 + life * 1009);
  }

  obey(plan: Plan): void {
    if (plan.revision <= this.revision) return;
    const before = this.pools;
    this.revision = plan.revision;
    this.#plan = plan;
    for (const pool of plan.pools)
      for (const { slot, authority } of pool.backends) this.#authorities.set(slot, authority);
    this.pools = plan.pools.map(
      (pool, at) =>
        new PoolTwin(
          this,
          pool,
          plan.routes[at]!,
          at,
          before.find((old) => old.plan.name === pool.name),
        ),
    );
    for (const pool of before) {
      pool.old = true;
      if (this.pools.some(({ strategy }) => strategy === pool.strategy)) continue;
      pool.selector.supersede();
      this.world.coverage.hit('strategy superseded');
    }
    this.world.watch.patience.disturbed();
  }

  get plan(): Plan {
    return this.#plan as Plan;
  }

  /** Slots whose names strategies may ask for. */
  authorityOf(slot: number): string {
    return this.#authorities.get(slot) as string;
  }

  accept(poolName: string, request: Request): void {
    const pool = this.pools.find(({ plan }) => plan.name === poolName);
    if (pool === undefined) return;
    if (this.world.limit !== null && !this.world.limit.admits(this.row, request.client)) return;
    this.#refreshSoon(pool);
    const exchange = new ExchangeModel(pool, request);
    this.exchanges.add(exchange);
    exchange.begin();
  }

  serveLineSoon(poolName: string): void {
    if (this.#servingLines.has(poolName)) return;
    this.#servingLines.add(poolName);
    this.world.at(this.world.nowMs + LINE_MS, () => {
      this.#servingLines.delete(poolName);
      if (this.alive) this.#serveLine(poolName);
    });
  }

  /** Everything that it was doing is gone, without a word. */
  die(): void {
    this.alive = false;
    for (const attempt of this.attempts) attempt.over = true;
    for (const exchange of this.exchanges) exchange.onDeath();
    this.attempts.clear();
    this.exchanges.clear();
  }

  #serveLine(poolName: string): void {
    const pool = this.pools.find(({ plan }) => plan.name === poolName);
    if (pool === undefined) return;
    const { line } = pool.load;
    const { nowMs } = this.world;
    for (let late = line.expired(nowMs); late !== null; late = line.expired(nowMs)) late.onWaitOver();
    for (let next = line.peek(nowMs); next !== null; next = line.peek(nowMs)) if (!next.onTurn()) break;
    if (line.length > 0) this.serveLineSoon(poolName);
  }

  /** Clocks of strategies run while there is traffic; an hour of silence need not be ticked through. */
  #refreshSoon(pool: PoolTwin): void {
    const { refreshMs } = pool.definition;
    const { name } = pool.plan;
    if (refreshMs === 0 || this.#refreshing.has(name)) return;
    this.#refreshing.add(name);
    this.world.at(this.world.nowMs + refreshMs, () => {
      this.#refreshing.delete(name);
      const now = this.pools.find(({ plan }) => plan.name === name);
      if (!this.alive || now === undefined) return;
      now.strategy.refresh?.(this.world.nowMs);
      if (this.attempts.size > 0) this.#refreshSoon(now);
    });
  }
}
