import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import * as circuit from './circuit.ts';
import { CircuitState } from './circuit.ts';

const PLAN = { openForMs: 1_000, maxOpenForMs: 30_000, windowMs: 10_000 };
const GENERATIONS = 2048;

/** What a word stands for, kept in the open. */
interface Model {
  state: CircuitState;
  level: number;
  generation: number;
  streak: number;
  trials: number;
  good: number;
}
type Step = 'fail' | 'succeed' | 'open' | 'openAnew' | 'due' | 'trial' | 'goodTrial' | 'lostClient';
const STEPS: readonly Step[] = ['fail', 'succeed', 'open', 'openAnew', 'due', 'trial', 'goodTrial', 'lostClient'];

function move(model: Model, state: CircuitState, level: number, trials = 0): void {
  Object.assign(model, { state, level, generation: (model.generation + 1) % GENERATIONS, streak: 0, trials, good: 0 });
}

/** Applies a step where it may be; the word after it, and the model with it. */
function apply(word: number, model: Model, step: Step, most: number): number {
  const closed = model.state === CircuitState.closed;
  const trying = model.state === CircuitState.halfOpen;
  const grown = Math.min(31, model.level + 1);
  switch (step) {
    case 'fail':
      if (!closed) return word;
      model.streak = Math.min(circuit.STREAK_MAX, model.streak + 1);
      return circuit.withFailure(word);
    case 'succeed':
      if (!closed) return word;
      model.streak = 0;
      return circuit.withSuccess(word);
    case 'open':
      move(model, CircuitState.open, grown);
      return circuit.opened(word, false);
    case 'openAnew':
      move(model, CircuitState.open, 1);
      return circuit.opened(word, true);
    case 'due':
      if (closed) return word;
      move(model, CircuitState.halfOpen, model.level, 1);
      return circuit.halfOpened(word);
    case 'trial':
      if (!trying || model.trials + model.good >= most) return word;
      model.trials += 1;
      return circuit.withTrial(word);
    case 'goodTrial':
      if (!trying || model.trials === 0) return word;
      if (model.good + 1 >= most) move(model, CircuitState.closed, model.level);
      else Object.assign(model, { trials: model.trials - 1, good: model.good + 1 });
      return circuit.withGoodTrial(word, most);
    case 'lostClient':
      if (!trying || model.trials === 0) return word;
      model.trials -= 1;
      return circuit.withoutTrial(word);
  }
}

function read(word: number): Model {
  const state = circuit.stateOf(word);
  return {
    state,
    level: circuit.levelOf(word),
    generation: circuit.generationOf(word),
    streak: state === CircuitState.halfOpen ? 0 : circuit.streakOf(word),
    trials: state === CircuitState.halfOpen ? circuit.trialsOf(word) : 0,
    good: state === CircuitState.halfOpen ? circuit.goodOf(word) : 0,
  };
}

describe('a word', () => {
  test('of 0 is a closed circuit without a past', () => {
    assert.deepEqual(read(0), { state: 0, level: 0, generation: 0, streak: 0, trials: 0, good: 0 });
  });

  test('always reads as what was done to it, in whatever order', () => {
    const steps = fc.array(fc.constantFrom(...STEPS), { maxLength: 400 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: circuit.TRIALS_MAX }), (sequence, most) => {
        const model: Model = { state: CircuitState.closed, level: 0, generation: 0, streak: 0, trials: 0, good: 0 };
        let word = 0;
        for (const step of sequence) {
          word = apply(word, model, step, most) | 0;
          assert.deepEqual(read(word), model, step);
        }
      }),
      { numRuns: 400 },
    );
  });

  test('counts as many failures and trials as plans allow, and no further', () => {
    let word = 0;
    for (let count = 0; count < circuit.STREAK_MAX + 5; count++) word = circuit.withFailure(word);
    assert.equal(circuit.streakOf(word), circuit.STREAK_MAX);
    assert.equal(circuit.stateOf(word), CircuitState.closed);
    assert.equal(read(circuit.withSuccess(word)).streak, 0);
    let trying = circuit.halfOpened(circuit.opened(0, false));
    for (let count = 1; count < circuit.TRIALS_MAX; count++) trying = circuit.withTrial(trying);
    assert.deepEqual([circuit.trialsOf(trying), circuit.goodOf(trying)], [circuit.TRIALS_MAX, 0]);
    for (let count = 1; count < circuit.TRIALS_MAX; count++) trying = circuit.withGoodTrial(trying, circuit.TRIALS_MAX);
    assert.deepEqual([circuit.trialsOf(trying), circuit.goodOf(trying)], [1, circuit.TRIALS_MAX - 1]);
    assert.equal(circuit.stateOf(circuit.withGoodTrial(trying, circuit.TRIALS_MAX)), CircuitState.closed);
  });

  test('comes round to the same generation only after 2048 changes', () => {
    let word = circuit.opened(0, true);
    const first = circuit.generationOf(word);
    for (let change = 1; change < GENERATIONS; change++) {
      word = change % 2 === 1 ? circuit.halfOpened(word) : circuit.opened(word, false);
      assert.notEqual(circuit.generationOf(word), first);
    }
    assert.equal(circuit.generationOf(circuit.halfOpened(word)), first);
  });
});

describe('open time', () => {
  const level = (openings: number): number => {
    let word = 0;
    for (let opening = 0; opening < openings; opening++) word = circuit.opened(word, false);
    return word;
  };

  test('doubles with each opening in a row up to the most, give or take a tenth', () => {
    for (const [openings, planned] of [
      [1, 1_000],
      [2, 2_000],
      [5, 16_000],
      [6, 30_000],
      [31, 30_000],
      [60, 30_000],
    ] as const) {
      const ms = circuit.openMs(level(openings), 7, PLAN);
      assert.ok(ms >= 0.9 * planned && ms <= 1.1 * planned, `${ms} after ${openings} openings`);
    }
  });

  test('is the same for whoever asks, and differs between backends that opened together', () => {
    const times = Array.from({ length: 100 }, (_, slot) => circuit.openMs(level(1), slot, PLAN));
    assert.deepEqual(
      times,
      Array.from({ length: 100 }, (_, slot) => circuit.openMs(level(1), slot, PLAN)),
    );
    assert.ok(new Set(times).size > 90);
    assert.ok(Math.max(...times) - Math.min(...times) > 150, 'they spread over the fifth that they may');
  });

  test('begins anew once the circuit has held for longer than it was out, and than the window', () => {
    assert.ok(circuit.opensAnew(0, 0, PLAN), 'the first one');
    const twice = circuit.opened(circuit.opened(0, false), false);
    assert.ok(!circuit.opensAnew(twice, 10_000, PLAN));
    assert.ok(circuit.opensAnew(twice, 10_001, PLAN));
    assert.ok(!circuit.opensAnew(level(6), 30_000, PLAN));
    assert.ok(circuit.opensAnew(level(6), 30_001, PLAN));
  });
});
