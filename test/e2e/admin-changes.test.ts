/** Live changes over the API: dry runs, versions, undoing, the audit, and everything that is refused without a trace. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Origin, ask } from '../support/origin.ts';
import { administer, callAdmin, listOf, stateDirectory, VIEWER, type Administered } from '../support/admin-client.ts';

const a = await Origin.start('a');
const b = await Origin.start('b');
after(() => Promise.all([a.stop(), b.stop()]));

const pair = [
  { id: 'a', url: a.url },
  { id: 'b', url: b.url },
];

async function backends(api: Administered): Promise<Record<string, { weight: number; state: string; url: string }>> {
  const { data } = await api.operate('GET', '/admin/backends');
  return Object.fromEntries(listOf(data.pools[0].backends).map((one) => [one.id, one]));
}

/** Who answers, of ten requests. */
async function answering(port: number): Promise<string[]> {
  const seen = new Set<string>();
  for (let turn = 0; turn < 10; turn++) seen.add((await ask(port, '/proxy/x')).body);
  return [...seen].toSorted();
}

describe('changes', () => {
  test('a backend is added, weighted, drained, brought back and removed', async (t) => {
    const api = await administer(t, { backends: [pair[0] as object as { id: string; url: string }] });
    const added = await api.operate('POST', '/admin/backends', {
      body: { pool: 'app', id: 'b', url: b.url, weight: 2 },
    });
    assert.deepEqual([added.status, added.data.changed, added.data.obeyed], [200, true, true]);
    assert.deepEqual(await answering(api.port), ['a', 'b']);
    assert.equal((await backends(api))['b']?.weight, 2);
    await api.operate('PATCH', '/admin/backends/app/b', { body: { weight: 5 } });
    assert.equal((await backends(api))['b']?.weight, 5);
    await api.operate('PATCH', '/admin/backends/app/b', { body: { state: 'draining' } });
    assert.equal((await backends(api))['b']?.state, 'draining');
    assert.deepEqual(await answering(api.port), ['a']);
    await api.operate('PATCH', '/admin/backends/app/b', { body: { state: 'active' } });
    assert.deepEqual(await answering(api.port), ['a', 'b']);
    assert.equal((await api.operate('DELETE', '/admin/backends/app/b')).status, 200);
    assert.deepEqual(await answering(api.port), ['a']);
    const { data } = await api.operate('GET', '/admin/audit');
    const [newest] = data.entries;
    assert.deepEqual(
      [newest.by, newest.action, newest.ok],
      [{ name: 'ops', from: '127.0.0.1' }, 'config.change', true],
    );
    assert.equal(newest.summary, 'backend b removed from app');
  });

  test('ids are percent-decoded: an address, a socket', async (t) => {
    const api = await administer(t, { backends: [`http://127.0.0.1:${a.port}`, 'unix:/tmp/x y.sock'] });
    const at = encodeURIComponent(`127.0.0.1:${a.port}`);
    assert.equal((await api.operate('PATCH', `/admin/backends/app/${at}`, { body: { weight: 3 } })).status, 200);
    assert.equal(
      (await api.operate('PATCH', `/admin/backends/app/127.0.0.1:${a.port}`, { body: { weight: 4 } })).status,
      200,
    );
    const ids = Object.keys(await backends(api));
    const socket = ids.find((id) => id.includes('/')) as string;
    assert.equal((await api.operate('DELETE', `/admin/backends/app/${encodeURIComponent(socket)}`)).status, 200);
    const missing = await api.operate('DELETE', '/admin/backends/app/nope');
    assert.deepEqual([missing.status, missing.data.status], [404, 404]);
  });

  test('strategies: by name, with parameters beside it or in params; what is read can be put', async (t) => {
    const api = await administer(t, { backends: pair });
    const put = (strategy: unknown) => api.operate('PUT', '/admin/strategy', { body: { pool: 'app', strategy } });
    const named = await put('consistent-hash');
    assert.deepEqual([named.status, named.data.pool, named.data.strategy.name], [200, 'app', 'consistent-hash']);
    assert.equal(typeof named.data.strategy.params.balanceFactor, 'number');
    const flat = await put({ name: 'consistent-hash', on: { header: 'x-user' }, balanceFactor: 2 });
    assert.equal(flat.data.strategy.params.balanceFactor, 2);
    const { data } = await api.operate('GET', '/admin/strategy');
    assert.deepEqual(data.pools.app, flat.data.strategy);
    assert.deepEqual([data.pools.app.on, flat.data.strategy.on], [{ header: 'x-user' }, { header: 'x-user' }]);
    const hashing = listOf(data.available).filter((one) => 'on' in one);
    assert.deepEqual(
      hashing.map((one) => [one.name, one.on]),
      [
        ['consistent-hash', 'client-ip'],
        ['ring-hash', 'client-ip'],
      ],
    );
    const again = await put(data.pools.app);
    assert.deepEqual([again.status, again.data.changed], [200, false]);
    for (const wrong of ['randm', { name: 'random', balanceFactor: 2 }, {}, 7, null])
      assert.equal((await put(wrong)).status, 400, JSON.stringify(wrong));
  });

  test('dry runs say what would change, and change nothing', async (t) => {
    const api = await administer(t, { backends: pair });
    const { data: before, headers } = await api.operate('GET', '/admin/config');
    const calls: [string, string, unknown][] = [
      ['POST', '/admin/backends?dryRun=true', { pool: 'app', url: 'http://10.0.0.1:80' }],
      ['PATCH', '/admin/backends/app/a?dryRun=true', { weight: 9 }],
      ['DELETE', '/admin/backends/app/a?dryRun=true', undefined],
      ['PUT', '/admin/strategy?dryRun=true', { pool: 'app', strategy: 'random' }],
      ['PUT', '/admin/config?dryRun=true', { ...before.config, pools: { app: { backends: ['http://10.0.0.1:80'] } } }],
    ];
    for (const [method, path, body] of calls) {
      const { status, data } = await api.operate(method, path, body === undefined ? {} : { body });
      assert.deepEqual([status, data.dryRun, data.changed], [200, true, true], path);
      assert.ok(data.diff.length > 0, path);
    }
    const again = await api.operate('GET', '/admin/config');
    assert.deepEqual([again.headers.etag, again.data], [headers.etag, before]);
    const { data } = await api.operate('GET', '/admin/audit');
    assert.deepEqual(
      listOf(data.entries).map(({ action }: { action: string }) => action),
      ['config.load'],
    );
    const token = await api.operate('POST', '/admin/tokens?dryRun=true', { body: { name: 'x' } });
    assert.equal(token.status, 400, 'what has no dry run does not do it in earnest');
  });

  test('If-Match holds off whoever looked at something older', async (t) => {
    const api = await administer(t, { backends: pair });
    const { headers } = await api.operate('GET', '/admin/config');
    const ifMatch = (tag: string) => ({ headers: { 'if-match': tag }, body: { weight: Math.random() + 1 } });
    const etag = headers.etag as string;
    const first = await api.operate('PATCH', '/admin/backends/app/a', ifMatch(etag));
    assert.equal(first.status, 200);
    assert.notEqual(first.headers.etag, etag);
    const stale = await api.operate('PATCH', '/admin/backends/app/a', ifMatch(etag));
    assert.deepEqual([stale.status, stale.headers.etag], [412, first.headers.etag]);
    for (const tag of [`"other", ${first.headers.etag}`, '*'])
      assert.equal((await api.operate('PATCH', '/admin/backends/app/a', ifMatch(tag))).status, 200, tag);
    for (const tag of ['nonsense', `W/${etag}`, ''])
      assert.equal((await api.operate('PATCH', '/admin/backends/app/a', ifMatch(tag))).status, 412, tag);
    const { status, text } = await api.operate('GET', '/admin/config', {
      headers: { 'if-none-match': (await api.operate('GET', '/admin/config')).headers.etag as string },
    });
    assert.deepEqual([status, text], [304, '']);
  });

  test('the whole configuration: what was read can be put, secrets and all, as data and as YAML', async (t) => {
    const api = await administer(t, { backends: pair });
    const { data } = await api.operate('GET', '/admin/config');
    assert.equal(data.config.admin.tokens[0].hash, '***');
    const same = await api.operate('PUT', '/admin/config', { body: data });
    assert.deepEqual([same.status, same.data.changed], [200, false]);
    const changed = await api.operate('PUT', '/admin/config', { body: { ...data.config, workers: 2 } });
    assert.equal(changed.status, 200);
    assert.equal((await api.operate('GET', '/admin/overview')).status, 200, 'the token is still right');
    const yaml = { headers: { accept: 'application/yaml' } };
    const { text, headers } = await api.operate('GET', '/admin/config', yaml);
    assert.match(headers['content-type'] ?? '', /^application\/yaml/);
    const put = await api.operate('PUT', '/admin/config', {
      body: `# for the record\n${text}`,
      headers: { 'content-type': 'application/yaml' },
    });
    assert.equal(put.status, 200, put.text);
    assert.match((await api.operate('GET', '/admin/config', yaml)).text, /^# for the record/);
    const viewed = await callAdmin(api.adminPort, 'GET', '/admin/config', { ...yaml, token: VIEWER });
    assert.equal(viewed.status, 200);
    assert.doesNotMatch(viewed.text, /for the record/, 'comments are an operator’s to read');
    const wrong = await api.operate('PUT', '/admin/config', {
      body: 'a: [',
      headers: { 'content-type': 'application/yaml' },
    });
    assert.equal(wrong.status, 400);
  });

  test('rollbacks go back, and are revisions themselves', async (t) => {
    const api = await administer(t, { backends: pair });
    await api.operate('PATCH', '/admin/backends/app/a', { body: { weight: 7 } });
    await api.operate('PATCH', '/admin/backends/app/a', { body: { weight: 8 } });
    const back = await api.operate('POST', '/admin/config/rollback', { body: { revision: 1 } });
    assert.deepEqual([back.status, back.data.revision], [200, 4]);
    assert.equal((await backends(api))['a']?.weight, 1);
    const { data } = await api.operate('GET', '/admin/config/revisions');
    assert.deepEqual(
      listOf(data.revisions).map((one: { revision: number; source: string }) => [one.revision, one.source]),
      [
        [4, 'rollback'],
        [3, 'api'],
        [2, 'api'],
        [1, 'file'],
      ],
    );
    const { data: second } = await api.operate('GET', '/admin/config/revisions/2');
    assert.equal(second.config.pools.app.backends[0].weight, 7);
    assert.equal((await api.operate('POST', '/admin/config/rollback', { body: { revision: 99 } })).status, 404);
    assert.equal((await api.operate('GET', '/admin/config/revisions/99')).status, 404);
  });

  test('publicRead and tokens of the configuration are obeyed at once', async (t) => {
    const api = await administer(t, { backends: pair });
    const { data } = await api.operate('GET', '/admin/config');
    const [ops] = data.config.admin.tokens;
    const config = { ...data.config, admin: { ...data.config.admin, publicRead: true, tokens: [ops] } };
    assert.equal((await api.operate('PUT', '/admin/config', { body: config })).status, 200);
    assert.equal((await callAdmin(api.adminPort, 'GET', '/admin/overview')).status, 200);
    assert.equal((await callAdmin(api.adminPort, 'GET', '/admin/overview', { token: VIEWER })).status, 401);
  });

  test('the audit tells of them after a restart', async (t) => {
    const directory = stateDirectory(t);
    const api = await administer(t, { backends: pair }, { stateDir: directory });
    const patched = await api.operate('PATCH', '/admin/backends/app/a', { body: { weight: 2 } });
    assert.deepEqual([patched.status, patched.data.kept], [200, true]);
    await api.supervisor.stop();
    const again = await administer(t, { backends: pair }, { stateDir: directory });
    const { data } = await again.operate('GET', '/admin/audit');
    const told = listOf(data.entries).map(({ action, revision }: { action: string; revision: number }) => [
      action,
      revision,
    ]);
    assert.deepEqual(told.at(-2), ['config.change', 2]);
    assert.deepEqual(told.at(-1), ['config.load', 1]);
  });
});

describe('what cannot be', () => {
  const cases: [what: string, method: string, path: string, body: unknown, status: number, says: RegExp][] = [
    ['malformed JSON', 'POST', '/admin/backends', '{"pool": "app", "url": }', 400, /line 1, column 24/],
    ['not UTF-8', 'POST', '/admin/backends', 'not json', 400, /not JSON: line 1, column 1/],
    ['a list', 'POST', '/admin/backends', '[]', 400, /expected a mapping/],
    ['nothing', 'POST', '/admin/backends', '', 400, /^pool: is missing/],
    ['an unknown field', 'POST', '/admin/backends', { pool: 'app', ulr: 'http://x' }, 400, /did you mean `url`/],
    [
      'a wrong type',
      'POST',
      '/admin/backends',
      { pool: 'app', url: b.url, weight: '2' },
      400,
      /^weight: expected a number/,
    ],
    ['an impossible value', 'PATCH', '/admin/backends/app/a', { weight: -1 }, 400, /weight/],
    ['an infinite value', 'PATCH', '/admin/backends/app/a', '{"weight": 1e999}', 400, /weight/],
    ['an impossible state', 'PATCH', '/admin/backends/app/a', { state: 'drainin' }, 400, /did you mean `draining`/],
    ['nothing to change', 'PATCH', '/admin/backends/app/a', {}, 400, /nothing to change/],
    ['no URL', 'POST', '/admin/backends', { pool: 'app', url: 'ftp://x' }, 400, /^url: .*is not the URL/],
    ['__proto__', 'POST', '/admin/backends', '{"__proto__": {"pool": "app"}}', 400, /`__proto__` cannot be a key/],
    ['great depth', 'PUT', '/admin/config', `${'['.repeat(5000)}${']'.repeat(5000)}`, 400, /deeper/],
    ['an unknown parameter', 'DELETE', '/admin/backends/app/a?force=1', undefined, 400, /^\?force: unknown key/],
    ['a parameter twice', 'DELETE', '/admin/backends/app/a?dryRun=true&dryRun=false', undefined, 400, /^\?dryRun/],
    ['an unknown pool', 'POST', '/admin/backends', { pool: 'ap', url: b.url }, 404, /did you mean `app`/],
    ['an unknown backend', 'PATCH', '/admin/backends/app/c', { weight: 1 }, 404, /no backend `c`/],
    ['an id that is taken', 'POST', '/admin/backends', { pool: 'app', id: 'a', url: b.url }, 409, /already/],
    [
      'a listener that moves',
      'PUT',
      '/admin/config',
      {
        listeners: [{ address: '127.0.0.1:1' }],
        pools: { app: { backends: [b.url] } },
        admin: { tokens: [{ name: 'ops', role: 'operator', hash: '***' }] },
      },
      409,
      /restart/,
    ],
    ['a body where none is taken', 'DELETE', '/admin/backends/app/a', { force: true }, 400, /takes no body/],
    ['a body that is too large', 'POST', '/admin/backends', `{"pool": "${'x'.repeat(70_000)}"}`, 413, /larger/],
    [
      'a history that ends before it begins',
      'GET',
      '/admin/history?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z',
      undefined,
      400,
      /before/,
    ],
    ['a moment that is none', 'GET', '/admin/history?from=yesterday', undefined, 400, /ISO 8601/],
    ['an unknown region', 'GET', '/admin/cost?region=mars-north-1', undefined, 400, /^\?region/],
    ['no number', 'GET', '/admin/cost?tasks=many', undefined, 400, /^\?tasks: expected a number/],
    ['a token without a name', 'POST', '/admin/tokens', {}, 400, /^name: is missing/],
    ['a token for ever and a day', 'POST', '/admin/tokens', { name: 'x', expiresIn: '9999d' }, 400, /^expiresIn/],
    ['neither token nor code', 'POST', '/admin/session', {}, 400, /either `token` or `code`/],
  ];

  test('is refused by name, and nothing has changed', async (t) => {
    const api = await administer(t, { backends: pair });
    const before = await api.operate('GET', '/admin/config');
    for (const [what, method, path, body, status, says] of cases) {
      const answer = await api.operate(method, path, body === undefined ? {} : { body });
      assert.equal(answer.status, status, `${what}: ${answer.text}`);
      assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/, what);
      const errors = (answer.data.errors ?? []) as { path: string; message: string }[];
      const lines = errors.map(({ path: at, message }) => (at === '' ? message : `${at}: ${message}`));
      assert.ok(
        [answer.data.detail, ...lines].some((line) => says.test(line)),
        `${what}: ${answer.text}`,
      );
      assert.equal(errors.length > 0, status === 400, what);
    }
    const again = await api.operate('GET', '/admin/config');
    assert.deepEqual([again.headers.etag, again.data], [before.headers.etag, before.data]);
    assert.deepEqual(await answering(api.port), ['a', 'b']);
    assert.deepEqual(
      api.log.lines.filter((line) => line.startsWith('error')),
      [],
    );
  });

  test('a body must say that it is JSON', async (t) => {
    const api = await administer(t, { backends: pair });
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/yaml',
      '',
    ]) {
      const { status } = await api.operate('PATCH', '/admin/backends/app/a', {
        headers: { 'content-type': type },
        body: '{"weight": 2}',
      });
      assert.equal(status, 415, type);
    }
    const charset = { headers: { 'content-type': 'application/json; charset=utf-8' }, body: { weight: 2 } };
    assert.equal((await api.operate('PATCH', '/admin/backends/app/a', charset)).status, 200);
  });

  test('a backend that leads back here, or holds a password', async (t) => {
    const api = await administer(t, { backends: pair });
    const socket = `unix:${api.supervisor.plan.pools.flatMap((pool) => pool.backends).find(({ address }) => address.kind === 'unix')?.authority}`;
    const own = [
      `http://127.0.0.1:${api.adminPort}`,
      `http://127.0.0.1:${api.port}`,
      `http://localhost:${api.port}`,
      socket,
    ];
    for (const url of own) {
      const { status, data } = await api.operate('POST', '/admin/backends', { body: { pool: 'app', url } });
      assert.equal(status, 400, url);
      assert.match(data.errors[0].message, /leads back to this very process/, url);
      const { data: read } = await api.operate('GET', '/admin/config');
      const config = { ...read.config, pools: { app: { backends: [url] } } };
      assert.equal((await api.operate('PUT', '/admin/config', { body: config })).status, 400, url);
    }
    const { status, text } = await api.operate('POST', '/admin/backends', {
      body: { pool: 'app', url: 'http://me:hunter2@10.0.0.1' },
    });
    assert.equal(status, 400);
    assert.doesNotMatch(text, /hunter2/);
  });
});
