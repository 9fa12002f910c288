/**
 * Simulated failures: scenarios from fixed seeds, which are the same in every run, and from fresh ones, for a minute of one
 * core in all. A failure prints its seed, the smallest scenario that still fails, and the command that repeats it.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { STRATEGIES } from '#core/strategies/index.ts';
import { Coverage } from './coverage.ts';
import { explore, reportOf, SEED_MAX, type Explored } from './exploration.ts';
import { drawScenario } from './generator.ts';
import { MUTANTS, policiesOf } from './mutants.ts';
import type { Scenario } from './scenario.ts';
import { shrink, sizeOf } from './shrink.ts';
import { run } from './world.ts';

/** The runner ends a test after a minute: four of a quarter each leave room on a machine that is busy otherwise. */
const EXPLORE_MS = 15_000;
/** On an idle core they take some ten seconds; on a busy one, as many as there is time for. */
const FIXED_SEEDS = 800;

const coverage = new Coverage();

function tell(t: TestContext, seed: number, { scenarios, steps, coverage: seen, failed }: Explored): void {
  t.diagnostic(`seeds ${seed} to ${(seed + scenarios - 1) % SEED_MAX}: ${scenarios} scenarios, ${steps} steps`);
  t.diagnostic(
    `${seen.of('attempts')} attempts, ${seen.of('retries')} retries, ${seen.of('hedges')} hedges, ` +
      `${seen.of('half-open: due')} trials, ${seen.of('worker deaths')} worker deaths`,
  );
  coverage.add(seen);
  if (failed !== null) assert.fail(failed.report);
}

describe('every invariant holds', () => {
  test('in fixed scenarios', (t) => {
    const untilMs = performance.now() + EXPLORE_MS;
    const goesOn = ({ scenarios }: Explored): boolean => scenarios < FIXED_SEEDS && performance.now() < untilMs;
    tell(t, 1, explore(1, { goesOn }));
  });

  for (const part of ['first', 'second', 'third'])
    test(`in fresh scenarios, ${part} part`, (t) => {
      const untilMs = performance.now() + EXPLORE_MS;
      const seed = Math.floor(Math.random() * SEED_MAX);
      tell(t, seed, explore(seed, { goesOn: () => performance.now() < untilMs }));
    });

  test('and everything rare has happened meanwhile', () => {
    assert.deepEqual(coverage.missing, [], 'the generator does not get there');
    const names = STRATEGIES.map(({ name }) => name);
    assert.deepEqual(
      names.filter((name) => !coverage.strategies.has(name)),
      [],
    );
  });
});

describe('a run', () => {
  test('is the same every time, byte for byte', () => {
    for (const seed of [3, 17, 42, 101, 2_000_000_000]) {
      const [one, two] = [0, 1].map(() => run(drawScenario(seed), { trace: true }));
      assert.equal(one!.traceLines.join('\n'), two!.traceLines.join('\n'), `seed ${seed}`);
      assert.deepEqual({ ...one, coverage: one!.coverage.counts }, { ...two, coverage: two!.coverage.counts });
      assert.ok(one!.traceLines.length > 0);
    }
  });

  test('does not depend on whether it is watched, nor on its scenario having been printed and read', () => {
    const scenario = drawScenario(42);
    const read = JSON.parse(JSON.stringify(scenario)) as Scenario;
    assert.equal(run(read).digest, run(scenario, { trace: true }).digest);
  });

  test('of another seed is another run', () => {
    const digests = new Set(Array.from({ length: 40 }, (_, seed) => run(drawScenario(seed)).digest));
    assert.equal(digests.size, 40);
  });
});

describe('a failure', () => {
  const mutant = MUTANTS.find(({ name }) => name.startsWith('maxOpen'))!;
  const policies = policiesOf(mutant);
  const failing = (): Scenario => {
    for (let seed = 1; ; seed++) if (run(drawScenario(seed), { policies }).failure !== null) return drawScenario(seed);
  };

  test('shrinks to a scenario that is much smaller and fails in the same way', () => {
    const scenario = failing();
    const failure = run(scenario, { policies }).failure!;
    const small = shrink(scenario, failure, { policies });
    assert.ok(sizeOf(small.scenario) < sizeOf(scenario) / 2, `${sizeOf(scenario)} to ${sizeOf(small.scenario)}`);
    assert.equal(run(small.scenario, { policies }).failure?.invariant, failure.invariant);
    assert.equal(run(small.scenario).failure, null, 'it is the mutant that fails');
  });

  test('is told with its seed and with a command that repeats it', () => {
    const scenario = failing();
    const report = reportOf(scenario, run(scenario, { policies }).failure!, { policies });
    assert.match(report, /^max-open: no circuit is opened beyond/);
    assert.ok(report.includes(`npm run simulate:faults -- --seed ${scenario.seed}\n`));
    const json = /--scenario '(.*)'/.exec(report)![1]!;
    assert.equal(run(JSON.parse(json) as Scenario, { policies }).failure?.invariant, 'max-open');
  });
});

describe('the command', () => {
  const command = (...args: string[]): { status: number | null; output: string } => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [
      join(import.meta.dirname, 'simulate-faults.ts'),
      ...args,
    ]);
    return { status, output: `${String(stdout)}${String(stderr)}` };
  };

  test('runs the scenario of a seed, or one that is given, and says what came of it', () => {
    const bySeed = command('--seed', '42');
    assert.equal(bySeed.status, 0, bySeed.output);
    assert.match(bySeed.output, /\d+ steps, \d+ attempts, digest [0-9a-f]+\nevery invariant held/);
    const given = command('--scenario', JSON.stringify(drawScenario(42)));
    assert.equal(given.output, bySeed.output);
  });

  test('explores for as long as it is told, and prints how often each rare thing happened', () => {
    const { status, output } = command('--seconds', '1', '--seed', '7');
    assert.equal(status, 0, output);
    assert.match(output, /exploring for 1 s from seed 7/);
    assert.match(output, /\d+ scenarios \(\d+\/s\), \d+ steps, \d+ attempts/);
    assert.match(output, /open: outlier +\d+/);
  });

  test('says what would be right', () => {
    const { status, output } = command('--seed', 'seven');
    assert.notEqual(status, 0);
    assert.match(output, /--seed seven: expected a number from 0 to/);
  });
});
