/**
 * Circuits, held to what a word may do: every word is compared before and after every pick and every end of an attempt, and
 * must have changed as the rules, written down again here, allow; each change must have been told of, and nothing else.
 */
import * as circuit from '#core/health/circuit.ts';
import { CircuitState } from '#core/health/circuit.ts';
import { CircuitCause, type CircuitEvent } from '#core/health/circuits.ts';
import { isFailure, Outcome } from '#core/outcome.ts';
import type { CircuitPlan } from '#core/plan-failures.ts';
import { EventKind, type Event } from '#memory/event-ring.ts';
import { ensure, type InvariantName } from './invariants.ts';
import { Memories } from './circuit-memories.ts';
import { describe, openMsLeast, plannedMs } from './circuit-words.ts';
import type { PoolTwin } from './pool-twin.ts';
import type { Said } from './watch.ts';
import type { World } from './world.ts';

/** Whole milliseconds in shared memory: times are known to that. */
const ROUNDED_MS = 1.5;
const LEVEL_MAX = 31;
const GENERATIONS = 0x800;
/** The window goes by eighths, of which the oldest is cut off and the newest may be a worker's that is a little ahead. */
const WINDOW_MORE = 1.126;

export class CircuitWatch {
  readonly #world: World;
  readonly #words: Int32Array;
  readonly #before: Int32Array;
  readonly #lock: Int32Array;
  readonly #elsewhere: Int32Array;
  readonly #memories: Memories;
  /** Told during the present step, and on their way to the supervisor. */
  #told: CircuitEvent[] = [];
  readonly #onWay: CircuitEvent[] = [];

  constructor(world: World) {
    this.#world = world;
    const { circuits } = world.tables;
    this.#words = circuits.words;
    this.#lock = circuits.lock;
    this.#elsewhere = circuits.elsewhere;
    this.#before = new Int32Array(world.scenario.slots);
    this.#memories = new Memories(world.scenario.slots);
  }

  onEvent(event: CircuitEvent): void {
    this.#told.push(event);
    this.#onWay.push(event);
    const { slot, state, cause, failures, attempts } = event;
    this.#world.tables.events.put(EventKind.circuit, slot, state, cause, failures, attempts);
    this.#world.supervisor.lookSoon();
  }

  onArrived(event: Event): void {
    const sent = this.#onWay.shift();
    const same =
      sent !== undefined &&
      event.subject === sent.slot &&
      event.state === sent.state &&
      event.cause === sent.cause &&
      event.failures === sent.failures &&
      event.attempts === sent.attempts;
    ensure(same, 'events-arrive', () => `${JSON.stringify(sent)} was told, ${JSON.stringify(event)} arrived`);
  }

  /** The slot goes to another backend. */
  onCleared(slot: number): void {
    this.#before[slot] = this.#words[slot]!;
    this.#memories.clear(slot);
  }

  goodWithin(slot: number, windowMs: number): boolean {
    return this.#world.nowMs - this.#memories.goodMs[slot]! <= windowMs;
  }

  closed(slot: number): boolean {
    return circuit.stateOf(this.#words[slot]!) === CircuitState.closed;
  }

  /** For how long a slot has been due for a trial, as of before the present step. */
  dueSinceMs(pool: PoolTwin, slot: number): number {
    const plan = pool.plan.circuit as CircuitPlan;
    const word = this.#before[slot]!;
    const lastedMs = this.#world.nowMs - this.#memories.sinceMs[slot]!;
    if (circuit.stateOf(word) === CircuitState.open) return lastedMs - openMsLeast(word, plan);
    const room = circuit.trialsOf(word) + circuit.goodOf(word) < plan.trials;
    return room ? this.#world.nowMs - this.#memories.trialMs[slot]! : lastedMs - plan.trialMs;
  }

  /** A step begins. */
  remember(): void {
    this.checkUntouched();
    this.#told = [];
  }

  afterTake(pool: PoolTwin, slot: number): void {
    const { trial } = pool.selector;
    for (let at = 0; at < this.#words.length; at++) {
      if (this.#words[at] === this.#before[at]) continue;
      ensure(trial && at === slot, 'circuits-change-by-rule', () => `a pick changed ${this.#say(at)}`);
    }
    if (trial && slot >= 0) this.#checkTrialTaken(pool, slot);
    else this.#expectTold([], slot);
    if (slot >= 0 && pool.circuits !== null)
      ensure(
        pool.selector.permit === this.#words[slot],
        'late-results-count-nothing',
        () => `the permit is not the word of ${slot}`,
      );
    this.#before.set(this.#words);
  }

  afterEnd(pool: PoolTwin, said: Said | null): void {
    const slot = said?.slot ?? -1;
    for (let at = 0; at < this.#words.length; at++)
      ensure(
        at === slot || this.#words[at] === this.#before[at],
        'circuits-change-by-rule',
        () => `an end changed ${this.#say(at)}`,
      );
    if (said === null) {
      this.#expectTold([], 0);
      return;
    }
    const { outcome } = said;
    this.#world.coverage.hit(isFailure(outcome) ? 'failures' : 'successes');
    if (pool.plan.circuit === null) this.#expectSame('circuits-change-by-rule', slot);
    else if (said.trial) this.#checkTrialEnd(pool.plan.circuit, said);
    else this.#checkEnd(pool, pool.plan.circuit, said);
    this.#checkDecodable(slot);
    this.#before.set(this.#words);
  }

  /** Nothing but picks, ends and a change of hands changes words, and only a dead worker keeps the lock. */
  checkUntouched(): void {
    const holder = this.#lock[0]! - 1;
    const freed = holder < 0 || this.#world.supervisor.unnoticed.has(holder);
    if (!freed) ensure(false, 'lock-freed', () => `worker ${holder} holds it`);
    const words = this.#words;
    const before = this.#before;
    for (let at = 0; at < words.length; at++)
      if (words[at] !== before[at]) ensure(false, 'circuits-change-by-rule', () => `of itself, ${this.#say(at)}`);
  }

  atRest(): void {
    ensure(this.#onWay.length === 0, 'events-arrive', () => `${this.#onWay.length} events did not arrive`);
  }

  #checkTrialTaken(pool: PoolTwin, slot: number): void {
    const plan = pool.plan.circuit as CircuitPlan;
    const before = this.#before[slot]!;
    const after = this.#words[slot]!;
    const { nowMs, coverage } = this.#world;
    const memories = this.#memories;
    const say = (): string => this.#say(slot);
    const dueMs = this.dueSinceMs(pool, slot);
    const moved = circuit.generationOf(after) !== circuit.generationOf(before);
    ensure(circuit.stateOf(after) === CircuitState.halfOpen, 'circuits-change-by-rule', say);
    ensure(circuit.levelOf(after) === circuit.levelOf(before), 'circuits-change-by-rule', say);
    if (!moved) {
      ensure(circuit.stateOf(before) === CircuitState.halfOpen, 'generations-move', say);
      ensure(circuit.trialsOf(before) + circuit.goodOf(before) < plan.trials, 'trials-bounded', say);
      ensure(circuit.goodOf(after) === circuit.goodOf(before), 'circuits-change-by-rule', say);
      memories.trials[slot]! += 1;
      coverage.hit('trial more than one');
      this.#expectTold([], slot);
    } else {
      this.#expectNextGeneration(slot);
      ensure(dueMs >= -ROUNDED_MS, 'opens-long-enough', () => `${say()}: due in ${-dueMs} ms`);
      const lost = circuit.stateOf(before) === CircuitState.halfOpen;
      ensure(circuit.goodOf(after) === 0, 'trials-bounded', say);
      memories.trials[slot] = 1;
      memories.sinceMs[slot] = nowMs;
      coverage.hit(lost ? 'half-open: trial lost' : 'half-open: due');
      this.#expectTold(
        [{ state: CircuitState.halfOpen, cause: lost ? CircuitCause.trialLost : CircuitCause.due }],
        slot,
      );
    }
    memories.trialMs[slot] = nowMs;
    if (!moved) memories.sinceMs[slot] = nowMs;
    ensure(
      circuit.trialsOf(after) === memories.trials[slot],
      'trials-bounded',
      () => `${say()}; ${memories.trials[slot]} go on`,
    );
  }

  #checkTrialEnd(plan: CircuitPlan, { slot, permit, outcome }: Said): void {
    const before = this.#before[slot]!;
    const after = this.#words[slot]!;
    const memories = this.#memories;
    const say = (): string => this.#say(slot);
    const mine =
      circuit.stateOf(before) === CircuitState.halfOpen &&
      circuit.generationOf(before) === circuit.generationOf(permit);
    if (!mine) {
      this.#world.coverage.hit('late result');
      this.#expectSame('late-results-count-nothing', slot);
      return;
    }
    memories.trials[slot]! -= 1;
    const good = circuit.goodOf(before);
    const level = circuit.levelOf(before);
    if (isFailure(outcome)) {
      this.#expectMoved(slot, CircuitState.open, Math.min(LEVEL_MAX, level + 1));
      this.#expectTold([{ state: CircuitState.open, cause: CircuitCause.trialFailed }], slot);
      this.#world.coverage.hit('open: trial failed');
    } else if (outcome !== Outcome.cancelled && good + 1 >= plan.trials) {
      this.#expectMoved(slot, CircuitState.closed, level);
      this.#expectTold([{ state: CircuitState.closed, cause: CircuitCause.recovered }], slot);
      this.#world.coverage.hit('closed: recovered');
    } else {
      if (outcome === Outcome.cancelled) this.#world.coverage.hit('trial cancelled');
      const goodNow = good + (outcome === Outcome.cancelled ? 0 : 1);
      ensure(circuit.stateOf(after) === CircuitState.halfOpen, 'circuits-change-by-rule', say);
      ensure(circuit.generationOf(after) === circuit.generationOf(before), 'generations-move', say);
      ensure(circuit.goodOf(after) === goodNow, 'trials-bounded', say);
      ensure(circuit.trialsOf(after) === memories.trials[slot], 'trials-bounded', say);
      this.#expectTold([], slot);
    }
  }

  #checkEnd(pool: PoolTwin, plan: CircuitPlan, { slot, permit, outcome }: Said): void {
    const before = this.#before[slot]!;
    const after = this.#words[slot]!;
    const memories = this.#memories;
    const late =
      circuit.stateOf(before) !== CircuitState.closed || circuit.generationOf(before) !== circuit.generationOf(permit);
    if (late || outcome === Outcome.cancelled) {
      if (late) this.#world.coverage.hit('late result');
      this.#expectSame(late ? 'late-results-count-nothing' : 'circuits-change-by-rule', slot);
      return;
    }
    const failed = isFailure(outcome);
    memories.count(slot, failed, this.#world.nowMs, plan.windowMs);
    if (!failed) {
      this.#expectStreak(slot, 0);
      this.#expectTold([], slot);
      return;
    }
    const streak = memories.streak[slot]!;
    const due = streak >= plan.consecutiveFailures || this.#elsewhere[slot]! > 0;
    const forbidden = this.#whyNot(pool, plan, slot);
    const held = this.#lock[0] !== 0;
    if (circuit.stateOf(after) === CircuitState.open) {
      ensure(forbidden !== CircuitCause.last, 'last-one-stays', () => this.#say(slot));
      ensure(forbidden === null, 'max-open', () => this.#say(slot));
      this.#checkOpened(plan, slot, streak >= plan.consecutiveFailures);
      return;
    }
    this.#expectStreak(slot, Math.min(circuit.STREAK_MAX, streak));
    const excused = !due || forbidden !== null || held;
    ensure(excused, 'opens-when-due', () => `${this.#say(slot)} after ${streak} failures in a row`);
    if (due && held) this.#world.coverage.hit('opening left to the next');
    if (forbidden === null || held || streak !== plan.consecutiveFailures) this.#expectTold([], slot);
    else {
      this.#expectTold([{ state: CircuitState.closed, cause: forbidden }], slot);
      this.#world.coverage.hit(forbidden === CircuitCause.last ? 'held: last' : 'held: max open');
    }
  }

  #checkOpened(plan: CircuitPlan, slot: number, due: boolean): void {
    const before = this.#before[slot]!;
    const memories = this.#memories;
    const { nowMs, coverage } = this.#world;
    const told = this.#told[0];
    const cause = told?.cause ?? CircuitCause.streak;
    const closedMs = nowMs - memories.sinceMs[slot]!;
    const level = circuit.levelOf(before);
    const heldMs = Math.max(plan.windowMs, plannedMs(before, plan));
    const grown = Math.min(LEVEL_MAX, level + 1);
    const after = circuit.levelOf(this.#words[slot]!);
    const anew = level === 0 || closedMs > heldMs + ROUNDED_MS;
    const goesOn = level > 0 && closedMs < heldMs - ROUNDED_MS;
    const levels = anew ? [1] : goesOn ? [grown] : [1, grown];
    ensure(
      levels.includes(after),
      'opens-long-enough',
      () => `${this.#say(slot)}: closed for ${closedMs} ms, not ${heldMs}`,
    );
    if (cause === CircuitCause.streak)
      ensure(due, 'opens-for-cause', () => `${this.#say(slot)}: ${memories.streak[slot]} in a row`);
    else if (cause === CircuitCause.elsewhere)
      ensure(this.#elsewhere[slot]! > 0, 'opens-for-cause', () => `${this.#say(slot)}: nobody says so`);
    else {
      const fromMs = Math.max(
        nowMs - plan.windowMs * WINDOW_MORE,
        level === 0 ? -Infinity : memories.sinceMs[slot]! - ROUNDED_MS,
      );
      const { attempts, failures } = memories.since(slot, fromMs);
      const borne =
        told !== undefined &&
        told.attempts <= attempts &&
        told.failures <= failures &&
        told.attempts >= plan.minRequests &&
        (cause === CircuitCause.outlier ? plan.outlier : told.failures >= plan.failureRatio * told.attempts);
      ensure(borne, 'opens-for-cause', () => `${JSON.stringify(told)}, but ${failures} of ${attempts} failed`);
    }
    this.#expectMoved(slot, CircuitState.open, after);
    this.#expectTold([{ state: CircuitState.open, cause }], slot);
    if (cause === CircuitCause.streak) coverage.hit('open: streak');
    if (cause === CircuitCause.elsewhere) coverage.hit('open: elsewhere');
    if (cause === CircuitCause.ratio) coverage.hit('open: ratio');
    if (cause === CircuitCause.outlier) coverage.hit('open: outlier');
  }

  /** What speaks against opening a circuit, as of before the step. */
  #whyNot(pool: PoolTwin, plan: CircuitPlan, slot: number): CircuitCause | null {
    const { picks } = this.#world.watch;
    let members = 0;
    let out = 0;
    let eligible = 0;
    for (const { slot: other } of pool.plan.backends) {
      if (!picks.takesPart(other) || !pool.stillHas(other)) continue;
      members += 1;
      if (circuit.stateOf(this.#before[other]!) !== CircuitState.closed) out += 1;
      else if (other !== slot && picks.isWell(other)) eligible += 1;
    }
    if (eligible === 0) return CircuitCause.last;
    return out + 1 > Math.max(1, Math.floor(plan.maxOpen * members)) ? CircuitCause.maxOpen : null;
  }

  #expectMoved(slot: number, state: CircuitState, level: number): void {
    const after = this.#words[slot]!;
    const say = (): string => this.#say(slot);
    this.#expectNextGeneration(slot);
    ensure(circuit.stateOf(after) === state && circuit.levelOf(after) === level, 'circuits-change-by-rule', say);
    ensure(circuit.streakOf(after) === 0, 'streaks-exact', say);
    this.#memories.moved(slot, this.#world.nowMs);
  }

  #expectNextGeneration(slot: number): void {
    const next = (circuit.generationOf(this.#before[slot]!) + 1) % GENERATIONS;
    ensure(circuit.generationOf(this.#words[slot]!) === next, 'generations-move', () => this.#say(slot));
  }

  #expectSame(invariant: InvariantName, slot: number): void {
    ensure(this.#words[slot] === this.#before[slot], invariant, () => this.#say(slot));
    this.#expectTold([], slot);
  }

  #expectStreak(slot: number, streak: number): void {
    const before = this.#before[slot]!;
    const after = this.#words[slot]!;
    const say = (): string => `${this.#say(slot)}; ${streak} in a row`;
    ensure(circuit.generationOf(before) === circuit.generationOf(after), 'generations-move', say);
    ensure(circuit.stateOf(after) === CircuitState.closed, 'circuits-change-by-rule', say);
    ensure(circuit.levelOf(after) === circuit.levelOf(before), 'circuits-change-by-rule', say);
    ensure(circuit.streakOf(after) === streak, 'streaks-exact', say);
  }

  #expectTold(expected: readonly { readonly state: CircuitState; readonly cause: CircuitCause }[], slot: number): void {
    const same =
      this.#told.length === expected.length &&
      this.#told.every((event, at) => {
        const { state, cause } = expected[at]!;
        return event.slot === slot && event.state === state && event.cause === cause;
      });
    ensure(
      same,
      'events-match',
      () => `${this.#say(slot)}: told ${JSON.stringify(this.#told)}, not ${JSON.stringify(expected)}`,
    );
  }

  #checkDecodable(slot: number): void {
    const word = this.#words[slot]!;
    const say = (): string => this.#say(slot);
    const state = circuit.stateOf(word) as number;
    ensure(state <= CircuitState.halfOpen, 'circuits-decodable', say);
    if (state === CircuitState.closed) ensure(circuit.streakOf(word) <= circuit.STREAK_MAX, 'circuits-decodable', say);
    else ensure(circuit.levelOf(word) >= 1, 'circuits-decodable', say);
    if (state === CircuitState.open) ensure(circuit.streakOf(word) === 0, 'circuits-decodable', say);
    const used = circuit.trialsOf(word) + circuit.goodOf(word);
    if (state === CircuitState.halfOpen) ensure(used <= circuit.TRIALS_MAX, 'circuits-decodable', say);
  }

  #say(slot: number): string {
    return `slot ${slot}: ${describe(this.#before[slot]!)} became ${describe(this.#words[slot]!)}`;
  }
}
