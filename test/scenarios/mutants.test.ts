/** Every mutant must be caught: what never fails proves nothing. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drawScenario } from './generator.ts';
import { INVARIANTS, type InvariantName } from './invariants.ts';
import { MUTANTS, policiesOf, SHARED_STRATEGY, type Mutant } from './mutants.ts';
import { run, type Failure } from './world.ts';

/** Twice as many as the rarest takes. */
const SCENARIOS_MAX = 500;

/** The first run in which one of the invariants fails that should, and what failed before it. */
function hunt(mutant: Mutant): { caught: Failure | null; scenarios: number; before: readonly string[] } {
  const policies = policiesOf(mutant);
  const before: string[] = [];
  for (let seed = 1; seed <= SCENARIOS_MAX; seed++) {
    const { failure } = run(mutant.scenario ?? drawScenario(seed), { policies });
    if (failure !== null && mutant.caughtBy.includes(failure.invariant))
      return { caught: failure, scenarios: seed, before };
    if (failure !== null) before.push(failure.invariant);
    if (mutant.scenario !== undefined) break;
  }
  return { caught: null, scenarios: SCENARIOS_MAX, before };
}

describe('a policy that is broken on purpose is caught', () => {
  for (const mutant of MUTANTS)
    test(mutant.name, (t) => {
      const { caught, scenarios, before } = hunt(mutant);
      assert.ok(caught !== null, `not within ${scenarios} scenarios, in which failed: ${before.join() || 'nothing'}`);
      t.diagnostic(`${caught.invariant} after ${scenarios} scenarios`);
    });
});

test('their own scenarios are fine with the real policies', () => {
  for (const { scenario } of MUTANTS) if (scenario !== undefined) assert.equal(run(scenario).failure, null);
  assert.equal(run(SHARED_STRATEGY).failure, null);
});

/** Held by the model of an exchange itself: no policy that is handed in can break them. */
const OF_THE_MODEL: readonly InvariantName[] = [
  'ends-once',
  'deadline-kept',
  'blames-fairly',
  'counts-return',
  'comes-to-rest',
  'nothing-thrown',
  'circuits-decodable',
  'streaks-exact',
  'events-arrive',
];

test('every invariant is named as the one that catches some mutant, or is of the model', () => {
  const named = new Set<string>([...MUTANTS.flatMap(({ caughtBy }) => caughtBy), ...OF_THE_MODEL]);
  assert.deepEqual(
    Object.keys(INVARIANTS).filter((name) => !named.has(name)),
    [],
  );
});
