/** Every mutant must be caught: what never fails proves nothing. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drawScenario } from './generator.ts';
import { INVARIANTS, type InvariantName } from './invariants.ts';
import { MUTANTS, policiesOf, SHARED_STRATEGY, type Mutant } from './mutants.ts';
import { run, type Result } from './world.ts';

/** Twice as many as the rarest takes. */
const SCENARIOS_MAX = 500;

/** The first run in which something fails, and after how many. */
function hunt(mutant: Mutant): { result: Result; scenarios: number } | null {
  const policies = policiesOf(mutant);
  if (mutant.scenario !== undefined) return { result: run(mutant.scenario, { policies }), scenarios: 1 };
  for (let seed = 1; seed <= SCENARIOS_MAX; seed++) {
    const result = run(drawScenario(seed), { policies });
    if (result.failure !== null) return { result, scenarios: seed };
  }
  return null;
}

describe('a policy that is broken on purpose is caught', () => {
  for (const mutant of MUTANTS)
    test(mutant.name, (t) => {
      const caught = hunt(mutant);
      assert.ok(caught !== null, `not within ${SCENARIOS_MAX} scenarios`);
      const { failure } = caught.result;
      assert.ok(failure !== null, 'its own scenario does not show it');
      t.diagnostic(`${failure.invariant} after ${caught.scenarios} scenarios`);
      assert.ok(mutant.caughtBy.includes(failure.invariant), `${failure.invariant}: ${failure.detail}`);
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
