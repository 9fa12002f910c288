/** Changes through the admin API while requests run: none fails, each is obeyed at once, and nothing learned is lost. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BackendEntry, BackendsAnswer } from '#contract/admin.ts';
import { administer, type Administered } from '../support/admin-client.ts';
import { Origin, ask } from '../support/origin.ts';
import { until } from '../support/until.ts';
import { BackendProcess } from '../faults/support/backend-process.ts';
import { timesReceived } from '../faults/support/journal.ts';
import { Load } from '../faults/support/load.ts';

const PER_SECOND = 300;

async function entry(api: Administered, id: string): Promise<BackendEntry> {
  const { pools } = (await api.operate('GET', '/admin/backends')).data as BackendsAnswer;
  const found = pools[0]?.backends.find((backend) => backend.id === id);
  assert.ok(found, `there is a backend ${id}`);
  return found;
}

async function change(api: Administered, method: string, path: string, body?: object): Promise<void> {
  const reply = await api.operate(method, path, body === undefined ? {} : { body });
  assert.equal(reply.status, 200, reply.text);
  assert.equal(reply.data.obeyed, true);
}

describe('under load', () => {
  test('every kind of change is made, and no request fails', async (t) => {
    const backends = await BackendProcess.many(t, 4, { delayMs: 5 });
    const [a, b, c, d] = backends.map(({ id, url }) => ({ id, url })) as [Named, Named, Named, Named];
    const api = await administer(t, { workers: 2, backends: [a, b, c] });
    const load = Load.start(t, {
      port: api.port,
      perSecond: PER_SECOND,
      shape: (n) => (n % 2 === 0 ? { method: 'GET' } : { method: 'POST', bytes: 100 * (n % 50) }),
    });
    await load.answered(50);
    const { data: first } = await api.operate('GET', '/admin/config');
    const changes: [method: string, path: string, body?: object][] = [
      ['POST', '/admin/backends', { pool: 'app', ...d, weight: 2 }],
      ['PATCH', `/admin/backends/app/${a.id}`, { weight: 5 }],
      ['PUT', '/admin/strategy', { pool: 'app', strategy: 'least-connections' }],
      ['PATCH', `/admin/backends/app/${b.id}`, { state: 'draining' }],
      ['PATCH', `/admin/backends/app/${c.id}`, { state: 'maintenance' }],
      ['PUT', '/admin/strategy', { pool: 'app', strategy: { name: 'consistent-hash', on: 'path' } }],
      ['PATCH', `/admin/backends/app/${b.id}`, { state: 'active' }],
      ['DELETE', `/admin/backends/app/${a.id}`],
      ['POST', '/admin/config/rollback'],
      ['PUT', '/admin/config', first.config],
      ['PUT', '/admin/strategy', { pool: 'app', strategy: 'adaptive' }],
      ['PATCH', `/admin/backends/app/${a.id}`, { tier: 1 }],
      ['POST', '/admin/config/rollback', { revision: 3 }],
    ];
    for (const [method, path, body] of changes) {
      await change(api, method, path, body);
      await load.answered(40);
    }
    assert.equal(api.supervisor.plan.revision, changes.length + 1);
    const result = await load.stop();
    result.assertNoError();
    for (const [id, times] of timesReceived(backends.map(({ journal }) => journal))) assert.equal(times, 1, id);
    await until('nothing to be in flight', () => api.supervisor.tables.slots.total.every((count) => count === 0));
  });

  test('a hundred changes at once are all made, one after another', async (t) => {
    const backends = await BackendProcess.many(t, 3);
    const api = await administer(t, { workers: 2, backends: backends.map(({ id, url }) => ({ id, url })) });
    const load = Load.start(t, { port: api.port, perSecond: PER_SECOND });
    await load.answered(30);
    const patch = (at: number) =>
      api.operate('PATCH', `/admin/backends/app/${backends[at % 3]!.id}`, { body: { weight: 1.5 + at / 10 } });
    // As many at once as one address may have connections.
    const replies = await Promise.all(Array.from({ length: 50 }, (_, at) => patch(at)));
    replies.push(...(await Promise.all(Array.from({ length: 50 }, (_, at) => patch(50 + at)))));
    assert.deepEqual(
      replies.filter(({ status }) => status !== 200).map(({ text }) => text),
      [],
    );
    assert.deepEqual(
      replies.map(({ data }) => data.revision as number).toSorted((x, y) => x - y),
      Array.from({ length: 100 }, (_, at) => at + 2),
    );
    await load.answered(30);
    (await load.stop()).assertNoError();
  });
});

describe('a backend that is taken out of rotation', () => {
  for (const state of ['draining', 'maintenance'] as const) {
    test(`${state}: it gets nothing new, what runs there ends, probes go on, and it comes back with all it had`, async (t) => {
      const a = await Origin.start('a');
      const b = await Origin.start('b');
      t.after(() => Promise.all([a.stop(), b.stop()]));
      const api = await administer(t, {
        health: { interval: '100ms' },
        backends: [
          { id: 'a', url: a.url },
          { id: 'b', url: b.url },
        ],
      });
      await until(
        'both to be probed',
        async () => (await entry(api, 'b')).state === 'healthy' && (await entry(api, 'a')).state === 'healthy',
      );
      const slot = api.supervisor.plan.pools[0]?.backends[0]?.slot as number;
      a.hold();
      const running = [ask(api.port, '/proxy/x'), ask(api.port, '/proxy/x')];
      await until('one to be with it', () => a.heldCount === 1);
      await change(api, 'PATCH', '/admin/backends/app/a', { state });
      const probes = a.probes;
      assert.deepEqual([(await entry(api, 'a')).state, (await entry(api, 'a')).inFlight], [state, 1]);
      for (let turn = 0; turn < 6; turn++) assert.equal((await ask(api.port, '/proxy/x')).body, 'b');
      assert.equal(a.heldCount, 1);
      await until('it to be probed again', () => a.probes > probes);
      a.release();
      assert.deepEqual((await Promise.all(running)).map(({ body }) => body).toSorted(), ['a', 'b']);
      await until('it to be settled', async () => (await entry(api, 'a')).inFlight === 0);
      const before = await entry(api, 'a');
      await change(api, 'PATCH', '/admin/backends/app/a', { state: 'active', weight: 3 });
      const after = await entry(api, 'a');
      assert.deepEqual([after.state, after.weight, after.requests], ['healthy', 3, before.requests]);
      assert.equal(api.supervisor.plan.pools[0]?.backends[0]?.slot, slot);
      const seen = new Set<string>();
      for (let turn = 0; turn < 8; turn++) seen.add((await ask(api.port, '/proxy/x')).body);
      assert.ok(seen.has('a'));
    });
  }

  test('all of them: requests are told that there is no backend, and the change has warned of it', async (t) => {
    const a = await Origin.start('a');
    t.after(() => a.stop());
    const api = await administer(t, { backends: [{ id: 'a', url: a.url }] });
    const { data } = await api.operate('PATCH', '/admin/backends/app/a', { body: { state: 'maintenance' } });
    assert.match(String(data.warnings), /no backend is `active`/);
    const reply = await ask(api.port, '/proxy/x');
    assert.deepEqual([reply.status, reply.headers['x-edgebalancer-reason']], [503, 'no-backend']);
  });
});

interface Named {
  readonly id: string;
  readonly url: string;
}
