import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HISTORY_COUNTERS, HISTORY_GAUGES } from '#contract/history.ts';
import { METHOD_SERIES } from '#memory/counters.ts';
import { metricsReport } from '#observe/metrics-report.ts';
import type { Observed } from '#observe/observed.ts';
import { LATENCY_FLOORS_US } from '#control/history/latency-buckets.ts';
import type { Sample } from '#control/history/step.ts';
import { observedTwo } from '../../test/support/observed.ts';
import { historySampler } from './history-sampler.ts';

const GET = METHOD_SERIES.indexOf('GET');
const OTHER = METHOD_SERIES.indexOf('_OTHER');
/** A series is looked at by itself every so many samples. */
const READ_ANYWAY_EVERY = 16;

/** What is not 0 in a sample. */
function said({ counters, gauges, names, picks }: Sample): Record<string, number> {
  const all = [
    ...HISTORY_COUNTERS.map((name, at) => [name, counters[at]!] as const),
    ...HISTORY_GAUGES.map((name, at) => [name, gauges[at]!] as const),
    ...names.map((name, at) => [name, picks[at]!] as const),
  ];
  return Object.fromEntries(all.filter(([, value]) => value !== 0));
}

function twin() {
  const { observed, recorders } = observedTwo();
  const [one, two] = recorders as [(typeof recorders)[number], (typeof recorders)[number]];
  let now: Observed = observed;
  const sample = historySampler(() => now);
  const [route] = observed.plan.routes;
  const routes = (...names: readonly object[]) =>
    (now = {
      ...observed,
      plan: { ...observed.plan, routes: names.map((name) => ({ ...route, ...name })) } as Observed['plan'],
    });
  return { observed, one, two, routes, take: () => said(sample()), sample };
}

describe('the sampler of the history', () => {
  test('the first sample has what came since the start, the next what came since', () => {
    const { observed, one, two, take } = twin();
    one.exchange(1, GET, 200, 10);
    two.exchange(1, GET, 503, 20);
    two.exchange(0, GET, 404, 1);
    one.exchange(1, GET, 0, 5);
    one.failover(0);
    one.bytes(100, 200);
    two.connectionOpened();
    two.requestBegun();
    for (const slot of [0, 0, 1]) two.pick(slot);
    assert.deepEqual(take(), {
      requests: 4,
      status2xx: 1,
      status4xx: 1,
      status5xx: 1,
      failovers: 1,
      bytesIn: 100,
      bytesOut: 200,
      inFlight: 1,
      connections: 1,
      backendsUp: 1,
      'app/a': 2,
      'app/b': 1,
    });
    assert.deepEqual(take(), { inFlight: 1, connections: 1, backendsUp: 1 });
    one.exchange(1, GET, 201, 10);
    one.pick(1);
    two.requestOver();
    two.connectionClosed();
    assert.deepEqual(take(), { requests: 1, status2xx: 1, backendsUp: 1, 'app/b': 1 });
    const { totalRequests } = metricsReport(observed);
    assert.equal(totalRequests, 5, 'the report counts the same');
  });

  test('what leaves no latency is counted all the same, at the latest some samples later', () => {
    const { one, take } = twin();
    take();
    one.malformed(400);
    assert.deepEqual(take(), { requests: 1, status4xx: 1, backendsUp: 1 });
    one.exchange(1, OTHER, 200, 0);
    one.exchange(1, GET, 200, 0);
    const found = Array.from({ length: READ_ANYWAY_EVERY }, () => take()['requests'] ?? 0);
    assert.equal(
      found.reduce((a, b) => a + b),
      2,
    );
  });

  test('latencies are counted by bucket, as long ago as the sample before', () => {
    const { one, two, routes, sample } = twin();
    const counted = () =>
      Object.fromEntries([...sample().latency].flatMap((count, bucket) => (count === 0 ? [] : [[bucket, count]])));
    const bucketOf = (ms: number) => LATENCY_FLOORS_US.findLastIndex((floorUs) => floorUs <= 1000 * ms);
    one.exchange(1, GET, 200, 0.02);
    one.exchange(1, GET, 200, 5);
    two.exchange(1, OTHER, 503, 5);
    assert.deepEqual(counted(), { 0: 1, [bucketOf(5)]: 2 });
    assert.deepEqual(counted(), {});
    two.exchange(1, GET, 200, 900);
    assert.deepEqual(counted(), { [bucketOf(900)]: 1 });
    routes({ name: 'all', row: 1, controlPlane: true });
    one.exchange(1, GET, 200, 10);
    assert.deepEqual(counted(), {}, 'the control plane is no traffic');
  });

  test('a route that is removed makes nothing smaller, and what it counted is not counted again', () => {
    const { one, routes, take } = twin();
    for (let request = 0; request < 5; request++) one.exchange(1, GET, 200, 10);
    for (let request = 0; request < 9; request++) one.exchange(2, GET, 200, 10);
    routes({ name: 'all', row: 1 }, { name: 'more', row: 2 });
    assert.equal(take()['requests'], 14);
    routes({ name: 'all', row: 1 });
    one.exchange(1, GET, 200, 10);
    assert.equal(take()['requests'], 1);
    routes({ name: 'all', row: 1 }, { name: 'more', row: 2 });
    one.exchange(2, GET, 200, 10);
    assert.equal(take()['requests'], 1, 'its row was kept for it');
  });

  test('a row given to another route begins at 0, though it has more than the one before had', () => {
    const { observed, one, routes, take } = twin();
    one.exchange(2, GET, 200, 10);
    routes({ name: 'old', row: 2 });
    assert.equal(take()['requests'], 1);
    observed.tables.counters.clearRoute(2);
    routes({ name: 'new', row: 2 });
    for (let request = 0; request < 3; request++) one.exchange(2, GET, 200, 10);
    assert.deepEqual(take(), { requests: 3, status2xx: 3, backendsUp: 1 });
  });

  test('a slot given to another backend begins at 0; one that was cleared unnoticed is never negative', () => {
    const { observed, one, take } = twin();
    const { counters, slots } = observed.tables;
    for (let pick = 0; pick < 5; pick++) one.pick(0);
    assert.equal(take()['app/a'], 5);
    counters.clearSlot(0);
    slots.generation[0]! += 1;
    for (let pick = 0; pick < 8; pick++) one.pick(0);
    assert.equal(take()['app/a'], 8);
    counters.clearSlot(0);
    one.pick(0);
    assert.equal(take()['app/a'], 1);
  });

  test('requests to the control plane itself are no traffic', () => {
    const { one, routes, take } = twin();
    routes({ controlPlane: true });
    one.exchange(1, GET, 200, 10);
    one.pick(0);
    assert.deepEqual(take(), {});
    routes({ controlPlane: false });
    one.exchange(1, GET, 200, 10);
    assert.equal(take()['requests'], 1);
  });

  test('names stay the same array until they change', () => {
    const { observed, routes, sample } = twin();
    const { names } = sample();
    assert.deepEqual(names, ['app/a', 'app/b']);
    routes(...observed.plan.routes);
    assert.equal(sample().names, names, 'another plan with the same backends');
  });
});
