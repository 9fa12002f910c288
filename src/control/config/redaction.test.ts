/** Nothing secret is shown, and what was shown can be written again without losing or moving a secret. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ConfigDocument } from './document.ts';
import { Invalid } from './invalid.ts';
import { hideInUrl, redact, redactDocument, restore } from './redaction.ts';

const SECRETS = ['sha256:aaaa', 'sha256:bbbb', 'Bearer s3cret', 'k-123', 'pass:word', 'q-456', 'fallback', 'c=1'];

const CONFIG = {
  admin: {
    tokens: [
      { name: 'ci', role: 'operator', hash: 'sha256:aaaa' },
      { name: 'bob', hash: 'sha256:bbbb' },
      { name: 'env', hash: '${BOB_HASH}' },
    ],
  },
  routes: [
    {
      name: 'api',
      pool: 'app',
      match: { headers: { 'X-Api-Key': 'k-123', accept: 'text/html', cookie: true } },
      headers: {
        request: {
          set: { Authorization: 'Bearer s3cret', 'x-plain': 'shown' },
          add: { 'x-auth-token': 'Bearer ${TOKEN}', cookie: '${COOKIE:-fallback}' },
        },
        response: { set: { 'set-cookie': 'c=1' } },
      },
    },
  ],
  state: { shared: 'redis://pass:word@cache:6379' },
  tracing: { otlp: 'http://${WHO}@collector/?api_key=q-456&x=1' },
  pools: { app: { backends: ['http://a:1'] } },
};

describe('redaction', () => {
  const shown = JSON.stringify(redact(CONFIG));

  test('hides every secret, and nothing else', () => {
    for (const secret of SECRETS) assert.ok(!shown.includes(secret), secret);
    for (const plain of [
      '${BOB_HASH}',
      'Bearer ${TOKEN}',
      'text/html',
      'shown',
      'redis://***@cache:6379',
      'http://a:1',
    ])
      assert.ok(shown.includes(plain), plain);
    assert.ok(shown.includes('http://${WHO}@collector/?api_key=***&x=1'));
  });

  test('of a document leaves its comments', () => {
    const text = 'admin:\n  tokens:\n    # the pipeline\n    - { name: ci, hash: "sha256:aaaa" } # yes\n';
    assert.equal(redactDocument(ConfigDocument.parse(text)).text, text.replace('sha256:aaaa', '***'));
  });

  test('what was shown can be written again', () => {
    assert.deepEqual(restore(redact(CONFIG), CONFIG), CONFIG);
  });

  test('URLs: credentials and secret parameters, however they are written', () => {
    assert.equal(hideInUrl('redis://u:p@h/0'), 'redis://***@h/0');
    assert.equal(hideInUrl('redis://:p@x@h/0'), 'redis://***@h/0');
    assert.equal(hideInUrl('http://h/a@b?q=c@d'), 'http://h/a@b?q=c@d');
    assert.equal(hideInUrl('http://h/?TOKEN=1#x'), 'http://h/?TOKEN=***#x');
    assert.equal(hideInUrl('mail me@home'), 'mail me@home');
  });
});

describe('restoring', () => {
  const change = (make: (shown: typeof CONFIG) => void): unknown => {
    const shown = structuredClone(redact(CONFIG)) as typeof CONFIG;
    make(shown);
    return restore(shown, CONFIG);
  };

  test('a list that has lost an entry, or changed its order, gives each token its own hash', () => {
    const hashes = (data: unknown) =>
      Object.fromEntries((data as typeof CONFIG).admin.tokens.map(({ name, hash }) => [name, hash]));
    assert.deepEqual(hashes(change(({ admin }) => admin.tokens.shift())), { bob: 'sha256:bbbb', env: '${BOB_HASH}' });
    assert.deepEqual(hashes(change(({ admin }) => admin.tokens.reverse())), {
      ci: 'sha256:aaaa',
      bob: 'sha256:bbbb',
      env: '${BOB_HASH}',
    });
  });

  test('`***` where nothing was hidden is an error that names the place', () => {
    const fails = (make: (shown: typeof CONFIG) => void, path: string): void => {
      assert.throws(
        () => change(make),
        (error) => {
          assert.ok(error instanceof Invalid);
          assert.deepEqual(
            error.problems.map((problem) => problem.path),
            [path],
          );
          for (const secret of SECRETS) assert.ok(!error.message.includes(secret));
          return true;
        },
      );
    };
    fails(({ admin }) => (admin.tokens[0]!.name = 'carol'), 'admin.tokens.0.hash');
    fails(({ admin }) => admin.tokens.push({ name: 'new', hash: '***' }), 'admin.tokens.3.hash');
    fails(({ admin }) => (admin.tokens[2]!.hash = '***'), 'admin.tokens.2.hash');
    fails(({ admin }) => (admin.tokens[0]!.hash = 'x***'), 'admin.tokens.0.hash');
    fails(({ state }) => (state.shared = 'redis://***@other:6379'), 'state.shared');
  });

  test('`***` elsewhere is only text', () => {
    const restored = change(({ routes }) => (routes[0]!.headers.request.set['x-plain'] = '***')) as typeof CONFIG;
    assert.equal(restored.routes[0]?.headers.request.set['x-plain'], '***');
  });

  test('any configuration comes back as it was', (t) => {
    const secret = fc.oneof(
      fc.string({ minLength: 1 }),
      fc.constantFrom('${A}', 'Bearer ${A}', '${A:-b}', 'http://u@h'),
    );
    const named = fc.uniqueArray(fc.tuple(fc.string(), secret), { selector: ([name]) => name, maxLength: 4 });
    const config = fc
      .tuple(named, fc.oneof(secret, fc.webUrl({ withQueryParameters: true })), fc.array(secret))
      .map(([tokens, shared, other]) => ({
        admin: { tokens: tokens.map(([name, hash]) => ({ name, hash })) },
        state: { shared },
        other,
      }));
    const result = fc.check(
      fc.property(config, (data) => {
        assert.deepEqual(restore(redact(data), data), data);
        for (const { hash } of (redact(data) as typeof data).admin.tokens)
          assert.match(hash, /^(\*\*\*|(Bearer )?\$\{A\})$/);
      }),
    );
    t.diagnostic(`seed ${result.seed}`);
    assert.equal(result.failed, false, String(fc.defaultReportMessage(result)));
  });
});
