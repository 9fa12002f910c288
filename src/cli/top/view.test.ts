import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BACKENDS, METRICS, OVERVIEW } from '../../../test/support/fixed-admin.ts';
import { viewOf, type Look } from './view.ts';

const first: Look = { atMs: 1000, overview: OVERVIEW, metrics: METRICS, backends: BACKENDS };
const later = (requests: number, more: Partial<Look> = {}): Look => ({
  atMs: 3000,
  overview: OVERVIEW,
  metrics: { ...METRICS, totalRequests: METRICS.totalRequests + requests, retries: METRICS.retries + 4 },
  backends: {
    pools: BACKENDS.pools.map((pool) => ({
      ...pool,
      backends: pool.backends.map((backend) => ({ ...backend, requests: backend.requests + requests })),
    })),
  },
  ...more,
});

test('rates are between two looks, and not known after one', () => {
  assert.equal(viewOf(first, null).rates, null);
  assert.equal(viewOf(first, null).pools[0]?.rows[0]?.rate, null);
  const view = viewOf(later(50), first);
  assert.deepEqual(view.rates, { requests: 25, errors: 0, retries: 2 });
  assert.equal(view.pools[0]?.rows[0]?.rate, 25);
});

test('after a restart counters begin anew, and rates are not known', () => {
  const restarted = later(50, { overview: { ...OVERVIEW, startedAt: '2026-03-02T00:00:00.000Z' } });
  assert.equal(viewOf(restarted, first).rates, null);
  assert.equal(viewOf(restarted, first).pools[0]?.rows[0]?.rate, null);
});

test('the median is that of the routes by their requests, the 99th percentile the worst', () => {
  const route = METRICS.routes[0]!;
  const routes = [
    { ...route, samples: 10, p50: 90, p99: 900 },
    { ...route, samples: 80, p50: 5, p99: 20 },
    { ...route, samples: 0, p50: 0, p99: 5000 },
  ];
  assert.deepEqual(viewOf({ ...first, metrics: { ...METRICS, routes } }, null).latency, { p50: 5, p99: 900 });
  assert.equal(viewOf({ ...first, metrics: { ...METRICS, routes: [] } }, null).latency, null);
});
