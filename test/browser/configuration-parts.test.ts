/** What the configuration's editor knows of a text, and how it compares two: the parts that need no browser. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { configJsonSchema } from '#control/config/json-schema.ts';
import { helpAt, keysAt, valuesAt, type Schema } from '../../web/src/pages/configuration/schema-lookup.ts';
import { diffOf } from '../../web/src/pages/configuration/text-diff.ts';
import { lineOfPath, pathAt } from '../../web/src/pages/configuration/yaml-place.ts';

const TEXT = `# a comment: of ours
listeners:
  - address: 127.0.0.1:80
    name: one
  - name: two
pools:
  app:
    strategy: adaptive
    backends:
    - id: a
      url: http://127.0.0.1:1
    - { id: b, url: "http://127.0.0.1:2" }
  "the other":
    backends: []
note: |
  pools:
    app: not a key
state:
  dir: null
`;

describe('places in YAML', () => {
  test('a path has a line; what is not there has that of its nearest part', () => {
    for (const [path, line] of [
      ['', 1],
      ['listeners', 2],
      ['listeners.0.name', 4],
      ['listeners.1', 5],
      ['pools.app.strategy', 8],
      ['pools.app.backends.0.url', 11],
      ['pools.app.backends.1', 12],
      ['pools.app.backends.1.weight', 12],
      ['pools.the other.backends', 14],
      ['state.dir', 19],
      ['pools.app.retry.attempts', 7],
    ] as const)
      assert.equal(lineOfPath(TEXT, path), line, path);
  });

  test('a place lies in the keys above it', () => {
    assert.deepEqual(pathAt(TEXT, 8, 4), ['pools', 'app']);
    assert.deepEqual(pathAt(TEXT, 11, 6), ['pools', 'app', 'backends', '0']);
    assert.deepEqual(pathAt(TEXT, 3, 4), ['listeners', '0']);
    assert.deepEqual(pathAt(TEXT, 19, 2), ['state']);
    assert.deepEqual(pathAt(TEXT, 20, 0), []);
  });
});

describe('what the schema says of a place', () => {
  const schema = configJsonSchema() as Schema;
  test('keys, values and help, through names that are an operator’s own', () => {
    assert.ok(keysAt(schema, []).some(({ name }) => name === 'pools'));
    assert.ok(keysAt(schema, ['pools', 'anything']).some(({ name }) => name === 'strategy'));
    assert.ok(keysAt(schema, ['pools', 'app', 'backends', '3']).some(({ name }) => name === 'weight'));
    assert.ok(valuesAt(schema, ['pools', 'app', 'strategy']).includes('round-robin'));
    assert.match(helpAt(schema, ['pools', 'app', 'strategy']) ?? '', /Which backend/);
    assert.deepEqual(keysAt(schema, ['nothing', 'like', 'it']), []);
    assert.equal(helpAt(schema, ['nothing']), null);
  });
});

describe('differences of two texts', () => {
  const texts = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 30 }).map((lines) => lines.join('\n'));
  test('what is kept and added gives the new text, what is kept and removed the old one', () => {
    fc.assert(
      fc.property(texts, texts, (before, after) => {
        const lines = diffOf(before, after);
        const of = (kind: string) =>
          lines.filter((line) => line.kind === 'same' || line.kind === kind).map(({ text }) => text);
        if (lines.some(({ kind }) => kind === 'gap')) return;
        assert.equal(of('removed').join('\n'), before);
        assert.equal(of('added').join('\n'), after);
      }),
    );
  });

  test('long stretches that are the same are one gap', () => {
    const lines = Array.from({ length: 40 }, (_, at) => `line ${at}`);
    const found = diffOf(lines.join('\n'), lines.with(20, 'other').join('\n'));
    assert.deepEqual(
      found.map(({ kind }) => kind),
      ['gap', 'same', 'same', 'same', 'removed', 'added', 'same', 'same', 'same', 'gap'],
    );
  });
});
