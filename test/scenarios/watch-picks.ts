/**
 * Picks, held to the rules of core/balancing as they are written down here a second time: who is a candidate, in plain loops
 * over the tables, without epochs, wakes or subsets.
 */
import { ALL_FULL, ALL_OPEN, ALL_TRIED, NO_BACKEND, TRIAL_GRACE_MS } from '#core/balancing/selector.ts';
import { AdminState, HealthState } from '#core/health-state.ts';
import { CircuitState, stateOf } from '#core/health/circuit.ts';
import type { CircuitPlan } from '#core/plan-failures.ts';
import { ensure } from './invariants.ts';
import type { PoolTwin } from './pool-twin.ts';
import type { Asked } from './watch.ts';
import type { World } from './world.ts';

/** A member's standing: it takes part; is not called down by probes; is called well; its circuit is closed. */
const TAKES = 1;
const NOT_DOWN = 2;
const WELL = 4;
const CLOSED = 8;
const ELIGIBLE = TAKES | NOT_DOWN | WELL | CLOSED;
/** Last resorts are looked at anew so often at least. */
const LATE_MS = 1_500;
/** A window of eighths covers between this share of itself and all. */
const WINDOW_LEAST = 0.87;

const SERVING: ReadonlySet<number> = new Set([HealthState.healthy, HealthState.falling, HealthState.unchecked]);

export class PickWatch {
  readonly #world: World;
  /** Of the present pick, by slot: standing, and whether there is room. */
  readonly standing: Uint8Array;
  readonly free: Uint8Array;
  /** The candidates by these rules: of the lowest tier that has any. */
  readonly candidates = new Set<number>();
  panic = false;
  resort = false;
  #barred = 0;
  readonly #panicking = new Map<PoolTwin, boolean>();

  constructor(world: World) {
    this.#world = world;
    this.standing = new Uint8Array(world.scenario.slots);
    this.free = new Uint8Array(world.scenario.slots);
  }

  onPanic(pool: PoolTwin, panic: boolean): void {
    const was = this.#panicking.get(pool) ?? false;
    ensure(panic !== was, 'panics-below-threshold', () => `told of panic ${panic} twice`);
    this.#panicking.set(pool, panic);
    this.#world.coverage.hit(panic ? 'panic began' : 'panic ended');
  }

  /** Works out who may be picked now. */
  remember(pool: PoolTwin): void {
    let taking = 0;
    let notDown = 0;
    let eligible = 0;
    this.#barred = 0;
    for (const { slot } of pool.plan.backends) {
      const standing = this.#standingOf(pool, slot);
      this.standing[slot] = standing;
      this.free[slot] = this.#world.watch.exchanges.total(slot) < pool.plan.limits.inFlight ? 1 : 0;
      if ((standing & TAKES) !== 0) taking += 1;
      if ((standing & NOT_DOWN) === 0) continue;
      notDown += 1;
      if ((standing & CLOSED) === 0) this.#barred += 1;
      if ((standing & ELIGIBLE) === ELIGIBLE) eligible += 1;
    }
    this.panic = this.#barred > 0 && notDown > eligible && eligible < pool.plan.panicThreshold * taking;
    this.#choose(pool);
  }

  check(pool: PoolTwin, asked: Asked, slot: number): void {
    const { panic } = pool.selector;
    ensure(
      panic === this.panic,
      'panics-below-threshold',
      () => `${panic ? 'panics' : 'does not panic'} ${this.#say(pool)}`,
    );
    if (slot < 0) this.#checkRefusal(pool, asked, slot);
    else {
      const known = pool.plan.backends.some((backend) => backend.slot === slot);
      ensure(known, 'picks-members', () => `picked ${slot} ${this.#say(pool)}`);
      ensure(pool.stillHas(slot), 'picks-members', () => `picked ${slot}, which is another backend's row by now`);
      if (pool.selector.trial) this.#checkTrial(pool, asked, slot);
      else this.#checkPick(pool, asked, slot);
    }
  }

  /** Whether operators let it take part. */
  takesPart(slot: number): boolean {
    const { slots } = this.#world.tables;
    return slots.admin[slot] === AdminState.active && (slots.weight[slot] as number) > 0;
  }

  /** Whether it takes part and probes call it well. */
  isWell(slot: number): boolean {
    return this.takesPart(slot) && SERVING.has(this.#world.tables.slots.health[slot] as HealthState);
  }

  #standingOf(pool: PoolTwin, slot: number): number {
    const { slots } = this.#world.tables;
    if (!this.takesPart(slot) || !pool.stillHas(slot)) return 0;
    const health = slots.health[slot] as HealthState;
    const closed = pool.circuits === null || stateOf(slotWord(this.#world, slot)) === CircuitState.closed;
    let standing = TAKES | (closed ? CLOSED : 0);
    if (SERVING.has(health)) standing |= WELL | NOT_DOWN;
    if (health === HealthState.unknown) standing |= NOT_DOWN;
    return standing;
  }

  #choose(pool: PoolTwin): void {
    this.resort = false;
    if (this.panic) this.#collect(pool, (slot) => (this.standing[slot]! & NOT_DOWN) !== 0);
    else {
      this.#collect(pool, (slot) => this.standing[slot] === ELIGIBLE);
      if (this.candidates.size > 0) return;
      const unprobed = TAKES | NOT_DOWN | CLOSED;
      this.#collect(pool, (slot) => this.standing[slot] === unprobed);
      if (this.candidates.size > 0 || this.#barred > 0 || pool.plan.circuit === null) return;
      this.resort = true;
      const { windowMs } = pool.plan.circuit;
      this.#collect(
        pool,
        (slot) =>
          (this.standing[slot]! & TAKES) !== 0 && this.#world.watch.circuits.goodWithin(slot, windowMs + LATE_MS),
      );
    }
  }

  #collect(pool: PoolTwin, serves: (slot: number) => boolean): void {
    let lowest = Infinity;
    this.candidates.clear();
    for (const { slot, tier } of pool.plan.backends) {
      if (!serves(slot) || tier > lowest) continue;
      if (tier < lowest) this.candidates.clear();
      lowest = tier;
      this.candidates.add(slot);
    }
  }

  #checkPick(pool: PoolTwin, { tried, again }: Asked, slot: number): void {
    const { coverage } = this.#world;
    const standing = this.standing[slot]!;
    ensure((standing & TAKES) !== 0, 'obeys-operators', () => `picked ${slot} ${this.#say(pool)}`);
    ensure(this.free[slot] === 1, 'spares-full', () => `picked ${slot} ${this.#say(pool)}`);
    const candidate = this.candidates.has(slot);
    const eligible = standing === ELIGIBLE;
    if (this.resort) this.#checkResort(pool, slot);
    ensure(this.resort || candidate || eligible, 'avoids-ineligible', () => `picked ${slot} ${this.#say(pool)}`);
    const inTier = this.#untried(pool, tried, true);
    if (!candidate && !this.resort) {
      const spent = tried.count > 0 && inTier === 0;
      ensure(spent, 'lowest-tier', () => `picked ${slot} though ${inTier} of its tier are untried ${this.#say(pool)}`);
      coverage.hit('retry in another tier');
    }
    if (tried.has(slot)) {
      const untried = inTier + this.#untried(pool, tried, false);
      ensure(
        again && untried === 0,
        'prefers-untried',
        () => `picked ${slot}, tried; ${untried} untried ${this.#say(pool)}`,
      );
      if (slot === tried.last) {
        const other = [...this.candidates].find(
          (one) => one !== slot && this.free[one] === 1 && (!this.resort || this.#surelyAnswers(pool, one)),
        );
        ensure(other === undefined, 'prefers-untried', () => `picked ${slot}, which failed last, not ${other}`);
      }
      coverage.hit('retry where it was');
    } else if (tried.count > 0) coverage.hit('retry elsewhere');
    if (this.panic && (standing & CLOSED) === 0) coverage.hit('panic pick');
    if (!this.panic && !this.resort && !eligible) coverage.hit('unprobed pick');
    if (pool.plan.backends.some((one) => one.slot === slot && one.tier > 0)) coverage.hit('tier above 0');
    if (tried.count === 0 && [...this.candidates].some((one) => this.free[one] === 0)) coverage.hit('pick narrowed');
  }

  #checkResort(pool: PoolTwin, slot: number): void {
    const { windowMs } = pool.plan.circuit as CircuitPlan;
    const answers = this.#world.watch.circuits.goodWithin(slot, windowMs + LATE_MS);
    ensure(answers, 'last-resort-answers', () => `picked ${slot} ${this.#say(pool)}`);
    this.#world.coverage.hit('last resort');
  }

  #checkTrial(pool: PoolTwin, { tried, repeatable }: Asked, slot: number): void {
    const standing = this.standing[slot]!;
    ensure((standing & TAKES) !== 0, 'obeys-operators', () => `trial at ${slot} ${this.#say(pool)}`);
    ensure(
      (standing & NOT_DOWN) !== 0 && (standing & CLOSED) === 0,
      'avoids-ineligible',
      () => `trial at ${slot} ${this.#say(pool)}`,
    );
    ensure(this.free[slot] === 1, 'spares-full', () => `trial at ${slot}, full`);
    ensure(!tried.has(slot), 'prefers-untried', () => `trial at ${slot}, tried`);
    if (pool.definition.key !== null) this.#world.coverage.hit('keyed trial');
    if (repeatable) return;
    this.#world.coverage.hit('unsafe trial');
    const dueMs = this.#world.watch.circuits.dueSinceMs(pool, slot);
    ensure(
      dueMs >= TRIAL_GRACE_MS - 1,
      'opens-long-enough',
      () => `trial at ${slot} with a request that cannot be made again, due for ${dueMs} ms`,
    );
  }

  #checkRefusal(pool: PoolTwin, { tried, again }: Asked, why: number): void {
    const say = (): string => `refused with ${why} ${this.#say(pool)}`;
    if (why === NO_BACKEND) {
      ensure(this.candidates.size === 0 || this.resort, 'refuses-with-reason', say);
      ensure(this.#barred === 0, 'refuses-with-reason', say);
      this.#world.coverage.hit('refused: no backend');
    } else if (why === ALL_OPEN) {
      ensure(this.candidates.size === 0 && this.#barred > 0, 'refuses-with-reason', say);
      this.#world.coverage.hit('refused: all open');
    } else if (why === ALL_FULL) {
      // Which of those that are called down count as answering is known to a moment only.
      const full = [...this.candidates].every((slot) => this.free[slot] === 0);
      ensure(this.resort || (full && this.candidates.size > 0), 'refuses-with-reason', say);
      if (tried.count > 0) ensure(this.#untried(pool, tried, false) === 0, 'refuses-with-reason', say);
      this.#world.coverage.hit('refused: all full');
    } else {
      ensure(why === ALL_TRIED && !again, 'refuses-with-reason', say);
      const untried = this.#untried(pool, tried, true) + this.#untried(pool, tried, false);
      ensure(this.resort || untried === 0, 'refuses-with-reason', say);
    }
  }

  /** Untried ones with room: candidates, or eligible ones elsewhere. */
  #untried(pool: PoolTwin, tried: Asked['tried'], among: boolean): number {
    let count = 0;
    for (const { slot } of pool.plan.backends) {
      if (this.free[slot] === 0 || tried.has(slot)) continue;
      if (this.resort && !this.#surelyAnswers(pool, slot)) continue;
      if (among ? this.candidates.has(slot) : this.standing[slot] === ELIGIBLE && !this.candidates.has(slot))
        count += 1;
    }
    return count;
  }

  /** Whether it counted as answering when last looked at, too. */
  #surelyAnswers(pool: PoolTwin, slot: number): boolean {
    const { windowMs } = pool.plan.circuit as CircuitPlan;
    return this.#world.watch.circuits.goodWithin(slot, WINDOW_LEAST * windowMs - LATE_MS);
  }

  #say(pool: PoolTwin): string {
    const rows = pool.plan.backends.map(
      ({ slot, tier }) =>
        `${slot}:${this.standing[slot]}${this.free[slot] === 1 ? '' : ' full'}${tier > 0 ? ` tier ${tier}` : ''}`,
    );
    const panic = this.panic ? ' panic' : '';
    return `(pool ${pool.plan.name} worker ${pool.worker.row}; standings ${rows.join(', ')}; candidates ${[...this.candidates].join()}${panic})`;
  }
}

function slotWord(world: World, slot: number): number {
  return world.tables.circuits.words[slot] as number;
}
