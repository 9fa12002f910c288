/** Requests that are recorded and explained, over real HTTP: which are, what is told of them, and whose wish counts. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import type { AttemptEntry, RequestAnswer, RequestsAnswer } from '#contract/requests.ts';
import { STRATEGIES } from '#core/strategies/index.ts';
import { runCommand } from '../support/command-run.ts';
import { administer, callAdmin, OPERATOR, VIEWER, type Administered } from '../support/admin-client.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';

interface House extends Administered {
  readonly origins: readonly Origin[];
  /** Sends a request; its id. */
  readonly send: (path?: string, headers?: Record<string, string>) => Promise<{ id: string; status: number }>;
  /** As soon as it is recorded: an answer may be here before its exchange is over. */
  readonly explained: (id: string) => Promise<RequestAnswer>;
  readonly list: (query?: string) => Promise<RequestsAnswer>;
}

async function house(t: TestContext, settings: Parameters<typeof administer>[1] = {}, count = 3): Promise<House> {
  const origins = await Promise.all(Array.from({ length: count }, (_, at) => Origin.start(`origin-${at}`)));
  for (const origin of origins) t.after(() => origin.stop());
  const backends = origins.map(({ id, url }) => ({ id, url }));
  const admin = await administer(t, { backends, requests: { sample: '100%', keep: 500 }, ...settings });
  const read = (path: string) => callAdmin(admin.adminPort, 'GET', path, { token: VIEWER });
  return {
    ...admin,
    origins,
    send: async (path = '/proxy/x', headers = {}) => {
      const { headers: given, status } = await callAdmin(admin.port, 'GET', path, { headers });
      return { id: String(given['x-request-id']), status };
    },
    explained: (id) =>
      until(`record of ${id}`, async () => {
        const answer = await read(`/admin/requests/${id}`);
        return answer.status === 200 ? (answer.data as RequestAnswer) : null;
      }),
    list: async (query = '') => (await read(`/admin/requests${query}`)).data as RequestsAnswer,
  };
}

function only(answer: RequestAnswer): AttemptEntry {
  assert.equal(answer.attempts.length, 1, JSON.stringify(answer.attempts));
  return answer.attempts[0] as AttemptEntry;
}

describe('a sampled request', () => {
  for (const { name, explains } of STRATEGIES) {
    test(`is explained with ${name}, and its pick can be made again`, async (t) => {
      const { send, explained } = await house(t, { strategy: name, pool: { retry: null } });
      const ids: string[] = [];
      for (let i = 0; i < 12; i++) ids.push((await send(`/proxy/page?user=${i}&token=hush`)).id);
      for (const [i, id] of ids.entries()) {
        const answer = await explained(id);
        const { decision, backend, outcome, status, reason, firstByteMs, ms } = only(answer);
        assert.ok(firstByteMs !== null && firstByteMs >= 0 && firstByteMs <= ms + 1, `${firstByteMs} of ${ms} ms`);
        assert.deepEqual(
          [answer.target, answer.method, answer.pool],
          [`/proxy/page?user=${i}&token=REDACTED`, 'GET', 'app'],
        );
        assert.deepEqual([outcome, status, reason, answer.why], ['success', 200, 'first', answer.why]);
        assert.ok(decision !== null, 'the pick of a sampled request is recorded');
        assert.deepEqual([decision.strategy, decision.chosen, decision.reproduced], [name, backend, true]);
        assert.deepEqual(
          decision.candidates.map((one) => one.backend),
          ['origin-0', 'origin-1', 'origin-2'],
        );
        for (const candidate of decision.candidates)
          assert.deepEqual(Object.keys(candidate.inputs), [...explains.inputs]);
        assert.deepEqual(Object.keys(decision.state), [...explains.state]);
      }
    });
  }

  test('tells who was left out, and why', async (t) => {
    const { send, explained, operate } = await house(t);
    await operate('PATCH', '/admin/backends/app/origin-0', { body: { state: 'draining' } });
    await operate('PATCH', '/admin/backends/app/origin-1', { body: { state: 'maintenance' } });
    const { decision } = only(await explained((await send()).id));
    assert.deepEqual(
      decision?.excluded.map(({ backend, why }) => [backend, why]),
      [
        ['origin-0', 'draining'],
        ['origin-1', 'maintenance'],
      ],
    );
    assert.deepEqual([decision?.chosen, decision?.candidates.length], ['origin-2', 1]);
  });

  test('has no request of the control plane beside it, and is found by what it was', async (t) => {
    const { send, explained, list, port } = await house(t, { workers: 2 });
    const ids = await Promise.all(Array.from({ length: 10 }, () => send()));
    for (const { id } of ids) await explained(id);
    await callAdmin(port, 'GET', '/admin/overview', { token: VIEWER });
    const recent = await list('?limit=200');
    assert.deepEqual(new Set(recent.requests.map(({ id }) => id)), new Set(ids.map(({ id }) => id)));
    assert.deepEqual([recent.list, recent.sample, recent.missingWorkers], ['recent', 1, []]);
    const ended = recent.requests.map(({ at, durationMs }) => Date.parse(at) + durationMs);
    for (const [i, end] of ended.slice(1).entries()) assert.ok(end <= (ended[i] as number) + 2, 'the newest first');
    const of = async (query: string): Promise<number> => (await list(query)).requests.length;
    assert.equal(await of('?limit=3'), 3);
    assert.equal(await of('?pool=app&route=app-proxy'), 0);
    assert.equal(await of('?pool=other'), 0);
    assert.equal(await of('?status=200'), 10);
    assert.equal(await of('?status=404'), 0);
    assert.equal(await of('?minMs=60000'), 0);
    assert.equal(await of('?list=failed'), 0);
    const byBackend = await Promise.all(['0', '1', '2'].map((at) => of(`?backend=origin-${at}`)));
    assert.equal(
      byBackend.reduce((sum, count) => sum + count, 0),
      10,
    );
    const slowest = (await list('?list=slowest')).requests.map(({ durationMs }) => durationMs);
    assert.deepEqual(
      slowest,
      slowest.toSorted((a, b) => b - a),
    );
    assert.equal(slowest.length, 10);
  });
});

describe('a request that nobody sampled', () => {
  const unsampled = { requests: { sample: '0%' } };

  test('is kept when it failed and was tried again, with how the second backend was picked', async (t) => {
    const { send, explained, origins, list } = await house(t, { ...unsampled, strategy: 'consistent-hash' }, 2);
    const first = only(await explained((await send()).id)).backend;
    const second = first === 'origin-0' ? 'origin-1' : 'origin-0';
    await origins.find(({ id }) => id === first)!.stop();
    const ids = [(await send('/proxy/one?key=hush')).id];
    await until('one tried again', async () => (await list('?list=retried')).requests.length > 0);
    const [entry] = (await list('?list=retried')).requests;
    assert.ok(entry !== undefined && ids.includes(entry.id));
    const answer = await explained(entry.id);
    assert.deepEqual([answer.why, answer.status, answer.method], ['retried', 200, 'GET']);
    assert.match(answer.target, /^\/proxy\//);
    assert.doesNotMatch(answer.target, /hush/);
    assert.deepEqual(answer.attempts.map(({ backend, outcome, reason }) => [backend, outcome, reason]), [
      [first, 'connect-failure', 'first'],
      [second, 'success', 'failover'],
    ]); // prettier-ignore
    assert.equal(answer.attempts[0]?.decision, null, 'the first pick was over before it failed');
    const decision = answer.attempts[1]?.decision;
    assert.deepEqual([decision?.way, decision?.chosen, decision?.reproduced], ['among', second, true]);
    assert.deepEqual(
      decision?.excluded.map(({ backend, why }) => [backend, why]),
      [[first, 'tried']],
    );
  });

  test('is kept when there was nobody to send it to, with why', async (t) => {
    const { send, explained, operate, list } = await house(t, unsampled, 1);
    await operate('PATCH', '/admin/backends/app/origin-0', { body: { state: 'maintenance' } });
    const { id, status } = await send('/proxy/nobody');
    assert.equal(status, 503);
    const answer = await explained(id);
    assert.deepEqual([answer.why, answer.reason, answer.target], ['failed', 'no-backend', '/proxy/nobody']);
    assert.deepEqual(answer.attempts, []);
    assert.deepEqual([answer.refused?.way, answer.refused?.chosen], ['none', null]);
    assert.deepEqual(
      answer.refused?.excluded.map(({ why }) => why),
      ['maintenance'],
    );
    assert.equal((await list('?list=failed')).requests.length, 1);
  });

  test('is among the slowest for as long as others were faster', async (t) => {
    const { send, explained } = await house(t, unsampled, 1);
    const answer = await explained((await send('/proxy/slow', { 'user-agent': 'a test' })).id);
    assert.deepEqual([answer.why, answer.status, answer.userAgent], ['slow', 200, 'a test']);
    const { decision, firstByteMs, ms } = only(answer);
    // No clock is read for an exchange that nobody wants notes of.
    assert.ok(decision === null && firstByteMs === null && ms <= answer.durationMs + 1);
  });

  test('is recorded when an operator asks for it, and the header goes nowhere', async (t) => {
    const heads: Record<string, unknown>[] = [];
    const server = createServer((request, response) => {
      heads.push(request.headers);
      response.end('ok');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { send, explained, operate, list } = await house(t, { ...unsampled, backends: [{ id: 'one', url }] });
    const made = (await operate('POST', '/admin/tokens', { body: { name: 'asker', role: 'operator' } })).data
      .token as string;
    const asks = async (token: string): Promise<string | undefined> => {
      const { id } = await send('/proxy/asked', { 'x-edgebalancer-explain': token });
      const answer = await explained(id);
      return answer.why;
    };
    assert.equal(await asks(made), 'asked');
    assert.equal(await asks(OPERATOR), 'asked');
    assert.equal(await asks(VIEWER), 'slow', 'a viewer may not ask');
    assert.equal(await asks('eb_wrong'), 'slow');
    const asked = await list('?list=asked');
    assert.equal(asked.requests.length, 2);
    assert.ok(only(await explained(asked.requests[0]?.id ?? '')).decision !== null);
    assert.equal((await operate('DELETE', '/admin/tokens/asker')).status, 204);
    assert.equal(await asks(made), 'slow', 'a revoked token stops at once');
    assert.equal(heads.length, 5);
    for (const head of heads) assert.equal(head['x-edgebalancer-explain'], undefined);
    assert.doesNotMatch(JSON.stringify(await list('?limit=200')), new RegExp(made));
  });
});

test('an id that is not recorded gets a 404 that says why it may not be there; bad queries a 400', async (t) => {
  const { adminPort, list } = await house(t, { requests: null });
  const missing = await callAdmin(adminPort, 'GET', '/admin/requests/none-such', { token: VIEWER });
  assert.equal(missing.status, 404);
  assert.match(missing.data.detail, /requests\.sample.*x-edgebalancer-explain/);
  assert.deepEqual(await list(), { list: 'recent', sample: null, requests: [], missingWorkers: [] });
  for (const bad of ['?limit=0', '?limit=201', '?list=all', '?status=ok', '?minMs=-1', '?colour=red']) {
    const answer = await callAdmin(adminPort, 'GET', `/admin/requests${bad}`, { token: VIEWER });
    assert.equal(answer.status, 400, bad);
  }
});

test('whoever reads without a token is not told who the clients are', async (t) => {
  const { send, explained, adminPort } = await house(t, { adminSettings: { publicRead: true } });
  const { id } = await send();
  assert.equal((await explained(id)).client, '127.0.0.1');
  const anonymous = await callAdmin(adminPort, 'GET', `/admin/requests/${id}`);
  assert.deepEqual([anonymous.status, anonymous.data.client], [200, null]);
  const listed = await callAdmin(adminPort, 'GET', '/admin/requests');
  assert.equal(listed.data.requests[0].client, null);
});

test('a change of what is recorded applies at once, to requests that come', async (t) => {
  const { send, explained, operate, list, adminPort } = await house(t);
  await explained((await send()).id);
  const { config } = (await callAdmin(adminPort, 'GET', '/admin/config', { token: OPERATOR })).data;
  assert.deepEqual(config.requests, { sample: '100%', keep: 500 });
  const off = await operate('PUT', '/admin/config', { body: { ...config, requests: null } });
  assert.equal(off.status, 200, off.text);
  assert.match((off.data.diff as string[]).join('\n'), /requests/);
  const { id } = await send();
  assert.equal((await callAdmin(adminPort, 'GET', `/admin/requests/${id}`, { token: VIEWER })).status, 404);
  assert.equal((await list()).sample, null);
});

test('the command tells the story of a request, of one that it makes itself too, and lists them', async (t) => {
  const { send, explained, port, adminPort } = await house(t, { requests: { sample: '0%' } });
  const env = { EDGEBALANCER_ADMIN: `http://127.0.0.1:${adminPort}`, EDGEBALANCER_TOKEN: OPERATOR };
  const run = (...args: string[]) => runCommand(args, { env });
  const url = `http://127.0.0.1:${port}/proxy/made`;
  const made = await run('explain', '--url', url);
  assert.equal(made.code, 0, made.both);
  assert.match(made.both, /^GET \/proxy\/made at 127\.0\.0\.1:\d+: 200 after [\d.]+ ms\n/);
  assert.match(made.both, /Recorded because an operator asked for it\./);
  assert.match(made.both, /Picked by round-robin: chosen by the strategy among all candidates\./);
  assert.match(made.both, /Made again from this record, the pick is the same\./);
  assert.doesNotMatch(made.both, new RegExp(OPERATOR));
  const { id } = await send('/proxy/slow');
  await explained(id);
  assert.match((await run('explain', id)).both, /How it was picked was not recorded\./);
  const list = await run('requests', '--list', 'slowest', '--status', '200');
  assert.match(list.both, /\/proxy\/slow/);
  assert.match((await run('requests', '--status', '404')).both, /^No such request is recorded\.\n$/);
  const unknown = await run('explain', 'none-such');
  assert.deepEqual([unknown.code, /No request none-such is recorded/.test(unknown.both)], [1, true]);
  for (const args of [['explain'], ['explain', 'x', '--url', url], ['requests', '--list', 'all']])
    assert.equal((await run(...args)).code, 2, args.join(' '));
  assert.match((await run('explain', '--url', 'ftp://x')).both, /--url wants a URL such as/);
});
