/** A token of an operator is not worth the process: its environment and its files stay the file's to give away. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { administer, callAdmin, OPERATOR, stateDirectory } from '../support/admin-client.ts';

const SECRET = 'a-secret-of-the-environment';

test('nothing of the environment can be read out, nor anything be tried in a dry run', async (t) => {
  const api = await administer(t, {}, { env: { AWS_SECRET_ACCESS_KEY: SECRET } });
  const reference = '${AWS_SECRET_ACCESS_KEY}';
  const { data } = await api.operate('GET', '/admin/config');
  const attempts = [
    ['POST', '/admin/backends', { pool: 'app', id: reference, url: 'http://127.0.0.1:9' }],
    ['POST', '/admin/backends', { pool: 'app', url: `unix:/${reference}` }],
    ['PATCH', '/admin/backends/app/127.0.0.1:9', { url: `unix:/${reference}` }],
    ['PUT', '/admin/strategy', { pool: 'app', strategy: reference }],
    ['PUT', '/admin/strategy', { pool: 'app', strategy: { name: 'consistent-hash', on: { header: reference } } }],
    ['PUT', '/admin/config', { ...data.config, workers: reference }],
  ] as const;
  for (const [method, path, body] of attempts) {
    for (const query of ['', '?dryRun=true']) {
      const answer = await api.operate(method, `${path}${query}`, { body });
      assert.equal(answer.status, 400, answer.text);
      assert.match(answer.data.detail as string, /AWS_SECRET_ACCESS_KEY/);
      assert.ok(!answer.text.includes(SECRET), `${method} ${path}`);
    }
  }
  assert.equal((await api.operate('GET', '/admin/config')).data.revision, data.revision);
});

test('no file is written that the configuration did not name', async (t) => {
  const api = await administer(t);
  const path = join(stateDirectory(t), 'authorized_keys');
  const { config } = (await api.operate('GET', '/admin/config')).data;
  const body = { ...config, log: { access: { to: path, format: { template: 'ssh-ed25519 AAAA' } } } };
  for (const query of ['?dryRun=true', '']) {
    const answer = await api.operate('PUT', `/admin/config${query}`, { body });
    assert.equal(answer.status, 400);
    assert.deepEqual(answer.data.errors[0].path, 'log.access.to');
  }
  assert.ok(!existsSync(path));
});

test('the key of a model provider goes nowhere that the file did not name', async (t) => {
  const named = { provider: 'openai-compatible', model: 'm', baseUrl: 'http://127.0.0.1:9/v1' };
  const api = await administer(t, { copilot: named });
  const { config } = (await api.operate('GET', '/admin/config')).data;
  const put = (copilot: object) => api.operate('PUT', '/admin/config', { body: { ...config, copilot } });
  const evil = 'http://evil.example/v1';
  for (const [copilot, path] of [
    [{ ...named, baseUrl: evil }, 'copilot.baseUrl'],
    [{ provider: 'anthropic', model: 'm', baseUrl: named.baseUrl }, 'copilot.provider'],
    [{ provider: 'anthropic', model: 'm', baseUrl: evil }, 'copilot.provider'],
  ] as const) {
    const { status, data } = await put(copilot);
    assert.equal(status, 400, JSON.stringify(copilot));
    assert.equal(data.errors[0].path, path);
  }
  assert.equal((await put({ ...named, model: 'other', steps: 3 })).status, 200);
  assert.equal((await put({ provider: 'builtin' })).status, 200);
  assert.equal((await put(named)).status, 400, 'once it is gone, it is the file’s to name again');
});

test('the last operator cannot be taken away', async (t) => {
  const api = await administer(t);
  const { config } = (await api.operate('GET', '/admin/config')).data;
  const body = { ...config, admin: { ...config.admin, tokens: [] } };
  const refused = await api.operate('PUT', '/admin/config', { body });
  assert.deepEqual([refused.status, refused.data.errors[0].path], [400, 'admin.tokens']);
  assert.equal((await api.operate('POST', '/admin/tokens', { body: { name: 'next', role: 'operator' } })).status, 201);
  assert.equal((await api.operate('PUT', '/admin/config', { body })).status, 200);
  assert.equal((await api.operate('GET', '/admin/overview')).status, 401);
});

test('M2b: nor by a rollback; L4: one that names no revision is audited with the number', async (t) => {
  const api = await administer(t);
  const { config } = (await api.operate('GET', '/admin/config')).data;
  const made = await api.operate('POST', '/admin/tokens', { body: { name: 'next', role: 'operator' } });
  const next = { token: made.data.token as string };
  const body = { ...config, admin: { ...config.admin, tokens: [] } };
  assert.equal((await api.operate('PUT', '/admin/config', { body })).status, 200);
  const back = await callAdmin(api.adminPort, 'POST', '/admin/config/rollback', { ...next, body: {} });
  assert.deepEqual([back.status, back.data.revision], [200, 3]);
  const [entry] = (await api.operate('GET', '/admin/audit')).data.entries;
  assert.deepEqual([entry.action, entry.summary], ['config.rollback', 'back to revision 1']);
  assert.equal((await api.operate('DELETE', '/admin/tokens/next')).status, 204);
  for (const to of [{ revision: 2 }, {}]) {
    const refused = await api.operate('POST', '/admin/config/rollback', { body: to });
    assert.deepEqual([refused.status, refused.data.errors?.[0].path], [400, 'admin.tokens'], refused.text);
  }
  assert.equal((await api.operate('GET', '/admin/overview')).status, 200);
});

test('a name that is looked up may not lead back here either', async (t) => {
  const api = await administer(t);
  const { config } = (await api.operate('GET', '/admin/config')).data;
  const dns = { name: 'localhost', port: api.adminPort, interval: '10s' };
  const body = { ...config, pools: { app: { discovery: { dns } } } };
  const answer = await api.operate('PUT', '/admin/config?dryRun=true', { body });
  assert.equal(answer.status, 400);
  assert.match(answer.data.detail as string, /pools\.app\.discovery\.dns: leads back/);
});

test('a token that was sent in the wrong shape is not repeated', async (t) => {
  const api = await administer(t);
  for (const body of [JSON.stringify(OPERATOR), JSON.stringify([OPERATOR]), JSON.stringify({ token: [OPERATOR] })]) {
    const answer = await api.operate('POST', '/admin/session', { body });
    assert.equal(answer.status, 400);
    assert.ok(!answer.text.includes('operator-of-the-tests'), answer.text);
  }
});
