/**
 * Nothing is open that should not be. The calls are read from the OpenAPI document that is served, so that a new one is in
 * here without anybody thinking of it.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { z } from 'zod';
import { PAGES } from '#contract/pages.ts';
import { CALLS } from '#control/admin/calls.ts';
import { administer, callAdmin, OPERATOR, stateDirectory, VIEWER, type Administered } from '../support/admin-client.ts';

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly security: readonly object[];
  readonly responses: Readonly<Record<string, { description: string; content?: Record<string, { schema: object }> }>>;
}

/** All that needs no token; what each is good for is in docs/security.md. */
const PAGE_KEYS = PAGES.map(({ path }) => `GET /${path}`);
const OPEN = [...PAGE_KEYS, 'GET /assets/{file}', 'GET /healthz', 'GET /readyz', 'POST /admin/session'];
/** Posted for its body alone: whoever may read may ask. Without one, a question is missing (400), its type (415), or traffic to go by (409). */
const ASKING: Readonly<Record<string, number>> = {
  'POST /admin/simulate': 409,
  'POST /admin/copilot': 400,
  'POST /admin/mcp': 415,
};
const CHANGING = /^(?!POST \/admin\/(simulate|copilot|mcp)$)(POST|PUT|PATCH|DELETE) /;

const ends: (() => unknown)[] = [];
let api: Administered;
let operations: Operation[];
/** What stands for parameters: nothing of these names is there. */
const filled = (path: string): string => path.replaceAll('{pool}', 'app').replaceAll(/\{\w+\}/g, '999');
const keyOf = ({ method, path }: Operation): string => `${method} ${path}`;
const ask = ({ method, path }: Operation, given: Parameters<typeof callAdmin>[3] = {}) =>
  callAdmin(api.adminPort, method, filled(path), given);

before(async () => {
  const t = { after: (end: () => unknown) => void ends.unshift(end) };
  api = await administer(t, {}, { stateDir: stateDirectory(t) });
  const { status, data } = await api.operate('GET', '/admin/openapi.json');
  assert.equal(status, 200);
  operations = Object.entries(data.paths as Record<string, Record<string, Omit<Operation, 'method' | 'path'>>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, rest]) => ({ ...rest, method: method.toUpperCase(), path })),
  );
});
after(async () => {
  for (const end of ends) await end();
});

describe('every call of the document', () => {
  test('is a call that is served, and the other way round', () => {
    const served = CALLS.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    assert.deepEqual(operations.map(keyOf).toSorted(), served.toSorted());
    assert.ok(operations.length >= 25);
  });

  test('without a token is refused, but for the list of those that are open', async () => {
    for (const operation of operations) {
      const { status, headers, data } = await ask(operation);
      if (OPEN.includes(keyOf(operation))) {
        assert.ok(status !== 401 && status !== 403, `${keyOf(operation)}: ${status}`);
        continue;
      }
      assert.equal(status, 401, keyOf(operation));
      assert.match(headers['www-authenticate'] ?? '', /^Bearer realm=/, keyOf(operation));
      assert.deepEqual([data.status, data.type], [401, 'about:blank']);
    }
  });

  test("with a viewer's token changes nothing", async () => {
    const { headers } = await api.operate('GET', '/admin/config');
    for (const operation of operations) {
      const key = keyOf(operation);
      if (OPEN.includes(key) || key === 'DELETE /admin/session') continue;
      const { status } = await ask(operation, { token: VIEWER });
      if (CHANGING.test(key) || key === 'GET /admin/tokens') assert.equal(status, 403, key);
      else assert.ok(status === 200 || status === (ASKING[key] ?? 404), `${key}: ${status}`);
    }
    assert.equal((await api.operate('GET', '/admin/config')).headers.etag, headers.etag);
  });

  test('with a token that is wrong, expired or revoked is refused', async () => {
    const made = async (name: string, expiresIn?: string): Promise<string> => {
      const body = { name, role: 'operator', ...(expiresIn !== undefined && { expiresIn }) };
      return (await api.operate('POST', '/admin/tokens', { body })).data.token as string;
    };
    const revoked = await made('revoked');
    assert.equal((await callAdmin(api.adminPort, 'GET', '/admin/overview', { token: revoked })).status, 200);
    assert.equal((await api.operate('DELETE', '/admin/tokens/revoked')).status, 204);
    // Expiry itself is tested with a clock of its own in src/control/auth/tokens.test.ts.
    for (const token of [revoked, `${OPERATOR}x`, OPERATOR.slice(0, -1), 'eb_', 'x'.repeat(600)]) {
      // All at once, since each that is told to wait is told so only after a second.
      await Promise.all(
        operations.map(async (operation) => {
          const key = keyOf(operation);
          const { status } = await ask(operation, { token });
          if (OPEN.includes(key)) assert.ok(status !== 403, key);
          // After a few, wrong ones are told to wait.
          else assert.ok(status === 401 || status === 429, `${key}: ${status}`);
        }),
      );
    }
    assert.equal((await api.operate('GET', '/admin/overview')).status, 200, 'a right one is not held up by wrong ones');
  });

  test('has the security headers in every answer', async () => {
    for (const operation of operations) {
      for (const token of [OPERATOR, undefined]) {
        const { headers } = await ask(operation, token === undefined ? {} : { token });
        assertSecured(headers, keyOf(operation));
      }
    }
    for (const path of ['/nope', '/admin/nope', '/%zz', '/admin/overview?x=%00']) {
      assertSecured((await callAdmin(api.adminPort, 'GET', path)).headers, path);
    }
  });
});

function assertSecured(headers: Readonly<Record<string, string | string[] | undefined>>, what: string): void {
  const wanted: [string, RegExp][] = [
    ['content-security-policy', /^default-src 'none';.*frame-ancestors 'none'/],
    ['x-content-type-options', /^nosniff$/],
    ['x-frame-options', /^DENY$/],
    ['referrer-policy', /^no-referrer$/],
    // A page holds no data: a browser may keep it if it asks each time whether it is still the one.
    ['cache-control', PAGE_KEYS.includes(what) ? /^no-(cache|store)$/ : /^no-store$/],
    ['cross-origin-opener-policy', /^same-origin$/],
    ['cross-origin-resource-policy', /^same-origin$/],
    ['permissions-policy', /camera=\(\)/],
  ];
  for (const [name, pattern] of wanted) assert.match(String(headers[name]), pattern, `${what}: ${name}`);
  const policy = String(headers['content-security-policy']);
  const scripts = /script-src ([^;]*)/.exec(policy)?.[1] ?? "'none'";
  assert.doesNotMatch(scripts, /unsafe|https?:|\*/, what);
  assert.equal(headers['access-control-allow-origin'], undefined, what);
  assert.equal(headers['server'], undefined, what);
}

describe('the document', () => {
  test('is OpenAPI 3.1, with one id for each call, and what each may answer', async () => {
    const { data } = await api.operate('GET', '/admin/openapi.json');
    assert.match(data.openapi, /^3\.1\./);
    assert.ok(data.info.title !== '' && data.info.version !== '');
    const ids = operations.map(({ operationId }) => operationId);
    assert.equal(new Set(ids).size, ids.length);
    for (const { security, responses, ...operation } of operations) {
      const key = keyOf({ security, responses, ...operation });
      assert.equal(security.length, OPEN.includes(key) ? 0 : 2, key);
      if (!OPEN.includes(key)) assert.ok('401' in responses, key);
      if (CHANGING.test(key)) assert.ok('403' in responses, key);
      assert.ok('429' in responses, key);
      for (const [status, { description, content }] of Object.entries(responses)) {
        assert.notEqual(description, 'Default Response', `${key} ${status}`);
        const bare = ['202', '204', '304'].includes(status);
        for (const { schema } of Object.values(content ?? {}))
          assert.ok(Object.keys(schema).length > 0, `${key} ${status}`);
        assert.equal(content === undefined, bare, `${key} ${status}`);
      }
    }
  });

  test('has parameters for all that paths name', async () => {
    const { data } = await api.operate('GET', '/admin/openapi.json');
    for (const [path, methods] of Object.entries(
      data.paths as Record<string, Record<string, { parameters?: { in: string; name: string }[] }>>,
    )) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const { parameters = [] } of Object.values(methods)) {
        const given = parameters.filter((one) => one.in === 'path').map(({ name }) => name);
        assert.deepEqual(given.toSorted(), named.toSorted(), path);
      }
    }
  });

  test('says of answers what they are: each is held to its schema', async () => {
    for (const call of CALLS) {
      if (call.method !== 'GET' || call.path.includes(':')) continue;
      const { status, data, text } = await api.operate('GET', call.path);
      const given = call.gives[status];
      assert.ok(given?.schema, `${call.path}: ${status}`);
      const result = (given.schema as z.ZodType).safeParse(data ?? text);
      assert.ok(result.success, `${call.path}: ${JSON.stringify(result.error?.issues)}`);
    }
  });
});

describe('publicRead', () => {
  test('opens every GET but the tokens, and nothing that changes', async (t) => {
    const open = await administer(t, { adminSettings: { publicRead: true } });
    for (const operation of operations) {
      const key = keyOf(operation);
      if (OPEN.includes(key)) continue;
      const { status } = await callAdmin(open.adminPort, operation.method, filled(operation.path));
      if (CHANGING.test(key) || key === 'GET /admin/tokens') assert.equal(status, 401, key);
      else assert.ok(status === 200 || status === (ASKING[key] ?? 404), `${key}: ${status}`);
    }
    const wrong = await callAdmin(open.adminPort, 'GET', '/admin/overview', { token: 'wrong' });
    assert.equal(wrong.status, 401, 'a wrong token is told that it is wrong');
    const { data } = await callAdmin(open.adminPort, 'GET', '/admin/session');
    assert.deepEqual(data, { name: 'anonymous', role: 'viewer', expiresAt: null, publicRead: true });
  });

  test('publicMetrics opens /metrics alone', async (t) => {
    const open = await administer(t, { adminSettings: { publicMetrics: true } });
    const statusOf = async (path: string): Promise<number> => (await callAdmin(open.adminPort, 'GET', path)).status;
    assert.deepEqual([await statusOf('/metrics'), await statusOf('/admin/metrics')], [200, 401]);
  });
});

describe('paths that are not there', () => {
  test('under /admin are nobody’s business without a token', async () => {
    for (const path of ['/admin', '/admin/', '/admin/nope', '/admin/backends/', '/admin/config/revisions/1/x'])
      assert.equal((await callAdmin(api.adminPort, 'GET', path)).status, 401, path);
    assert.equal((await callAdmin(api.adminPort, 'POST', '/admin/nope')).status, 401);
  });

  test('are told which there are, and which methods', async () => {
    for (const path of ['/nope', '/__proto__', '/constructor', '//', '/admin/nope', '/admin/copilots']) {
      const { status, data } = await api.operate('GET', path);
      assert.equal(status, 404, path);
      assert.match(data.detail, /\/admin\/overview, .*\/admin\/backends\/\{pool\}\/\{id\}/);
    }
    assert.match((await api.operate('GET', '/admin/backend')).data.detail, /Did you mean \/admin\/backends\?/);
    const wrong = await api.operate('PUT', '/admin/backends');
    assert.deepEqual([wrong.status, wrong.headers.allow], [405, 'GET, HEAD, POST']);
    assert.equal((await callAdmin(api.adminPort, 'POST', '/healthz')).status, 405);
    assert.equal((await api.operate('HEAD', '/admin/overview')).status, 200);
    assert.equal((await callAdmin(api.adminPort, 'HEAD', '/admin/overview')).status, 401);
  });

  test('a preflight of another site gets no leave', async () => {
    const headers = { origin: 'http://evil.example', 'access-control-request-method': 'POST' };
    const { status, headers: given } = await callAdmin(api.adminPort, 'OPTIONS', '/admin/backends', { headers });
    assert.ok(status >= 400);
    for (const name of Object.keys(given)) assert.doesNotMatch(name, /^access-control/);
  });
});
