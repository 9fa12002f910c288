import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Outcome } from '#core/outcome.ts';
import { METHOD_SERIES } from '#memory/counters.ts';
import { observedTwo } from '../../test/support/observed.ts';
import { backendsReport } from './backends-report.ts';
import { metricsReport } from './metrics-report.ts';
import type { Observed } from './observed.ts';

const GET = METHOD_SERIES.indexOf('GET');
const POST = METHOD_SERIES.indexOf('POST');

describe('reports', () => {
  test('workers are summed, by route, method and status class', () => {
    const { observed, recorders } = observedTwo();
    const [one, two] = recorders;
    one?.exchange(1, GET, 200, 10);
    two?.exchange(1, GET, 204, 30);
    two?.exchange(1, GET, 503, 20);
    two?.exchange(1, POST, 201, 5);
    one?.exchange(0, GET, 404, 1);
    one?.malformed(400);
    const report = metricsReport(observed);
    assert.equal(report.totalRequests, 6);
    assert.deepEqual(report.statusClasses, { '1xx': 0, '2xx': 3, '3xx': 0, '4xx': 2, '5xx': 1 });
    const all = report.routes.find(({ route, method }) => route === 'all' && method === 'GET');
    assert.equal(all?.samples, 3);
    assert.equal(all.avgLatencyMs, 20);
    assert.ok(Math.abs(all.p50 - 20) < 20 * 0.017, `p50 is ${all.p50}`);
    assert.ok(Math.abs(all.p99 - 30) < 30 * 0.017, `p99 is ${all.p99}`);
    const names = report.routes.map(({ route, method }) => `${route} ${method}`);
    assert.deepEqual(names, ['_none _OTHER', '_none GET', 'all GET', 'all POST']);
  });

  test('an exchange that ended without a status counts, in no class', () => {
    const { observed, recorders } = observedTwo();
    recorders[0]?.exchange(1, GET, 0, 10);
    const report = metricsReport(observed);
    assert.equal(report.totalRequests, 1);
    assert.deepEqual(Object.values(report.statusClasses), [0, 0, 0, 0, 0]);
  });

  test('requests to the control plane itself are no traffic', () => {
    const { observed, recorders } = observedTwo();
    const [route] = observed.plan.routes;
    const plan = { ...observed.plan, routes: [{ ...route, controlPlane: true }] } as Observed['plan'];
    recorders[0]?.exchange(1, GET, 200, 10);
    recorders[0]?.requestBegun();
    recorders[0]?.requestBegun();
    observed.tables.slots.begin(0, 0);
    const report = metricsReport({ ...observed, plan });
    assert.equal(report.totalRequests, 0);
    assert.equal(report.inFlight, 1);
    assert.deepEqual(report.routes, []);
    assert.deepEqual(report.backendSelection, {});
    assert.deepEqual(backendsReport({ ...observed, plan }).pools, []);
  });

  test('backends: attempts, failures, shares, state and last probe', () => {
    const { observed, recorders } = observedTwo();
    const [one, two] = recorders;
    for (const recorder of [one, two]) recorder?.attempt(0, Outcome.success, 10);
    one?.attempt(0, Outcome.reset, 10);
    one?.attempt(0, Outcome.cancelled, 10);
    two?.attempt(1, Outcome.gatewayError, 10);
    for (let pick = 0; pick < 3; pick++) two?.pick(1);
    observed.tables.slots.begin(1, 1);
    observed.tables.slots.weight[1] = 0.5;
    const [pool] = backendsReport(observed).pools;
    const [a, b] = pool?.backends ?? [];
    assert.deepEqual([a?.requests, a?.failures, a?.share, a?.inFlight], [4, 1, 0.8, 0]);
    assert.deepEqual([b?.requests, b?.failures, b?.share, b?.inFlight], [1, 1, 0.2, 1]);
    assert.deepEqual([a?.state, b?.state], ['healthy', 'unhealthy']);
    assert.deepEqual([b?.weight, b?.effectiveWeight], [2, 0.5]);
    assert.equal(a?.lastProbe?.detail, 'status 200');
    assert.equal(b?.lastProbe, null);
    assert.deepEqual(metricsReport(observed).backendSelection, { 'app/a': 0, 'app/b': 3 });
  });
});
