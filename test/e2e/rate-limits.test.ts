/** Rate limits as clients meet them, with two workers that share the buckets. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Supervisor } from '#supervisor/supervisor.ts';
import { Origin, ask, type Reply } from '../support/origin.ts';
import { draftFrom } from '../support/supervised.ts';
import { LogRecord } from '../support/virtual-timers.ts';

interface Rig {
  readonly port: number;
  readonly supervisor: Supervisor;
  readonly origin: Origin;
  readonly config: (rateLimits: object) => object;
}

async function rig(t: TestContext, rateLimits: object, listener: object = {}): Promise<Rig> {
  const origin = await Origin.start('a');
  t.after(() => origin.stop());
  const config = (limits: object): object => ({
    workers: 2,
    listeners: [{ address: '127.0.0.1:0', ...listener }],
    state: { dir: null },
    admin: { address: null, publicRead: true },
    log: { access: null },
    rateLimits: { 'per-client': null, ...limits },
    routes: [
      { name: 'app', match: { path: '/app/' }, pool: 'app', rateLimits: Object.keys(limits) },
      { name: 'free', match: { path: '/free/' }, pool: 'app', rateLimits: [] },
    ],
    pools: { app: { health: null, backends: [origin.url] } },
  });
  const supervisor = new Supervisor({ draft: await draftFrom(config(rateLimits)), log: new LogRecord() });
  t.after(() => supervisor.stop());
  await supervisor.start();
  return { port: supervisor.ports['public'] as number, supervisor, origin, config };
}

const statuses = async (asked: readonly Promise<Reply>[]): Promise<number[]> =>
  (await Promise.all(asked)).map(({ status }) => status).sort();
const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
const withHeaders = (port: number, path: string, headers: Record<string, string>): Promise<Reply> =>
  ask(port, path, { headers } as never);

test('two workers together let through the burst and no more, before any backend is asked', async (t) => {
  const { port, origin, supervisor } = await rig(t, { few: { rate: '1/min', burst: 7 } });
  const seen = await statuses(times(40, () => ask(port, '/app/x')));
  assert.deepEqual(seen, [...times(7, () => 200), ...times(33, () => 429)]);
  assert.equal(origin.served, 7);
  assert.equal(supervisor.tables.counters.global('rateLimited'), 33);
  assert.equal((await ask(port, '/free/x')).status, 200, 'a route without limits is not touched');
});

test('the fields of an answer, let through or refused', async (t) => {
  const { port } = await rig(t, { few: { rate: '1/min', burst: 2 } });
  const first = await ask(port, '/app/x');
  assert.equal(first.headers['ratelimit-policy'], '"few";q=2;w=120');
  assert.equal(first.headers['ratelimit'], '"few";r=1;t=60');
  await ask(port, '/app/x');
  const refused = await ask(port, '/app/x');
  assert.equal(refused.status, 429);
  assert.equal(refused.headers['x-edgebalancer-reason'], 'rate-limited');
  assert.match(String(refused.headers['ratelimit']), /^"few";r=0;t=1[12]\d$/);
  const after = Number(refused.headers['retry-after']);
  assert.ok(after > 50 && after <= 60, `${after}`);
  assert.equal((await ask(port, '/free/x')).headers['ratelimit'], undefined);
});

test('by header: each value its own allowance; without it, the one of its client', async (t) => {
  const { port } = await rig(t, { keyed: { key: { header: 'x-api-key' }, rate: '1/min', burst: 1 } });
  for (const key of ['a', 'b']) {
    assert.equal((await withHeaders(port, '/app/x', { 'x-api-key': key })).status, 200);
    assert.equal((await withHeaders(port, '/app/x', { 'x-api-key': key })).status, 429);
  }
  assert.equal((await ask(port, '/app/x')).status, 200);
  assert.equal((await ask(port, '/app/x')).status, 429);
});

test('by cookie, by route, and all together; the nearest to its end is shown', async (t) => {
  const { port } = await rig(t, {
    session: { key: { cookie: 'sid' }, rate: '1/min', burst: 2 },
    whole: { key: 'route', rate: '1/min', burst: 3 },
  });
  const as = (sid: string) => withHeaders(port, '/app/x', { cookie: `a=b; sid=${sid}` });
  const first = await as('one');
  assert.equal(first.headers['ratelimit-policy'], '"session";q=2;w=120, "whole";q=3;w=180');
  assert.match(String(first.headers['ratelimit']), /^"session";r=1;/);
  assert.equal((await as('one')).status, 200);
  assert.match(String((await as('one')).headers['ratelimit']), /^"session";r=0;/);
  assert.equal((await as('two')).status, 200);
  const refused = await as('three');
  assert.equal(refused.status, 429);
  assert.match(String(refused.headers['ratelimit']), /^"whole";r=0;/);
});

test('a limit on trial counts and refuses nothing', async (t) => {
  const { port, supervisor } = await rig(t, { trial: { rate: '1/min', burst: 1, dryRun: true } });
  const seen = await Promise.all(times(5, () => ask(port, '/app/x')));
  assert.deepEqual(
    seen.map(({ status }) => status),
    [200, 200, 200, 200, 200],
  );
  assert.equal(seen[0]?.headers['ratelimit'], undefined);
  assert.equal(supervisor.tables.counters.limitCount(0, 1), 4);
  assert.equal(supervisor.tables.counters.global('rateLimited'), 0);
});

test('behind a trusted proxy each of its clients has an allowance', async (t) => {
  const { port } = await rig(t, { few: { rate: '1/min', burst: 1 } }, { trustedProxies: ['127.0.0.1/32'] });
  const from = (address: string) => withHeaders(port, '/app/x', { 'x-forwarded-for': address });
  assert.equal((await from('203.0.113.1')).status, 200);
  assert.equal((await from('203.0.113.1')).status, 429);
  assert.equal((await from('203.0.113.2')).status, 200);
  assert.equal((await from('2001:db8::1')).status, 200);
  assert.equal((await from('2001:db8::2')).status, 429, 'one /64');
});

test('what was used stays used over a reload; a new rate holds at once', async (t) => {
  const { port, supervisor, config } = await rig(t, { few: { rate: '1/min', burst: 1 } });
  assert.equal((await ask(port, '/app/x')).status, 200);
  assert.ok(await supervisor.reload(await draftFrom(config({ few: { rate: '1/min', burst: 1 } }))));
  assert.equal((await ask(port, '/app/x')).status, 429);
  assert.ok(await supervisor.reload(await draftFrom(config({ few: { rate: '1/min', burst: 3 } }))));
  assert.deepEqual(
    await statuses(times(4, () => ask(port, '/app/x'))),
    [200, 200, 200, 429],
    'whole, in its new units',
  );
});
