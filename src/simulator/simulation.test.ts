import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { STRATEGIES, strategyByName } from '#core/strategies/index.ts';
import type { StrategyDefinition } from '#core/strategy.ts';
import { summarize } from './report.ts';
import { backends, brownOut, fastErrors, scenario, SCENARIOS, type Scenario } from './scenarios.ts';
import { deterministic } from './service-times.ts';
import { defaultParams, simulate } from './simulation.ts';

const strategy = (name: string): StrategyDefinition => strategyByName(name) ?? assert.fail(name);
const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** One backend with so many slots, at 25 ms a request. */
function queue(slots: number, ratePerSecond: number): Scenario {
  const durationMs = 4_000_000;
  return scenario({
    name: 'queue',
    summary: '',
    backends: () => backends(1, () => ({ slots })),
    ratePerSecond,
    durationMs,
  });
}

/** Mean time in an M/M/k queue (Erlang C), in milliseconds. */
function erlang(slots: number, ratePerSecond: number): number {
  const load = ratePerSecond * 0.025;
  let term = 1;
  let sum = 0;
  for (let k = 0; k < slots; k++) {
    sum += term;
    term *= load / (k + 1);
  }
  const waiting = (term * slots) / (slots - load);
  return 25 + ((waiting / (sum + waiting)) * 25) / (slots - load);
}

describe('queues', () => {
  for (const [slots, rate] of [
    [1, 20],
    [1, 30],
    [4, 120],
  ] as const) {
    test(`${slots} slot(s) at ${rate} requests a second wait as long as theory says`, () => {
      const { latencyMs } = simulate(strategy('random'), queue(slots, rate), { seed: 1 });
      const expected = erlang(slots, rate);
      assert.ok(Math.abs(mean(latencyMs) - expected) < 0.04 * expected, `${mean(latencyMs)}, not ${expected}`);
    });
  }

  test('round-robin over deterministic service with regular gaps never waits', () => {
    const still = scenario({ name: 'still', summary: '', service: deterministic(1), ratePerSecond: 50 });
    const { latencyMs } = simulate(strategy('round-robin'), still, { seed: 1 });
    assert.ok(latencyMs.every((latency) => Math.abs(latency - 1) < 1e-9));
  });
});

describe('runs', () => {
  const busy = scenario({ name: 'busy', summary: '', durationMs: 3000, ratePerSecond: 1100 });

  test('one seed gives one result, another seed another', () => {
    const run = (seed: number): Float64Array => simulate(strategy('two-choices'), busy, { seed }).latencyMs;
    assert.deepEqual(run(1), run(1));
    assert.notDeepEqual(run(1), run(2));
  });

  test('every strategy sees the same requests, and every request is answered', () => {
    const { arrivedMs } = simulate(strategy('random'), busy, { seed: 3 });
    for (const definition of STRATEGIES) {
      const result = simulate(definition, busy, { seed: 3, workers: 2 });
      assert.deepEqual(result.arrivedMs, arrivedMs);
      assert.ok(
        result.latencyMs.every((latency) => latency > 0),
        definition.name,
      );
    }
  });

  test('a backend that joins gets nothing before, and its ramp after', () => {
    const joins = scenario({
      name: 'joins',
      summary: '',
      ratePerSecond: 200,
      backends: () => backends(4, (at) => (at === 3 ? { joinsMs: 5000, slowStartMs: 10_000 } : {})),
    });
    const result = simulate(strategy('round-robin'), joins, { seed: 1 });
    const shareOf = (countedMs: readonly [number, number]): number => summarize(result, countedMs).shares[3] ?? 0;
    assert.equal(shareOf([0, 5000]), 0);
    assert.ok(Math.abs(shareOf([9500, 10_500]) - 0.5 / 3.5) < 0.02);
    assert.ok(Math.abs(shareOf([15_000, 20_000]) - 0.25) < 0.01);
  });

  test('balancers that share nothing do worse than workers that share', () => {
    const brown = SCENARIOS.find(({ name }) => name === 'brown') ?? assert.fail();
    const p99 = (options: { balancers?: number; workers?: number }): number =>
      summarize(simulate(strategy('least-connections'), brown, { seed: 1, ...options })).p99Ms;
    assert.ok(p99({ workers: 8 }) < 1.1 * p99({}), `${p99({ workers: 8 })}, ${p99({})}`);
    assert.ok(p99({ balancers: 8 }) > 1.3 * p99({ workers: 8 }), `${p99({ balancers: 8 })}, ${p99({ workers: 8 })}`);
  });

  test('only what arrives in the counted time counts, and failures are no latencies', () => {
    const failing = scenario({
      name: 'failing',
      summary: '',
      ratePerSecond: 400,
      countedMs: [5000, 15_000],
      backends: () =>
        backends(4, (at) => ({ failures: at === 1 ? fastErrors() : [], changes: at === 2 ? brownOut(2) : [] })),
    });
    const result = simulate(strategy('round-robin'), failing, { seed: 1 });
    const counted = summarize(result);
    assert.ok(Math.abs(counted.errors - 0.25) < 0.001);
    assert.equal(summarize(result, [0, 5000]).errors, 0);
    assert.ok(counted.shares.every((share) => Math.abs(share - 0.25) < 0.001));
    assert.ok(Math.abs(counted.requests - 4000) < 300);
  });

  test('parameters are the defaults, but for those given', () => {
    const adaptive = strategy('adaptive');
    assert.equal(defaultParams(adaptive)['parallelism'], 4);
    assert.equal(defaultParams(adaptive, { parallelism: 9 })['parallelism'], 9);
  });
});
