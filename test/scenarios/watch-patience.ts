/**
 * Patience: that nothing is given up for ever. A backend that can serve gets requests while there are enough of them, and one
 * that is fine again is used again within the time that its open circuit, its probes and a lost trial may take.
 */
import { TRIAL_GRACE_MS } from '#core/balancing/selector.ts';
import type { PoolPlan } from '#core/plan.ts';
import { WELL_TIMES_MAX } from './backend-twin.ts';
import { ensure } from './invariants.ts';
import type { PoolTwin } from './pool-twin.ts';
import type { PickWatch } from './watch-picks.ts';
import type { World } from './world.ts';

/** Traffic counts as steady while picks are no further apart. */
const GAP_MS = 2_000;
/** No strategy may pass a backend over for longer than both of these. */
const STARVED_MS = 45_000;
const PICKS_LEAST = 400;
const TIMES_FAIR = 60;
const LOOK_MS = 100;
const JITTER = 1.2;
const SLACK_MS = 1_000;

interface PoolPatience {
  lastPickMs: number;
  steadySinceMs: number;
  lookedMs: number;
}

export class PatienceWatch {
  readonly #world: World;
  readonly #pools = new Map<string, PoolPatience>();
  /** By slot: picks of its pool since it was last picked or could not be, and since when. */
  readonly #passedOver: Int32Array;
  readonly #sinceMs: Float64Array;
  readonly #fullMs: Float64Array;
  #disturbedMs: number;

  constructor(world: World) {
    this.#world = world;
    this.#passedOver = new Int32Array(world.scenario.slots);
    this.#sinceMs = new Float64Array(world.scenario.slots);
    this.#fullMs = new Float64Array(world.scenario.slots).fill(-Infinity);
    this.#disturbedMs = world.nowMs;
  }

  /** Something changed that backends are judged by: all waits begin anew. */
  disturbed(): void {
    this.#disturbedMs = this.#world.nowMs;
  }

  afterTake(pool: PoolTwin, picks: PickWatch, slot: number): void {
    if (pool.old) return;
    const { nowMs } = this.#world;
    const patience = this.#patienceOf(pool.plan.name);
    if (nowMs - patience.lastPickMs > GAP_MS) patience.steadySinceMs = nowMs;
    patience.lastPickMs = nowMs;
    for (const backend of pool.plan.backends) if (picks.free[backend.slot] === 0) this.#fullMs[backend.slot] = nowMs;
    if (pool.definition.key === null) this.#countPassedOver(pool, picks, slot);
    if (nowMs - patience.lookedMs < LOOK_MS) return;
    patience.lookedMs = nowMs;
    for (const { slot: other, id } of pool.plan.backends) this.#checkRecovery(pool, picks, patience, other, id);
  }

  #countPassedOver(pool: PoolTwin, picks: PickWatch, picked: number): void {
    const { tables, nowMs } = this.#world;
    let total = 0;
    for (const slot of picks.candidates) total += tables.slots.weight[slot]!;
    for (const { slot } of pool.plan.backends) {
      const waits = slot !== picked && picks.candidates.has(slot) && picks.free[slot] === 1;
      if (!waits) {
        this.#passedOver[slot] = 0;
        this.#sinceMs[slot] = nowMs;
        continue;
      }
      this.#passedOver[slot]! += 1;
      const most = PICKS_LEAST * picks.candidates.size + (TIMES_FAIR * total) / tables.slots.weight[slot]!;
      const starved = this.#passedOver[slot]! > most && nowMs - this.#sinceMs[slot]! > STARVED_MS;
      ensure(
        !starved,
        'none-starves',
        () => `slot ${slot} was passed over ${this.#passedOver[slot]} times in ${nowMs - this.#sinceMs[slot]!} ms`,
      );
    }
  }

  #checkRecovery(pool: PoolTwin, picks: PickWatch, patience: PoolPatience, slot: number, id: string): void {
    const world = this.#world;
    if (!picks.takesPart(slot)) return;
    const fineMs = world.backend(pool.plan.name, id).fineSinceMs(world.nowMs);
    const sinceMs = Math.max(fineMs, this.#disturbedMs, patience.steadySinceMs, this.#fullMs[slot]!);
    if (world.nowMs - sinceMs <= this.#boundMs(pool.plan)) return;
    world.coverage.hit('recovery awaited');
    const say = (what: string): string => `slot ${slot} ${what}, ${world.nowMs - sinceMs} ms after all was well`;
    ensure(picks.isWell(slot), 'recovers', () => say('is called down'));
    ensure(pool.circuits === null || world.watch.circuits.closed(slot), 'recovers', () => say('has an open circuit'));
  }

  /** How long it may take until a backend that is fine is used. */
  #boundMs({ circuit, health, timeouts, name, backends }: PoolPlan): number {
    const probesMs = health === null ? 0 : (health.healthyAfter + 1) * health.intervalMs * JITTER;
    if (circuit === null) return probesMs + SLACK_MS;
    const { traffic } = this.#world.scenario.pools.find((pool) => pool.name === name)!;
    const trialMs = GAP_MS + TRIAL_GRACE_MS + traffic.serviceMs * WELL_TIMES_MAX;
    // A client that leaves takes its trial along.
    const trials = circuit.trials * (1 + 8 * traffic.leave);
    // A request tries one backend: where all of many were out, and few requests come, the last waits for all the others.
    const slowest = Math.min(...traffic.phases.flatMap(({ from, to }) => [from, to]));
    const turnsMs = slowest > 0 ? (circuit.trials * backends.length * 1000) / slowest : Infinity;
    const lateMs = timeouts.connectMs + timeouts.firstByteMs + circuit.trialMs;
    return probesMs + lateMs + 2 * circuit.maxOpenForMs * JITTER + trials * trialMs + turnsMs + SLACK_MS;
  }

  #patienceOf(name: string): PoolPatience {
    let patience = this.#pools.get(name);
    if (patience === undefined) {
      patience = { lastPickMs: -Infinity, steadySinceMs: this.#world.nowMs, lookedMs: -Infinity };
      this.#pools.set(name, patience);
    }
    return patience;
  }
}
