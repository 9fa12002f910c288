/** The past day's counters over real HTTP: what went through is in them, and a restart does not lose it. */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { MetricsAnswer } from '#contract/admin.ts';
import type { HistoryAnswer } from '#contract/history.ts';
import { administer, stateDirectory, VIEWER, callAdmin, type Administered } from '../support/admin-client.ts';
import { ask, Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';

async function originOf(t: Pick<TestContext, 'after'>, id = 'a'): Promise<Origin> {
  const origin = await Origin.start(id);
  t.after(() => origin.stop());
  return origin;
}

async function historyOf({ adminPort }: Administered, query = '?step=1'): Promise<HistoryAnswer> {
  const { status, data } = await callAdmin(adminPort, 'GET', `/admin/history${query}`, { token: VIEWER });
  assert.equal(status, 200);
  return data as HistoryAnswer;
}

async function metricsOf({ adminPort }: Administered): Promise<MetricsAnswer> {
  const { data } = await callAdmin(adminPort, 'GET', '/admin/metrics', { token: VIEWER });
  return data as MetricsAnswer;
}

async function send(port: number, count: number): Promise<void> {
  for (let request = 0; request < count; request++) assert.equal((await ask(port, '/proxy/')).status, 200);
}

/** The history once it has `count` requests; a second must be over first. */
function withRequests(balancer: Administered, count: number): Promise<HistoryAnswer> {
  return until(`a history of ${count} requests`, async () => {
    const history = await historyOf(balancer);
    return sum(history.series.requests) >= count ? history : null;
  });
}

function sum(values: readonly number[] = []): number {
  return values.reduce((total, value) => total + value, 0);
}

test('what went through is in the history, second by second, and agrees with the metrics', async (t) => {
  const origins = [await originOf(t), await originOf(t, 'b')];
  const balancer = await administer(t, { workers: 2, backends: origins.map(({ url }) => url) });
  await send(balancer.port, 40);
  await ask(balancer.port, '/nowhere-but-the-control-plane');
  const history = await withRequests(balancer, 40);
  const metrics = await metricsOf(balancer);
  assert.equal(sum(history.series.requests), metrics.totalRequests);
  assert.equal(sum(history.series.status2xx), metrics.statusClasses['2xx']);
  assert.ok(sum(history.series.bytesOut) > 0);
  for (const [name, picks] of Object.entries(metrics.backendSelection))
    assert.equal(sum(history.backendSelection[name]), picks, name);
  assert.equal(Object.keys(history.backendSelection).length, 2);
  assert.equal(history.series.backendsUp.at(-1), 2);
  assert.equal(history.step, 2, 'an hour in at most 2,000 steps');
  assert.equal(history.at.length, history.series.requests.length);
  const minutes = await historyOf(balancer, '?step=60');
  assert.equal(sum(minutes.series.requests), 40);
});

test('a restart does not blank it; the tables begin at 0 again, and nothing is negative or twice', async (t) => {
  const origin = await originOf(t);
  const stateDir = stateDirectory(t);
  const start = () => administer(t, { backends: [origin.url] }, { stateDir });
  const first = await start();
  await send(first.port, 30);
  await withRequests(first, 30);
  await send(first.port, 5);
  // A worker counts a request a moment after its answer has gone out, and `stop` does not wait for it.
  await until('all to be counted', async () => (await metricsOf(first)).totalRequests === 35);
  await first.supervisor.stop();
  assert.equal(statSync(join(stateDir, 'history.sqlite')).mode & 0o777, 0o600);

  const second = await start();
  const before = await historyOf(second);
  assert.equal(sum(before.series.requests), 35, 'those of the last second included');
  await send(second.port, 7);
  const after = await withRequests(second, 42);
  assert.equal(sum(after.series.requests), 42);
  assert.equal(sum(Object.values(after.backendSelection).flat()), 42);
  assert.ok(Object.values(after.series).every((values) => values.every((value) => value >= 0)));
  assert.deepEqual(
    after.at.toSorted((a, b) => a - b),
    after.at,
  );
  assert.equal(new Set(after.at).size, after.at.length);
  assert.deepEqual(
    second.log.lines.filter((line) => /history/.test(line)),
    [],
  );
});
