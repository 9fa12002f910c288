import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigDocument } from './document.ts';
import { addBackend, overrideBackend, patchBackend, removeBackend, setStrategy } from './edits.ts';

const FILE = `pools:
  app:
    strategy: { name: consistent-hash, on: path } # cache
    backends:
      - http://10.0.0.1:3000 # bare
      - { id: b, url: "http://\${HOST}:3000", weight: "\${W:-3}" }
      - { id: b2, url: http://10.0.0.3:3000, state: draining } # leaving
  one: { backends: [http://10.0.0.1:3000] }
  none: {}
  found: { discovery: { dns: { name: App.internal., port: 80 } }, backends: [http://10.0.0.1:3000] }
`;
const open = (): ConfigDocument => ConfigDocument.parse(FILE, { HOST: '10.0.0.2' });
const after = (edit: (document: ConfigDocument) => void): string => {
  const document = open();
  edit(document);
  return document.text;
};
const refuses = (edit: (document: ConfigDocument) => void, status: number, why: RegExp): void => {
  assert.throws(
    () => after(edit),
    (error: Error & { status: number }) => {
      assert.equal(error.name, 'Refused');
      assert.equal(error.status, status);
      assert.match(error.message, why);
      return true;
    },
  );
};

describe('backends', () => {
  test('one that is its URL alone becomes a mapping only when more is to be said', () => {
    assert.equal(
      after((d) => patchBackend(d, 'app', '10.0.0.1:3000', { weight: 1, state: 'active' })),
      FILE,
    );
    assert.equal(
      after((d) => patchBackend(d, 'app', '10.0.0.1:3000', { url: 'http://10.0.0.9:3000' })),
      FILE.replace('- http://10.0.0.1:3000 # bare', '- "http://10.0.0.9:3000" # bare'),
    );
    assert.match(
      after((d) => patchBackend(d, 'app', '10.0.0.1:3000', { weight: 5, state: 'draining' })),
      /- \{ url: http:\/\/10\.0\.0\.1:3000, weight: 5, state: draining \} # bare/,
    );
  });

  test('what is said already is not said again, and references that say it stay', () => {
    assert.equal(
      after((d) => patchBackend(d, 'app', 'b', { weight: 3, tier: 0 })),
      FILE,
    );
    assert.match(
      after((d) => patchBackend(d, 'app', 'b', { weight: 4 })),
      /weight: 4 \}/,
    );
    assert.equal(
      after((d) => patchBackend(d, 'app', 'b2', { state: 'active' })),
      FILE.replace('state: draining', 'state: active'),
    );
  });

  test('are known by the ids that their URLs imply, references read', () => {
    const implied = ConfigDocument.parse('pools: { app: { backends: ["http://${HOST}:1", "http://y:2"] } }', {
      HOST: 'x',
    });
    assert.equal(patchBackend(implied, 'app', 'x:1', { weight: 2 }), 'x:1');
    assert.equal(patchBackend(implied, 'app', 'x:1', { url: 'http://z:1' }), 'z:1');
    assert.throws(() => patchBackend(implied, 'app', 'z:1', { url: 'http://y:2' }), { status: 409 });
  });

  test('are added behind the others, as they are written', () => {
    assert.match(
      after((d) => assert.equal(addBackend(d, 'app', { id: 'c', url: 'http://10.0.0.4:3000', weight: 2 }), 'c')),
      /# leaving\n {6}- \{ id: c, url: http:\/\/10\.0\.0\.4:3000, weight: 2 \}\n/,
    );
    assert.match(
      after((d) => addBackend(d, 'none', { url: 'http://n:1' })),
      /none: \{ backends: \[ ?http:\/\/n:1 ?\] \}/,
    );
    assert.match(
      after((d) => addBackend(d, 'one', 'http://n:1')),
      /\[ ?http:\/\/10\.0\.0\.1:3000, http:\/\/n:1 ?\]/,
    );
  });

  test('are taken away, but for the last', () => {
    assert.equal(
      after((d) => removeBackend(d, 'app', 'b2')),
      FILE.replace(/ {6}- \{ id: b2.*\n/, ''),
    );
    refuses((d) => removeBackend(d, 'one', '10.0.0.1:3000'), 409, /is the last backend of pool `one`/);
    assert.match(
      after((d) => removeBackend(d, 'found', '10.0.0.1:3000')),
      /backends: \[\]/,
    );
  });

  test('what is not there, or there already, is refused with what was likely meant', () => {
    refuses((d) => addBackend(d, 'ap', 'http://x:1'), 404, /no pool `ap`; did you mean `app`\?/);
    refuses(
      (d) => patchBackend(d, 'app', 'b3', {}),
      404,
      /no backend `b3` in pool `app`; known here: `10\.0\.0\.1:3000`, `b`, `b2`/,
    );
    refuses((d) => removeBackend(d, '__proto__', 'x'), 404, /no pool/);
    refuses(
      (d) => addBackend(d, 'app', { id: 'b', url: 'http://x:1' }),
      409,
      /there is a backend `b` in pool `app` already/i,
    );
    refuses((d) => addBackend(d, 'app', 'http://10.0.0.1:3000'), 409, /already/);
    refuses((d) => overrideBackend(d, 'found', '10.0.0.9:80', { url: 'http://x:1' }), 409, /found by `discovery`/);
    refuses((d) => overrideBackend(d, 'app', 'x', { weight: 2 }), 404, /no backend `x`/);
  });
});

describe('strategy', () => {
  test('another is set whole, the same is changed where it differs', () => {
    assert.equal(
      after((d) => setStrategy(d, 'app', { name: 'consistent-hash', on: 'path' })),
      FILE,
    );
    assert.match(
      after((d) => setStrategy(d, 'app', 'random')),
      /strategy: random # cache|# cache\n +strategy: random/,
    );
    assert.match(
      after((d) => setStrategy(d, 'app', { name: 'consistent-hash', on: { header: 'x' }, balanceFactor: 2 })),
      /strategy: \{ name: consistent-hash, on: \{ header: x \}, balanceFactor: 2 \} # cache/,
    );
    assert.match(
      after((d) => setStrategy(d, 'app', { name: 'consistent-hash' })),
      /strategy: "?consistent-hash"?/,
    );
    assert.match(
      after((d) => setStrategy(d, 'none', { name: 'random' })),
      /none: \{ strategy: random \}/,
    );
    refuses((d) => setStrategy(d, 'x', 'random'), 404, /no pool `x`/);
  });
});
