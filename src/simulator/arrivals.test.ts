import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TrafficShape } from '#contract/simulate.ts';
import { Arrivals } from './arrivals.ts';
import { sampleModel } from './sample-model.ts';

const shapeOf = (traffic: Partial<TrafficShape>): TrafficShape => sampleModel({ traffic }).traffic;

/** Counts by windows of time. */
function countsOf(shape: TrafficShape, untilMs: number, windowMs: number): number[] {
  const arrivals = new Arrivals(shape, 1, untilMs, false);
  const counts = new Array<number>(Math.ceil(untilMs / windowMs)).fill(0);
  while (arrivals.nextMs < Infinity) {
    counts[Math.floor(arrivals.nextMs / windowMs)]!++;
    arrivals.take();
  }
  return counts;
}
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
function dispersion(counts: readonly number[]): number {
  const middle = mean(counts);
  return mean(counts.map((count) => (count - middle) ** 2)) / middle;
}

describe('arrivals', () => {
  for (const [burstiness, expected] of [
    [0, 0.02],
    [0.25, 0.25],
    [1, 1],
    [5, 5],
    [20, 20],
  ] as const) {
    test(`burstiness ${burstiness}: the rate, and that index of dispersion`, () => {
      const counts = countsOf(shapeOf({ ratesPerSecond: [500], burstiness }), 2_000_000, 1000);
      assert.ok(Math.abs(mean(counts) - 500) < 5, `${mean(counts)}`);
      const found = dispersion(counts);
      assert.ok(Math.abs(found - expected) < 0.15 * expected + 0.02, `${found}, not ${expected}`);
    });
  }

  test('rates go step by step, and around again; nothing comes while a rate is 0', () => {
    const counts = countsOf(shapeOf({ ratesPerSecond: [100, 0, 400], stepMs: 500 }), 300_000, 500);
    const step = (at: number): number => mean(counts.filter((_, place) => place % 3 === at));
    assert.ok(Math.abs(step(0) - 50) < 3 && Math.abs(step(2) - 200) < 6, `${step(0)}, ${step(2)}`);
    assert.equal(step(1), 0);
  });

  test('keys come as Zipf says', () => {
    const shape = shapeOf({ ratesPerSecond: [1000], keys: { count: 1000, skew: 1 } });
    const arrivals = new Arrivals(shape, 3, 200_000, true);
    const counts = new Map<number, number>();
    for (; arrivals.nextMs < Infinity; arrivals.take()) counts.set(arrivals.key, (counts.get(arrivals.key) ?? 0) + 1);
    const sorted = [...counts.values()].sort((a, b) => b - a);
    const total = sorted.reduce((sum, count) => sum + count, 0);
    const harmonic = Array.from({ length: 1000 }, (_, at) => 1 / (at + 1)).reduce((sum, part) => sum + part, 0);
    assert.ok(Math.abs(sorted[0]! / total - 1 / harmonic) < 0.01);
    assert.ok(Math.abs(sorted[1]! / total - 0.5 / harmonic) < 0.01);
  });
});
