/** What only the file may say is refused of a change over the API, however it is written. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TokenEntry } from '#contract/control.ts';
import { ConfigDocument } from '../config/document.ts';
import { Invalid } from '../config/invalid.ts';
import { refuseBeyondApi } from './change-limits.ts';

const FILE = `
pools: { app: { backends: [{ id: a, url: "http://\${HOST}:80" }] } }
admin: { tokens: [{ name: ops, role: operator, hash: "\${OPS_HASH:-x}" }] }
log: { access: { to: /var/log/access.log } }
`;

/** Paths of the fields that are refused. */
function refused(text: string, before = FILE, tokens: readonly Partial<TokenEntry>[] = []): string[] {
  const documents = [before, text].map((one) => ConfigDocument.parse(one));
  try {
    refuseBeyondApi(documents[0]?.data(), documents[1] as ConfigDocument, () => tokens as readonly TokenEntry[]);
    return [];
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    return error.problems.map(({ path }) => path);
  }
}

describe('references to the environment', () => {
  const withId = (id: string): string => FILE.replace('id: a', () => `id: ${id}`);

  test('those that are there stay, and may be written elsewhere', () => {
    assert.deepEqual(refused(FILE), []);
    assert.deepEqual(refused(withId('"x-${HOST}-${OPS_HASH}"')), []);
    assert.deepEqual(refused(withId('"${HOST:-another default}"')), []);
  });

  test('no new one, however it is written', () => {
    const at = ['pools.app.backends.0.id'];
    for (const id of [
      '"${AWS_SECRET_ACCESS_KEY}"',
      '"${AWS_SECRET_ACCESS_KEY:-}"',
      '"x${HOST}${AWS_SECRET_ACCESS_KEY}"',
      '"\\x24{AWS_SECRET_ACCESS_KEY}"',
      '"\\u0024\\u007bAWS_SECRET_ACCESS_KEY}"',
      '!!str "${AWS_SECRET_ACCESS_KEY}"',
      '"$${HOST}${AWS_SECRET_ACCESS_KEY}"',
      '>-\n  ${AWS_SECRET_ACCESS_KEY}\n',
    ]) {
      const text = id.startsWith('>')
        ? `${FILE.replace(/^pools.*$/m, `pools:\n  app:\n    backends:\n      - url: "http://a"\n        id: >-\n          \${AWS_SECRET_ACCESS_KEY}`)}`
        : withId(id);
      assert.deepEqual(refused(text), at, id);
    }
    assert.deepEqual(refused(`{ "pools": { "app": "\\u0024{AWS_SECRET_ACCESS_KEY}" } }`, '{}'), ['pools.app']);
    assert.deepEqual(refused('x: &x { y: "${SECRET}" }\npools: { app: { <<: *x } }\n', ''), ['x.y', 'pools.app.y']);
    assert.deepEqual(refused('pools: !!omap [ app: "${SECRET}" ]\n', ''), ['pools.app']);
  });

  test('what is only escaped reads nothing', () => {
    assert.deepEqual(refused(withId('"$${AWS_SECRET_ACCESS_KEY}"')), []);
  });
});

describe('the file that the access log goes to', () => {
  const to = (value: string): string => FILE.replace('{ to: /var/log/access.log }', value);

  test('is the one that was there, or standard output', () => {
    for (const value of [
      '{ to: "-" }',
      '{ to: /dev/stderr }',
      '{}',
      'null',
      '{ to: /var/log/access.log, format: clf }',
    ])
      assert.deepEqual(refused(to(value)), [], value);
  });

  test('is no other', () => {
    for (const value of ['{ to: /etc/cron.d/x }', '{ to: /var/log/../log/access.log }', '{ to: x }'])
      assert.deepEqual(refused(to(value)), ['log.access.to'], value);
    assert.deepEqual(refused('log: { access: { to: /x } }', 'pools: {}'), ['log.access.to']);
  });
});

describe('operators', () => {
  const none = FILE.replace('role: operator', 'role: viewer');
  const kept: Partial<TokenEntry> = { role: 'operator', kept: 'state', expiresAt: null };

  test('one is left', () => {
    assert.deepEqual(refused(none), ['admin.tokens']);
    assert.deepEqual(refused('pools: {}'), ['admin.tokens']);
    assert.deepEqual(refused(none, FILE, [{ ...kept, kept: 'configuration' }]), ['admin.tokens']);
    assert.deepEqual(refused(none, FILE, [{ ...kept, role: 'viewer' }]), ['admin.tokens']);
    assert.deepEqual(refused(none, FILE, [{ ...kept, expiresAt: '2030-01-01T00:00:00Z' }]), ['admin.tokens']);
  });

  test('wherever that one is kept', () => {
    assert.deepEqual(refused(none, FILE, [kept]), []);
    assert.deepEqual(refused(none, FILE, [{ ...kept, kept: 'environment' }]), []);
    assert.deepEqual(refused(none, none), [], 'there was none in the configuration before');
  });
});

test('M1: no token of the configuration is named as one that was made', () => {
  const more = FILE.replace('{ name: ops', () => '{ name: ci, role: viewer, hash: y }, { name: ops');
  const made = (name: string): Partial<TokenEntry>[] => [{ name, kept: 'state', role: 'viewer', expiresAt: null }];
  assert.deepEqual(refused(more, FILE, made('ci')), ['admin.tokens.0.name']);
  assert.deepEqual(refused(more, FILE, made('other')), []);
  assert.deepEqual(refused(more, more, made('ci')), [], 'what the file has begun may stay');
});

describe("a listener's TLS", () => {
  const listener = (more: string): string => `${FILE}listeners: [{ name: public${more} }]\n`;
  const TLS = ', tls: { certificates: [{ cert: a.pem, key: a.key }], clientCa: ca.pem }';

  test('may stay, and not change, go or come', () => {
    const at = ['listeners.0.tls'];
    assert.deepEqual(refused(listener(TLS), listener(TLS)), []);
    assert.deepEqual(refused(listener(`${TLS}, address: ":81"`), listener(TLS)), []);
    for (const other of ['', ', tls: null', TLS.replace('a.key', '/etc/passwd'), TLS.replace(', clientCa: ca.pem', '')])
      assert.deepEqual(refused(listener(other), listener(TLS)), at, other);
    assert.deepEqual(refused(listener(TLS)), at);
    assert.deepEqual(
      refused(listener(TLS).replace('name: public, ', ''), listener('')),
      at,
      'the name that it has by default',
    );
  });

  test('belongs to the listener of its name, wherever that stands', () => {
    const two = (first: string, second: string): string =>
      `${FILE}listeners: [{ name: a${first} }, { name: b${second} }]\n`;
    const turned = `${FILE}listeners: [{ name: b }, { name: a${TLS} }]\n`;
    assert.deepEqual(refused(turned, two(TLS, '')), []);
    assert.deepEqual(refused(two('', TLS), two(TLS, '')), ['listeners.0.tls', 'listeners.1.tls']);
  });

  test("likewise a pool's", () => {
    const pool = (more: string): string => `pools: { app: { backends: []${more} } }\n`;
    const TLS = ', tls: { ca: ca.pem }';
    assert.deepEqual(refused(pool(TLS), pool(TLS)), []);
    assert.deepEqual(refused(pool(''), pool(TLS)), ['pools.app.tls']);
    assert.deepEqual(refused(pool(TLS), pool('')), ['pools.app.tls']);
    assert.deepEqual(refused(pool(', tls: {}'), pool(TLS)), ['pools.app.tls']);
    assert.deepEqual(refused('pools: { other: { backends: [] } }', pool(TLS)), [], 'it is gone with its pool');
    assert.deepEqual(refused(`pools: { app: { backends: [] }, other: { backends: []${TLS} } }`, pool('')), [
      'pools.other.tls',
    ]);
  });
});
