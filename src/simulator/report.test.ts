import assert from 'node:assert/strict';
import { test } from 'node:test';
import { average, quantile, summarize } from './report.ts';
import { scenario } from './scenarios.ts';

test('quantiles are of the nearest rank', () => {
  const sorted = Float64Array.from({ length: 1000 }, (_, at) => at + 1);
  assert.deepEqual([0.5, 0.99, 0.999, 1].map((share) => quantile(sorted, share)), [500, 990, 999, 1000]); // prettier-ignore
  assert.equal(quantile(Float64Array.of(7), 0.01), 7);
  assert.ok(Number.isNaN(quantile(new Float64Array(0), 0.5)));
});

test('sums up what arrived in the counted time', () => {
  const result = {
    scenario: scenario({ name: 'x', summary: '', countedMs: [10, 50] }),
    arrivedMs: Float64Array.of(5, 10, 20, 30, 49, 50),
    latencyMs: Float64Array.of(999, 4, 1, 3, 2, 999),
    slot: Int32Array.of(0, 1, 1, 2, 1, 0),
    outcome: Uint8Array.of(0, 0, 1, 0, 0, 0),
  };
  const summary = summarize(result);
  assert.deepEqual(summary, {
    requests: 4,
    p50Ms: 3,
    p95Ms: 4,
    p99Ms: 4,
    p999Ms: 4,
    errors: 0.25,
    shares: [0, 0.75, 0.25],
    mostShare: 0.75,
  });
  const other = { ...summary, p99Ms: 8, mostShare: 0.5, shares: [0.5, 0.25, 0.25] };
  assert.equal(average([summary, other]).p99Ms, 6);
  assert.deepEqual(average([summary, other]).shares, [0.25, 0.5, 0.25]);
  assert.equal(average([summary, other]).mostShare, 0.625);
});
