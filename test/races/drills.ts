/**
 * What one thread does to tables that others hammer at the same time. Each drill is a loop without a pause, and returns what it
 * counted; races.ts starts the threads at one moment and adds up.
 */
import { Members } from '#core/balancing/members.ts';
import { Selector } from '#core/balancing/selector.ts';
import { UNTRIED } from '#core/balancing/tried.ts';
import { CircuitState, generationOf, stateOf } from '#core/health/circuit.ts';
import { CircuitCause, Circuits } from '#core/health/circuits.ts';
import { RetryBudget } from '#core/limits/retry-budget.ts';
import { createPrng } from '#core/math/prng.ts';
import { Outcome } from '#core/outcome.ts';
import type { CircuitPlan } from '#core/plan-failures.ts';
import { EventKind } from '#memory/event-ring.ts';
import { CIRCUIT, takenAt } from '../support/small-pool.ts';
import type { TablesTwin } from '../scenarios/tables-twin.ts';

export const WORKERS = 4;
export const SLOTS = 10;
export const SIZES = { workers: WORKERS, slots: SLOTS, pools: 1 };
/** Cells that a drill may use besides the tables. */
export const SPARE_CELLS = 2048 * SLOTS;
/** Changes of one circuit, before its generations come round. */
export const CHANGES_MAX = 1_900;

export interface Thread {
  readonly tables: TablesTwin;
  readonly spare: Int32Array;
  readonly worker: number;
  readonly seed: number;
}
export type Counted = Readonly<Record<string, number>>;

export const BUDGET = { budgetShare: 0.25, budgetPerSecond: 100 };
export const BUDGET_ATTEMPTS = 4_000;
export const STREAK_EACH = 2_400;
export const IN_FLIGHT_MAX = 3;
export const TRIALS = 3;
export const QUEUE_MAX = 3;
export const EVENTS_EACH = 20_000;
const ROUNDS = 30_000;

function circuitsOf({ tables, worker }: Thread, plan: Partial<CircuitPlan>, onChange: () => void): Circuits {
  const members = new Members(
    Array.from({ length: SLOTS }, (_, slot) => ({ slot, tier: 0 })),
    tables.slots,
  );
  return new Circuits({ ...CIRCUIT, ...plan }, tables.circuits, members, worker, ({ cause }) => {
    if (cause !== CircuitCause.last && cause !== CircuitCause.maxOpen) onChange();
  });
}

/** Failures at one backend that never come to so many that it opens. */
function streaks(thread: Thread): Counted {
  const circuits = circuitsOf(thread, { consecutiveFailures: 10_000 }, () => {});
  for (let turn = 0; turn < STREAK_EACH; turn++) circuits.settle(3, circuits.permit(3), false, Outcome.reset, 5_000);
  return { failures: STREAK_EACH };
}

/** Failures everywhere, and no trial: who is opened stays so. */
function openings(thread: Thread): Counted {
  const random = createPrng(thread.seed);
  let changes = 0;
  const circuits = circuitsOf(thread, { maxOpen: 0.5, openForMs: 3_600_000, maxOpenForMs: 3_600_000 }, () => changes++);
  for (let turn = 0; turn < ROUNDS; turn++) {
    const slot = (random() * SLOTS) | 0;
    circuits.settle(slot, circuits.permit(slot), false, Outcome.timeout, 5_000);
  }
  return { changes };
}

/** Everything that may happen to circuits, on a clock that all threads push. `spare`: trials that count, by generation. */
function trials(thread: Thread): Counted {
  const { spare, tables } = thread;
  const random = createPrng(thread.seed);
  let changes = 0;
  let begun = 0;
  let tooMany = 0;
  const plan = { trials: TRIALS, consecutiveFailures: 2, openForMs: 10, maxOpenForMs: 20, trialMs: 1e9 };
  const circuits = circuitsOf(thread, plan, () => changes++);
  const clock = tables.pools.budget(0);
  for (let turn = 0; turn < ROUNDS; turn++) {
    const nowMs = 1_000_000 + (Atomics.add(clock, 0, 1) >> 2);
    const slot = (random() * SLOTS) | 0;
    const word = circuits.permit(slot);
    if (generationOf(word) >= CHANGES_MAX) break;
    if (stateOf(word) === CircuitState.closed) {
      circuits.settle(slot, word, false, Outcome.reset, nowMs);
      continue;
    }
    if (!circuits.takeTrial(slot, nowMs)) continue;
    begun += 1;
    const permit = circuits.trialPermit;
    const cell = slot * 2048 + generationOf(permit);
    if (Atomics.add(spare, cell, 1) >= TRIALS) tooMany += 1;
    const chance = random();
    if (chance < 0.2) Atomics.sub(spare, cell, 1);
    circuits.settle(slot, permit, true, chance < 0.2 ? Outcome.cancelled : chance < 0.4 ? Outcome.reset : 0, nowMs);
  }
  return { changes, begun, tooMany };
}

/** Attempts through selectors; `spare`: what is held at each slot by all threads. */
function attempts(thread: Thread): Counted {
  const { spare, tables, worker } = thread;
  const random = createPrng(thread.seed);
  const selector = new Selector({
    members: new Members(
      [0, 1].map((slot) => ({ slot, tier: 0 })),
      tables.slots,
    ),
    strategy: {
      update: () => {},
      pick: () => (random() * 2) | 0,
      pickAmong: (slots) => slots[0]!,
    },
    keyed: false,
    circuits: null,
    inFlightMax: IN_FLIGHT_MAX,
    panicThreshold: 0,
    worker,
    random,
    onPanic: () => {},
  });
  const held: number[] = [];
  let taken = 0;
  let tooMany = 0;
  for (let turn = 0; turn < ROUNDS; turn++) {
    if (held.length < 3 && random() < 0.6) {
      const slot = selector.take(0, 0, UNTRIED, true, true);
      if (slot < 0) continue;
      taken += 1;
      held.push(slot);
      if (Atomics.add(spare, slot, 1) >= IN_FLIGHT_MAX) tooMany += 1;
    } else {
      const slot = held.pop();
      if (slot === undefined) continue;
      Atomics.sub(spare, slot, 1);
      selector.settle(takenAt(slot), 1, Outcome.success, 0);
    }
  }
  for (const slot of held) {
    Atomics.sub(spare, slot, 1);
    selector.settle(takenAt(slot), 1, Outcome.success, 0);
  }
  return { taken, tooMany };
}

/** First attempts and retries on a clock that stands still. */
function retries({ tables }: Thread): Counted {
  const budget = new RetryBudget(BUDGET, tables.pools.budget(0));
  let taken = 0;
  for (let turn = 0; turn < BUDGET_ATTEMPTS; turn++) {
    budget.attempt();
    if (budget.take(7_000)) taken += 1;
  }
  return { taken };
}

/** Requests that stand in line and leave it. `spare[0]`: how many do. */
function lines({ tables, worker, spare, seed }: Thread): Counted {
  const random = createPrng(seed);
  let inLine = 0;
  let entered = 0;
  let tooMany = 0;
  for (let turn = 0; turn < ROUNDS; turn++) {
    if (random() < 0.5) {
      if (!tables.pools.enqueue(worker, 0, QUEUE_MAX)) continue;
      inLine += 1;
      entered += 1;
      if (Atomics.add(spare, 0, 1) >= QUEUE_MAX) tooMany += 1;
    } else if (inLine > 0) {
      inLine -= 1;
      Atomics.sub(spare, 0, 1);
      tables.pools.dequeue(worker, 0);
    }
  }
  for (; inLine > 0; inLine--) {
    Atomics.sub(spare, 0, 1);
    tables.pools.dequeue(worker, 0);
  }
  return { entered, tooMany };
}

/** Events, each of which shows by itself whether it is whole. */
function events({ tables, worker }: Thread): Counted {
  for (let number = 0; number < EVENTS_EACH; number++)
    tables.events.put(EventKind.circuit, worker, number, number ^ 0x5555, number * 3, worker * 1_000_003 + number);
  return { put: EVENTS_EACH };
}

export const DRILLS = { streaks, openings, trials, attempts, retries, lines, events };
export type DrillName = keyof typeof DRILLS;
