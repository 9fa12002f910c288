import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HistoryAnswer } from '#contract/history.ts';
import { HISTORY_COUNTERS, HISTORY_GAUGES } from '#contract/history.ts';
import { G, METHOD_SERIES } from '#memory/counters.ts';
import type { Observed } from '#observe/observed.ts';
import { observedTwo } from '../../../test/support/observed.ts';
import { loadConfig } from '../config/load.ts';
import { GB, MONTH_SECONDS, monthlyTraffic, trafficCounts, withHistory, type TrafficCounts } from './traffic.ts';

const GET = METHOD_SERIES.indexOf('GET');
const POST = METHOD_SERIES.indexOf('POST');
const ASSUME = loadConfig('pools: { app: { backends: ["http://a:1"] } }', 'f', {}).config!.cost.assume;

test('counts are those of all workers, by route, without the control plane', () => {
  const { observed, recorders } = observedTwo();
  const [one, two] = recorders;
  one?.exchange(1, GET, 200, 10, 0, 60, 700);
  two?.exchange(1, POST, 503, 10, 0, 40, 300);
  two?.exchange(0, GET, 404, 1, 0, 11, 22);
  one?.bytes(100, 1000);
  two?.bytes(11, 22);
  one?.connectionOpened();
  observed.tables.counters.rows[1]!.global[G.retries] = 3;
  const counts = trafficCounts(observed, 60, 1.5);
  assert.deepEqual(counts, {
    seconds: 60,
    requests: 3,
    bytesIn: 111,
    bytesOut: 1022,
    connections: 1,
    retries: 3,
    cpuSeconds: 1.5,
    routes: [
      { name: '_none', requests: 1, bytes: 33 },
      { name: 'all', requests: 2, bytes: 1100 },
    ],
  });
  const [route] = observed.plan.routes;
  const plan = { ...observed.plan, routes: [{ ...route, controlPlane: true }] } as Observed['plan'];
  assert.equal(trafficCounts({ ...observed, plan }, 60, null).requests, 1);
});

const SINCE: TrafficCounts = {
  seconds: 100,
  requests: 1000,
  bytesIn: 1e6,
  bytesOut: 1e7,
  connections: 100,
  retries: 10,
  cpuSeconds: 2,
  routes: [
    { name: 'a', requests: 750, bytes: null },
    { name: 'b', requests: 250, bytes: 8 },
  ],
};

function hour(steps: number, step: number, each: number): HistoryAnswer {
  const values = Array.from({ length: steps }, () => each);
  return {
    from: '',
    to: '',
    step,
    at: values.map((_, at) => at * step),
    series: Object.fromEntries([...HISTORY_COUNTERS, ...HISTORY_GAUGES].map((name) => [name, values])) as never,
    latency: [],
    backendSelection: {},
  };
}

test('the last hour stands for the traffic where enough of it is kept', () => {
  const counts = withHistory(SINCE, hour(60, 60, 200));
  assert.equal(counts.seconds, 3600);
  assert.deepEqual([counts.requests, counts.bytesIn, counts.retries], [12_000, 12_000, 12_000]);
  // What the history does not keep is as it has been since the start, for so many requests.
  assert.deepEqual([counts.connections, counts.cpuSeconds], [1200, 24]);
  assert.deepEqual(counts.routes, [
    { name: 'a', requests: 9000, bytes: null },
    { name: 'b', requests: 3000, bytes: 96 },
  ]);
  assert.equal(withHistory(SINCE, hour(299, 1, 5)), SINCE);
  assert.equal(withHistory(SINCE, hour(60, 60, 0)), SINCE);
  const restarted = withHistory({ ...SINCE, requests: 0, routes: [], connections: 0 }, hour(60, 60, 1));
  assert.deepEqual([restarted.requests, restarted.connections, restarted.routes], [60, 0, []]);
});

test('a month is so many such periods', () => {
  const month = monthlyTraffic(SINCE, undefined, ASSUME);
  assert.equal(month.requests, (1000 * MONTH_SECONDS) / 100);
  assert.equal(month.gbOut, (1e7 * MONTH_SECONDS) / 100 / GB);
  assert.equal(month.cpuSecondsPerRequest, 0.002);
  // Bytes are counted for one of two routes only, which says nothing of the other's share.
  assert.deepEqual(
    month.routes.map(({ name, ofRequests, ofBytes }) => [name, ofRequests, ofBytes]),
    [
      ['a', 0.75, 0.75],
      ['b', 0.25, 0.25],
    ],
  );
  assert.equal(month.basis, 'measured 1,000 requests in 100 seconds, carried on for a month');
});

test('few requests say nothing of CPU time, and a period of no length nothing at all', () => {
  assert.equal(monthlyTraffic({ ...SINCE, requests: 999 }, undefined, ASSUME).cpuSecondsPerRequest, null);
  const month = monthlyTraffic({ ...SINCE, seconds: 0 }, undefined, ASSUME);
  assert.deepEqual([month.requests, month.basis], [null, 'no request has been seen yet']);
  assert.equal(monthlyTraffic(null, 2000, ASSUME).connections, 100);
});
