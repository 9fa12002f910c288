/**
 * Totals agree: what clients counted, `/metrics`, `/admin/metrics` and the access log say the same numbers, exactly, over a
 * load in which backends answer 500 and 503, reset, cut their answers, are killed and come back.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Supervisor } from '#supervisor/supervisor.ts';
import type { MetricsAnswer } from '#contract/admin.ts';
import { BackendProcess } from '../faults/support/backend-process.ts';
import { Load } from '../faults/support/load.ts';
import type { Answer } from '../faults/support/load-result.ts';
import { linesOf, type Line } from '../support/access-log.ts';
import { MetricSamples } from '../support/metric-samples.ts';
import { ask } from '../support/origin.ts';
import { temporaryDirectory } from '../support/program.ts';
import { draftFrom } from '../support/supervised.ts';
import { until } from '../support/until.ts';
import { LogRecord } from '../support/virtual-timers.ts';

const PER_SECOND = 250;
const shape = (n: number): { method: string; bytes?: number } =>
  n % 5 === 0 ? { method: 'POST', bytes: 300 } : n % 7 === 0 ? { method: 'BREW' } : { method: 'GET' };

async function started(t: TestContext, backends: readonly BackendProcess[], file: string): Promise<Supervisor> {
  const config = {
    workers: 2,
    listeners: [
      { name: 'public', address: '127.0.0.1:0' },
      { name: 'second', address: '127.0.0.1:0' },
    ],
    state: { dir: null },
    admin: { address: '127.0.0.1:0', publicRead: true },
    log: { access: { to: file } },
    rateLimits: { 'per-client': null },
    routes: [{ name: 'app', match: { path: '/proxy/' }, stripPrefix: '/proxy', pool: 'app' }],
    pools: {
      app: {
        strategy: 'round-robin',
        slowStart: null,
        health: { path: '/healthz', interval: '250ms', timeout: '200ms' },
        retry: { attempts: 2 },
        backends: backends.map(({ id, url }) => ({ id, url })),
      },
    },
  };
  const supervisor = new Supervisor({ draft: await draftFrom(config), log: new LogRecord(), announce: () => {} });
  t.after(() => supervisor.stop());
  await supervisor.start();
  return supervisor;
}

/** How often each key comes. */
function tally<T>(items: readonly T[], key: (item: T) => string | number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[key(item)] = (counts[key(item)] ?? 0) + 1;
  return counts;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

/** The answer is another backend's than the first that was asked. */
const isFailover = ({ backend, attempts }: Line): boolean => backend !== undefined && attempts[0]?.backend !== backend;

async function everythingHappens(backends: readonly BackendProcess[], load: Load): Promise<void> {
  const [, serverErrors, gatewayErrors, killed, resets, cuts] = backends as [
    BackendProcess,
    BackendProcess,
    BackendProcess,
    BackendProcess,
    BackendProcess,
    BackendProcess,
  ];
  await load.answered(50);
  await serverErrors.set({ failShare: 0.3, failStatus: 500 });
  await gatewayErrors.set({ failShare: 0.3, failStatus: 503 });
  await resets.set({ mode: 'reset' });
  await load.answered(100);
  await killed.kill();
  await cuts.set({ mode: 'cut' });
  await load.answered(200);
  await resets.set({ mode: 'answer' });
  await cuts.set({ mode: 'answer' });
  await killed.restart();
  await load.answered(100);
}

test('clients, metrics and the access log count the same', async (t) => {
  const backends = await BackendProcess.many(t, 6);
  const file = join(temporaryDirectory(t), 'access.log');
  const supervisor = await started(t, backends, file);
  const port = (name: string): number => supervisor.ports[name] as number;
  const loads = [
    Load.start(t, { port: port('public'), perSecond: PER_SECOND, shape }),
    Load.start(t, { port: port('second'), perSecond: PER_SECOND, shape }),
    Load.start(t, { port: port('second'), perSecond: PER_SECOND / 10, path: '/nowhere' }),
  ] as const;
  await everythingHappens(backends, loads[0]);
  const [publicly, secondly, nowhere] = await Promise.all(loads.map((load) => load.stop()));
  assert.ok(publicly && secondly && nowhere);
  const bySecond = [...secondly.answers, ...nowhere.answers];
  const answers: readonly Answer[] = [...publicly.answers, ...bySecond];

  const slots = supervisor.plan.pools[0]!.backends.map(({ slot }) => slot);
  await until('nothing to be in flight', () => slots.every((slot) => supervisor.tables.slots.total[slot] === 0));
  await until('every line to be written', () => linesOf(file).length >= answers.length);
  const lines = linesOf(file);
  const metrics = new MetricSamples((await ask(supervisor.adminPort, '/metrics')).body);
  const admin = JSON.parse((await ask(supervisor.adminPort, '/admin/metrics')).body) as MetricsAnswer;

  // Requests and statuses.
  const statuses = tally(answers, ({ status }) => status);
  t.diagnostic(`${answers.length} requests: ${JSON.stringify(statuses)}`);
  assert.equal(lines.length, answers.length);
  assert.deepEqual(
    tally(lines, ({ status }) => status ?? -1),
    statuses,
  );
  assert.deepEqual(metrics.by('status', 'edgebalancer_requests_total'), statuses);
  assert.equal(admin.totalRequests, answers.length);
  for (const [name, count] of Object.entries(admin.statusClasses))
    assert.equal(count, answers.filter(({ status }) => `${Math.floor(status / 100)}xx` === name).length, name);
  for (const [listener, its] of Object.entries({ public: publicly.answers, second: bySecond }))
    assert.deepEqual(
      metrics.by('status', 'edgebalancer_requests_total', { listener }),
      tally(its, ({ status }) => status),
    );
  const methods = tally(answers, ({ method }) => (method === 'BREW' ? '_OTHER' : method));
  assert.deepEqual(metrics.by('method', 'edgebalancer_requests_total'), methods);
  assert.equal(metrics.sum('edgebalancer_request_duration_seconds_count'), answers.length);
  assert.equal(sum(admin.routes.map(({ samples }) => samples)), answers.length);

  // Attempts, retries, failovers.
  const attempts = lines.flatMap((line) => line.attempts ?? []);
  const again = sum(lines.map((line) => Math.max(0, (line.attempts ?? []).length - 1)));
  const failovers = lines.filter((line) => (line.attempts ?? []).length > 0 && isFailover(line)).length;
  t.diagnostic(`${attempts.length} attempts, ${again} made again, ${failovers} failovers`);
  assert.ok(again > 0 && failovers > 0, 'the load met faults');
  assert.equal(metrics.sum('edgebalancer_retries_total'), again);
  assert.equal(admin.retries, again);
  assert.equal(metrics.sum('edgebalancer_failovers_total'), failovers);
  assert.equal(admin.failovers, failovers);
  const outcomes = tally(attempts, ({ outcome }) => outcome);
  assert.ok(
    ['reset', 'gateway-error', 'server-error', 'truncated'].every((one) => outcomes[one]),
    'of every kind',
  );
  assert.deepEqual(metrics.by('outcome', 'edgebalancer_upstream_requests_total'), outcomes);
  assert.deepEqual(
    metrics.by('backend', 'edgebalancer_upstream_requests_total'),
    tally(attempts, ({ backend }) => backend),
  );
  assert.equal(metrics.sum('edgebalancer_picks_total'), attempts.length);
  assert.equal(sum(Object.values(admin.backendSelection)), attempts.length);

  // Bytes.
  const sent = sum(lines.map(({ bytesOut }) => bytesOut));
  assert.equal(metrics.sum('edgebalancer_bytes_total', { direction: 'sent' }), sent);
  assert.equal(metrics.sum('edgebalancer_route_bytes_total', { direction: 'sent' }), sent);
  const received = sum(lines.map(({ bytesIn }) => bytesIn));
  assert.equal(metrics.sum('edgebalancer_bytes_total', { direction: 'received' }), received);
  assert.equal(metrics.sum('edgebalancer_route_bytes_total', { direction: 'received' }), received);

  // Nothing is left over.
  for (const gauge of ['edgebalancer_requests_in_flight', 'edgebalancer_upstream_in_flight'])
    assert.equal(metrics.sum(gauge), 0, gauge);
  assert.equal(metrics.sum('edgebalancer_connections', { state: 'active' }), 0);
  assert.equal(metrics.sum('edgebalancer_upstream_connections', { state: 'active' }), 0);
  assert.equal(metrics.sum('edgebalancer_upstream_connections', { state: 'connecting' }), 0);
});
