/** Edits leave the rest alone; aliases never carry an edit elsewhere; a document can become any other. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { ConfigDocument } from './document.ts';

const FILE = `# What we serve.
workers: 2        # as many as cores

pools:
  app:            # the product
    strategy: adaptive
    backends:
      # the old machine
      - { id: a, url: "http://\${HOST}:3000", weight: 3 } # rack 4
      - http://10.0.0.2:3000   # rack 5
    # probes
    health: { path: /up }
# the end
`;

const parsed = (text: string): ConfigDocument => ConfigDocument.parse(text, { HOST: '10.0.0.1' });

describe('single values', () => {
  test('are replaced where they stand, and no other character moves', () => {
    const document = parsed(FILE);
    document.set(['pools', 'app', 'backends', 0, 'weight'], 5);
    document.set(['workers'], 4);
    document.set(['pools', 'app', 'strategy'], 'round-robin');
    assert.equal(
      document.text,
      FILE.replace('weight: 3', 'weight: 5').replace('workers: 2', 'workers: 4').replace('adaptive', 'round-robin'),
    );
    assert.deepEqual(document.data(), parse(document.text));
  });

  test('that YAML would read as something else are quoted', () => {
    for (const value of [
      'true',
      '1',
      'null',
      '~',
      'a: b',
      '- x',
      '# no',
      '',
      'yes',
      '0x1f',
      'ü',
      'a\nb',
      '<<',
      '*a',
      '&a',
    ]) {
      const document = parsed('a: x\nb: "y"\nc: [z]\n');
      for (const path of [['a'], ['b'], ['c', 0]]) document.set(path, value);
      assert.deepEqual(parsed(document.text).data(), { a: value, b: value, c: [value] }, JSON.stringify(value));
    }
  });
});

describe('structure', () => {
  test('comments, order, references and indentation outlive what is added and taken away', () => {
    const document = parsed(FILE);
    document.insert(['pools', 'app', 'backends'], 2, { id: 'c', url: 'http://10.0.0.3:3000' });
    document.delete(['pools', 'app', 'backends', 1]);
    document.set(['pools', 'app', 'limits', 'inFlight'], 10);
    document.set(['admin'], { address: null });
    assert.equal(
      document.text,
      `# What we serve.
workers: 2 # as many as cores

pools:
  app:
    # the product
    strategy: adaptive
    backends:
      # the old machine
      - { id: a, url: "http://\${HOST}:3000", weight: 3 } # rack 4
      - { id: c, url: http://10.0.0.3:3000 }
    # probes
    health: { path: /up }
    limits:
      inFlight: 10
admin:
  address: null

# the end
`,
    );
  });

  test('a backend that was its URL alone keeps what was said about it', () => {
    const document = parsed(FILE);
    document.set(['pools', 'app', 'backends', 1], { url: 'http://10.0.0.2:3000', weight: 2 });
    assert.match(document.text, /# rack 5/);
    assert.deepEqual(document.get(['pools', 'app', 'backends', 1, 'weight']), 2);
  });

  test('lists that are not indented, and wider steps, stay so', () => {
    for (const text of [
      'pools:\n  app:\n    backends:\n    - a\n    - b\n',
      'pools:\n    app:\n        backends:\n            - a\n            - b\n',
    ]) {
      const document = parsed(text);
      document.delete(['pools', 'app', 'backends', 0]);
      assert.equal(document.text, text.replace(/ *- a\n/, ''));
    }
  });

  test('JSON stays JSON, on one line or many', () => {
    for (const indent of [undefined, 2, '\t']) {
      const document = parsed(JSON.stringify({ pools: { app: { backends: ['x'] } } }, null, indent));
      document.insert(['pools', 'app', 'backends'], 1, { url: 'y' });
      document.set(['admin', 'address'], null);
      document.delete(['pools', 'app', 'backends', 0]);
      assert.equal(
        document.text,
        JSON.stringify({ pools: { app: { backends: [{ url: 'y' }] } }, admin: { address: null } }, null, indent),
      );
    }
  });
});

describe('aliases and merge keys', () => {
  const shared = `
x: &x { health: &h { path: /a, interval: 1s }, weight: 1 }   # common
pools:
  a: { <<: *x, weight: 2 }
  b: { <<: [*x], health: *h }
  c: *x
list: [*x, *h]
`;
  const paths = [
    ['x', 'health', 'path'],
    ['x', 'weight'],
    ['pools', 'a', 'health', 'path'],
    ['pools', 'a', 'weight'],
    ['pools', 'b', 'health', 'path'],
    ['pools', 'b', 'weight'],
    ['pools', 'c', 'health', 'path'],
    ['list', 0, 'health', 'path'],
    ['list', 1, 'path'],
  ] as const;

  for (const path of paths) {
    test(`an edit of ${path.join('.')} changes nothing else`, () => {
      for (const act of ['set', 'delete', 'hold'] as const) {
        const document = parsed(shared);
        const expected = document.data() as Record<string, unknown>;
        const target = act === 'hold' ? path.slice(0, -1) : path;
        const holder = holderOf(expected, target);
        if (act === 'set') holder[String(target.at(-1))] = 'new';
        else if (Array.isArray(holder)) holder.splice(Number(target.at(-1)), 1);
        else delete holder[String(target.at(-1))];
        if (act === 'set') document.set(path, 'new');
        else assert.equal(document.delete(target), true);
        assert.deepEqual(parsed(document.text).data(), expected, `${act}: ${document.text}`);
        if (act === 'set') assert.match(document.text, /# common/);
      }
    });
  }

  test('are left as they are where nothing is changed', () => {
    const document = parsed(`${shared}other: 1\n`);
    document.set(['other'], 2);
    assert.equal(document.text, `${shared}other: 2\n`);
    document.set(['more', 'x'], []);
    assert.equal(document.text.match(/\*[xh]/g)?.length, 6);
  });
});

test('what cannot be read has no data and refuses edits', () => {
  for (const text of ['a: [', 'a: *nowhere', `${'['.repeat(300)}${']'.repeat(300)}`, '\tx: 1']) {
    const document = ConfigDocument.parse(text);
    assert.equal(document.readable, false, text);
    assert.equal(document.data(), null);
    assert.throws(() => document.set(['a'], 1), { name: 'Refused', status: 409 });
    assert.equal(document.text, text);
    document.rewrite('a: 1');
    assert.deepEqual(document.data(), { a: 1 });
  }
  assert.equal(ConfigDocument.parse('').readable, true);
});

test('an edit of a clone is none of the original', () => {
  const document = parsed(FILE);
  const clone = document.clone();
  clone.delete(['pools', 'app', 'health']);
  assert.equal(document.text, FILE);
  assert.notEqual(clone.text, FILE);
});

describe('becoming another configuration', () => {
  const key = fc.oneof(fc.constantFrom('a', 'b', 'name', 'id', 'x-y'), fc.string({ maxLength: 4 }));
  const value = fc.letrec((tie) => ({
    leaf: fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.constantFrom('${HOST}', 'true', '1', 'adaptive', ' x', 'a # b', 'a: b', '-'),
    ),
    map: fc.dictionary(
      key.filter((name) => name !== '__proto__' && name !== '<<'),
      tie('any'),
      { maxKeys: 4, noNullPrototype: true },
    ),
    list: fc.array(tie('any'), { maxLength: 4 }),
    any: fc.oneof({ maxDepth: 3 }, tie('leaf'), tie('map'), tie('list')),
  })).map;

  test('gives equal data, in YAML and in JSON', (t) => {
    const result = fc.check(
      fc.property(value, value, fc.boolean(), (before, after, json) => {
        const first = ConfigDocument.parse('{}');
        first.replace(before);
        const yaml = ConfigDocument.parse('# top\nzz: 0\n');
        yaml.replace({ zz: 0, ...before });
        yaml.delete(['zz']);
        const document = json ? first : yaml;
        assert.deepEqual(parsed(document.text).data(), before);
        const again = ConfigDocument.parse(document.text);
        again.replace(after);
        assert.deepEqual(again.data(), after);
        assert.deepEqual(parsed(again.text).data(), after, again.text);
      }),
      { numRuns: 500 },
    );
    t.diagnostic(`seed ${result.seed}`);
    assert.equal(result.failed, false, String(fc.defaultReportMessage(result)));
  });

  test('keeps the comments of all that stays, wherever it moves', (t) => {
    const entry = fc.record({ weight: fc.nat(9), tier: fc.nat(3) });
    const pool = fc.dictionary(fc.stringMatching(/^[a-h]$/), entry, { maxKeys: 6, noNullPrototype: true });
    const write = (backends: Readonly<Record<string, { weight: number; tier: number }>>): string =>
      Object.entries(backends)
        .map(
          ([id, { weight, tier }]) =>
            `    # before ${id}.\n    - id: ${id} # of ${id}.\n      weight: ${weight} # w ${id}.\n      tier: ${tier}\n`,
        )
        .join('');
    const result = fc.check(
      fc.property(pool, pool, fc.boolean(), (before, after, turned) => {
        const text = `# top\npools: # p\n  x: 1 # x\n  # list\n  list:${Object.keys(before).length === 0 ? ' []' : ''}\n${write(before)}  # y\n  y: 2 # yy\n`;
        const document = ConfigDocument.parse(text);
        const entries = Object.entries(after).map(([id, rest]) => ({ id, ...rest }));
        if (turned) entries.reverse();
        const wanted = { pools: { x: 1, list: entries, y: 2 } };
        document.replace(wanted);
        assert.deepEqual(parsed(document.text).data(), wanted, document.text);
        for (const comment of ['# top', '# p', '# x', '# list', '# y', '# yy'])
          assert.ok(document.text.includes(`${comment}\n`), `${comment}:\n${text}\nbecame\n${document.text}`);
        for (const id of Object.keys(before).filter((one) => Object.hasOwn(after, one)))
          for (const comment of [`# of ${id}.`, `# w ${id}.`])
            assert.ok(document.text.includes(comment), `${comment}:\n${text}\nbecame\n${document.text}`);
      }),
      { numRuns: 500 },
    );
    t.diagnostic(`seed ${result.seed}`);
    assert.equal(result.failed, false, String(fc.defaultReportMessage(result)));
  });
});

function holderOf(data: Record<string, unknown>, path: readonly (string | number)[]): Record<string, unknown> {
  // Equal parts of the data may be one object: each is made its own.
  let holder = Object.assign(data, structuredClone(JSON.parse(JSON.stringify(data))));
  for (const step of path.slice(0, -1)) holder = holder[String(step)] as Record<string, unknown>;
  return holder;
}
