import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricsReport } from '#observe/metrics-report.ts';
import type { Observed } from '#observe/observed.ts';
import { observedTwo } from '../../test/support/observed.ts';
import { secondFigures } from './second-figures.ts';

const GET = 1;

test('totals are those of /admin/metrics, rates and latencies those of the second', () => {
  const { observed, recorders } = observedTwo();
  const [one, two] = recorders as [(typeof recorders)[0], (typeof recorders)[0]];
  for (let at = 0; at < 50; at++) one.exchange(1, GET, 200, 900);
  one.retry(0, 1);
  const take = secondFigures(() => observed);
  for (let at = 0; at < 99; at++) (at % 2 === 0 ? one : two).exchange(1, GET, at < 9 ? 503 : 200, 10);
  two.exchange(0, GET, 404, 500);
  two.retry(0, 1);
  const figures = take(2);
  const report = metricsReport(observed);
  assert.equal(report.totalRequests, 150);
  for (const name of ['totalRequests', 'inFlight', 'retries', 'failovers', 'rateLimited', 'statusClasses'] as const)
    assert.deepEqual(figures[name], report[name], name);
  assert.deepEqual([figures.backends, figures.backendsUp], [2, 1]);
  assert.deepEqual([figures.perSecond.requests, figures.perSecond.retries], [50, 0.5]);
  assert.deepEqual(figures.perSecond.statusClasses, { '1xx': 0, '2xx': 45, '3xx': 0, '4xx': 0.5, '5xx': 4.5 });
  // The 900 ms of before the second are not in it.
  assert.ok(Math.abs((figures.latencyMs?.p50 ?? 0) - 10) < 0.2, `p50 ${figures.latencyMs?.p50}`);
  assert.ok(Math.abs((figures.latencyMs?.p99 ?? 0) - 10) < 0.2, `p99 ${figures.latencyMs?.p99}`);
  const quiet = take(1);
  assert.deepEqual([quiet.perSecond.requests, quiet.latencyMs, quiet.totalRequests], [0, null, 150]);
});

test('a route whose row goes to another begins at 0, and requests to the control plane are not counted', () => {
  const { observed, recorders } = observedTwo();
  const [one] = recorders as [(typeof recorders)[0]];
  let plan = observed.plan;
  const take = secondFigures(() => ({ ...observed, plan }) satisfies Observed);
  for (let at = 0; at < 7; at++) one.exchange(1, GET, 200, 1);
  assert.equal(take(1).perSecond.requests, 7);
  observed.tables.counters.clearRoute(1);
  plan = { ...plan, routes: plan.routes.map((route) => ({ ...route, name: 'another' })) };
  for (let at = 0; at < 9; at++) one.exchange(1, GET, 200, 1);
  const figures = take(1);
  assert.deepEqual([figures.perSecond.requests, figures.totalRequests], [9, 9]);
  plan = { ...plan, routes: plan.routes.map((route) => ({ ...route, controlPlane: true })) };
  one.exchange(1, GET, 200, 1);
  assert.deepEqual([take(1).perSecond.requests, take(1).totalRequests], [0, 0]);
});
