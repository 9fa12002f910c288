/** Signing in, in a browser's way: cookies, sites that ask in somebody's name, links, guesses, and what must never be told. */
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { supervise } from '../support/supervised.ts';
import {
  administer,
  callAdmin,
  listOf,
  OPERATOR,
  stateDirectory,
  VIEWER,
  type Administered,
} from '../support/admin-client.ts';

async function signIn(port: number, body: object, headers: Record<string, string> = {}): Promise<string> {
  const answer = await callAdmin(port, 'POST', '/admin/session', { body, headers });
  assert.equal(answer.status, 200, answer.text);
  return String(answer.headers['set-cookie']?.[0]).split(';', 1)[0] as string;
}
const withCookie = (cookie: string, more: Record<string, string> = {}) => ({ headers: { cookie, ...more } });
const originOf = (port: number): string => `http://127.0.0.1:${port}`;

describe('sessions', () => {
  test('begin with a token, hold as long as it does, and end by signing out', async (t) => {
    const { adminPort: port, operate } = await administer(t);
    const made = await operate('POST', '/admin/tokens', { body: { name: 'guest', expiresIn: '1d' } });
    const cookie = await signIn(port, { token: made.data.token });
    const who = await callAdmin(port, 'GET', '/admin/session', withCookie(cookie));
    assert.deepEqual([who.data.name, who.data.role], ['guest', 'viewer']);
    assert.ok(Date.parse(who.data.expiresAt) > Date.now());
    assert.equal((await callAdmin(port, 'GET', '/admin/overview', withCookie(cookie))).status, 200);
    assert.equal((await operate('DELETE', '/admin/tokens/guest')).status, 204);
    assert.equal((await callAdmin(port, 'GET', '/admin/overview', withCookie(cookie))).status, 401);

    const [revoked] = (await operate('GET', '/admin/audit')).data.entries;
    assert.equal(revoked.summary, 'token guest revoked, 1 of its sessions ended');

    const another = await signIn(port, { token: OPERATOR });
    const out = await callAdmin(port, 'DELETE', '/admin/session', withCookie(another, { origin: originOf(port) }));
    assert.deepEqual([out.status, out.text], [204, '']);
    assert.match(String(out.headers['set-cookie']), /^eb_session=; .*Max-Age=0/);
    assert.equal((await callAdmin(port, 'GET', '/admin/overview', withCookie(another))).status, 401);
    const { data } = await operate('GET', '/admin/audit');
    const actions = listOf(data.entries)
      .map(({ action }: { action: string }) => action)
      .toReversed();
    assert.deepEqual(actions, [
      'config.load',
      'token.create',
      'session.begin',
      'token.revoke',
      'session.begin',
      'session.end',
    ]);
  });

  test('the cookie is HttpOnly and SameSite=Strict; Secure when the client spoke TLS', async (t) => {
    const { adminPort, port } = await administer(t);
    const own = await callAdmin(adminPort, 'POST', '/admin/session', {
      body: { token: VIEWER },
      headers: { 'x-forwarded-proto': 'https' },
    });
    assert.match(
      String(own.headers['set-cookie']),
      /; HttpOnly; SameSite=Strict; Max-Age=\d+$/,
      'nobody there may say so',
    );
    assert.equal(own.headers['strict-transport-security'], undefined);
    const forged = await callAdmin(port, 'POST', '/admin/session', {
      body: { token: VIEWER },
      headers: { 'x-forwarded-proto': 'https' },
    });
    assert.doesNotMatch(
      String(forged.headers['set-cookie']),
      /Secure/,
      'nor through a worker, from a client that is not trusted',
    );
  });

  test('behind a trusted proxy that speaks TLS, the cookie is Secure and the audit knows the client', async (t) => {
    const listeners = [{ address: '127.0.0.1:0', trustedProxies: ['127.0.0.0/8'] }];
    const { port, operate } = await administer(t, { listeners });
    const headers = {
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '198.51.100.7, 203.0.113.9',
      'x-forwarded-host': 'admin.example',
    };
    const answer = await callAdmin(port, 'POST', '/admin/session', { body: { token: VIEWER }, headers });
    assert.match(String(answer.headers['set-cookie']), /^__Host-eb_session=.*; Secure$/, 'L3');
    assert.match(answer.headers['strict-transport-security'] ?? '', /max-age=\d+/);
    const { data } = await operate('GET', '/admin/audit');
    assert.deepEqual(data.entries[0].by, { name: 'watch', from: '203.0.113.9' });
    const cookie = String(answer.headers['set-cookie']).split(';', 1)[0] as string;
    const out = withCookie(cookie, { ...headers, origin: 'https://admin.example' });
    assert.equal(
      (await callAdmin(port, 'DELETE', '/admin/session', out)).status,
      204,
      'its own page, under the name that the proxy says',
    );
  });

  test('a client address that a client makes up is not believed', async (t) => {
    const { port, adminPort, operate } = await administer(t);
    const headers = { 'x-forwarded-for': '203.0.113.9' };
    for (const at of [port, adminPort])
      await callAdmin(at, 'POST', '/admin/session', { body: { token: VIEWER }, headers });
    const { data } = await operate('GET', '/admin/audit');
    assert.deepEqual(
      listOf(data.entries)
        .slice(0, 2)
        .map((entry: { by: { from: string } }) => entry.by.from),
      ['127.0.0.1', '127.0.0.1'],
    );
  });
});

describe('other sites', () => {
  test('change nothing in the name of whoever is signed in', async (t) => {
    const { adminPort: port, operate } = await administer(t);
    const cookie = await signIn(port, { token: OPERATOR });
    const before = (await operate('GET', '/admin/config')).headers.etag;
    const change = (headers: Record<string, string>) =>
      callAdmin(port, 'PATCH', '/admin/backends/app/127.0.0.1:9', {
        headers: { cookie, ...headers },
        body: { weight: 2 },
      });
    const foreign: Record<string, string>[] = [
      {},
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { origin: `http://127.0.0.1:${port + 1}` },
      { origin: 'http://localhost' },
      { origin: originOf(port), 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
      { host: 'evil.example', origin: originOf(port) },
    ];
    for (const headers of foreign) assert.equal((await change(headers)).status, 403, JSON.stringify(headers));
    assert.equal((await operate('GET', '/admin/config')).headers.etag, before);
    assert.equal((await change({ origin: originOf(port) })).status, 200);
    assert.equal((await change({ 'sec-fetch-site': 'same-origin' })).status, 200);
    const scripted = { body: { weight: 3 } };
    assert.equal(
      (await operate('PATCH', '/admin/backends/app/127.0.0.1:9', scripted)).status,
      200,
      'a script has no cookie',
    );
    const form = await callAdmin(port, 'POST', '/admin/session', {
      body: 'token=x',
      headers: { 'content-type': 'text/plain', origin: originOf(port) },
    });
    assert.equal(form.status, 415, 'what a form can send is not taken');
    const login = await callAdmin(port, 'POST', '/admin/session', {
      body: { token: OPERATOR },
      headers: { origin: 'http://evil.example' },
    });
    assert.equal(login.status, 403, 'nor can another site sign somebody in');
  });
});

describe('a first start', () => {
  const first = async (t: Parameters<typeof administer>[0], stateDir: string | null) => {
    const seen: { text: string; told: Administered['first']['told']; url: string | null } = {
      text: '',
      told: null,
      url: null,
    };
    const supervised = await supervise(
      t,
      { backends: ['http://127.0.0.1:9'], admin: '127.0.0.1:0', adminSettings: { publicRead: false } },
      { stateDir, announce: (told, url) => Object.assign(seen, { told, url }) },
    );
    return { ...supervised, ...seen };
  };

  test('makes one operator’s token, tells it once with a link, and keeps its hash', async (t) => {
    const directory = stateDirectory(t);
    const { supervisor, told, url, log } = await first(t, directory);
    assert.ok(told !== null);
    assert.equal(url, originOf(supervisor.adminPort));
    const file = join(directory, 'tokens.json');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(told.keptIn, file);
    assert.ok(!readFileSync(file, 'utf8').includes(told.token));
    assert.ok(!JSON.stringify([log.lines, log.fields]).includes(told.token), 'never through the log');
    const cookie = await signIn(supervisor.adminPort, { code: told.code });
    const { data } = await callAdmin(supervisor.adminPort, 'GET', '/admin/session', withCookie(cookie));
    assert.deepEqual([data.name, data.role], ['first', 'operator']);
    const again = await callAdmin(supervisor.adminPort, 'POST', '/admin/session', { body: { code: told.code } });
    assert.equal(again.status, 401, 'a link is good once');
    await supervisor.stop();

    const second = await first(t, directory);
    assert.equal(second.told, null, 'the second start has it');
    const overview = await callAdmin(second.supervisor.adminPort, 'GET', '/admin/overview', { token: told.token });
    assert.equal(overview.status, 200);
    const last = await callAdmin(second.supervisor.adminPort, 'DELETE', '/admin/tokens/first', { token: told.token });
    assert.equal(last.status, 409);
    assert.match(last.data.detail, /last token of an operator/);
  });

  test('without a state directory, a token that ends with the process', async (t) => {
    const { told, supervisor } = await first(t, null);
    assert.equal(told?.keptIn, null);
    const { status } = await callAdmin(supervisor.adminPort, 'GET', '/admin/tokens', { token: told?.token as string });
    assert.equal(status, 200);
  });

  test('makes none where the configuration or the environment has one', async (t) => {
    const configured = await administer(t, {}, { stateDir: stateDirectory(t) });
    assert.equal(configured.first.told, null);
    const token = 'from-the-environment-0123456789';
    const env = { EDGEBALANCER_ADMIN_TOKEN: token };
    const surrounded = await administer(t, { adminSettings: { tokens: [] } }, { env });
    assert.equal(surrounded.first.told, null);
    const { data } = await callAdmin(surrounded.adminPort, 'GET', '/admin/session', { token });
    assert.deepEqual([data.name, data.role], ['environment', 'operator']);
  });

  test('is refused with a token that can be guessed, or a file that others can write', async (t) => {
    const short = administer(t, {}, { env: { EDGEBALANCER_ADMIN_TOKEN: 'admin' } });
    await assert.rejects(short, /EDGEBALANCER_ADMIN_TOKEN has 5 characters; at least 24/);
    const directory = stateDirectory(t);
    const { supervisor } = await first(t, directory);
    await supervisor.stop();
    chmodSync(join(directory, 'tokens.json'), 0o666);
    await assert.rejects(first(t, directory), /can be read or written by others \(mode 666\)\. Run: chmod 600/);
  });
});

describe('wrong tokens', () => {
  test('are told to wait, longer and longer; a right one never is; a summary is audited', async (t) => {
    const directory = stateDirectory(t);
    const { adminPort: port, operate, supervisor, log } = await administer(t, {}, { stateDir: directory });
    const ask = async (turn: number): Promise<number> => {
      const path = turn % 2 === 0 ? '/admin/overview' : '/admin/session';
      const given = turn % 2 === 0 ? { token: `wrong-${turn}` } : { body: { token: `wrong-${turn}` } };
      const { status, headers } = await callAdmin(port, turn % 2 === 0 ? 'GET' : 'POST', path, given);
      if (status === 429) assert.match(headers['retry-after'] ?? '', /^[1-9]\d?$/);
      return status;
    };
    for (let turn = 0; turn < 5; turn++) assert.equal(await ask(turn), 401);
    // Those that are told to wait are answered later: one after another they would take long.
    const waiting = await Promise.all(Array.from({ length: 25 }, (_, turn) => ask(5 + turn)));
    assert.ok(waiting.every((status) => status === 429));
    assert.equal((await operate('GET', '/admin/overview')).status, 200);
    await supervisor.stop();
    const audit = readFileSync(join(directory, 'audit.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const refused = audit.filter(({ action }) => action === 'auth.refused');
    assert.deepEqual([refused.length, refused[0].summary, refused[0].ok], [1, '30 refused: 127.0.0.1 (30)', false]);
    assert.equal(log.lines.filter((line) => line.includes('admin requests were refused')).length, 1);
  });
});

describe('secrets', () => {
  test('are in no log, no error, no configuration, no audit and no file', async (t) => {
    const directory = stateDirectory(t);
    const password = 'hunter2-in-a-url';
    const { adminPort: port, operate, log, supervisor } = await administer(t, {}, { stateDir: directory });
    const made = await operate('POST', '/admin/tokens', { body: { name: 'made', role: 'operator' } });
    const secrets = [OPERATOR, VIEWER, made.data.token as string, 'wrong-token-0123', password, 'sk-header-secret'];
    const cookie = await signIn(port, { token: made.data.token });
    secrets.push(cookie.slice('eb_session='.length));
    const said: string[] = [];
    const { data } = await operate('GET', '/admin/config');
    const route = {
      name: 'x',
      match: { path: '/x/' },
      pool: 'app',
      headers: { request: { set: { authorization: 'Bearer sk-header-secret' } } },
    };
    const config = { ...data.config, routes: [route] };
    const asked: [string, string, Parameters<typeof callAdmin>[3]][] = [
      ['PUT', '/admin/config', { body: config }],
      ['GET', '/admin/config', {}],
      ['GET', '/admin/config', { headers: { accept: 'application/yaml' } }],
      ['GET', '/admin/config/revisions', {}],
      ['GET', '/admin/config/revisions/2', {}],
      ['GET', '/admin/config/revisions/2', { headers: { accept: 'application/yaml' } }],
      [
        'PUT',
        '/admin/config',
        { body: { ...config, pools: { app: { backends: [`http://me:${password}@10.0.0.1`] } } } },
      ],
      ['PUT', '/admin/config?dryRun=true', { body: { ...config, routes: [] } }],
      ['POST', '/admin/config/rollback', { body: { revision: 1 } }],
      ['GET', '/admin/tokens', {}],
      ['POST', '/admin/backends', { body: { pool: 'app', url: `http://me:${password}@10.0.0.1` } }],
      ['POST', '/admin/session', { body: { token: { nested: OPERATOR } } }],
      ['POST', '/admin/session', { body: { token: OPERATOR.repeat(20) } }],
      ['POST', '/admin/session', { body: `{"token": "${OPERATOR}` }],
      ['GET', '/admin/overview', { token: 'wrong-token-0123' }],
      ['GET', '/admin/audit', {}],
      ['GET', '/admin/overview', {}],
      ['GET', '/metrics', {}],
    ];
    for (const [method, path, given] of asked) {
      const { text, headers } = await callAdmin(port, method, path, { token: OPERATOR, ...given });
      said.push(text, JSON.stringify(headers));
    }
    await supervisor.stop();
    said.push(log.lines.join('\n'), JSON.stringify(log.fields), process.title);
    for (const secret of secrets) {
      for (const text of said) assert.ok(!text.includes(secret), `${secret} in ${text.slice(0, 200)}`);
    }
    // Revisions hold the configuration as it is written, for this user alone.
    for (const name of readdirSync(directory, { recursive: true, withFileTypes: true })) {
      if (!name.isFile()) continue;
      const path = join(name.parentPath, name.name);
      const text = readFileSync(path, 'utf8');
      assert.equal(statSync(path).mode & 0o077, 0, path);
      for (const secret of secrets.filter((one) => one !== 'sk-header-secret')) assert.ok(!text.includes(secret), path);
    }
  });
});
