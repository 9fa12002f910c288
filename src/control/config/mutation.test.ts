import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { compile } from './compile.ts';
import { loadConfig } from './load.ts';

const FULL = readFileSync(new URL('../../../examples/full.yaml', import.meta.url), 'utf8').replaceAll(
  /^\s*#.*\n/gm,
  '',
);

/** A configuration that compiles, or at least one error with a place in the file; never both, never a throw. */
function judge(text: string): boolean {
  const { config, problems, notes } = loadConfig(text, 'f', { SET: '1' });
  const lines = text.split('\n').length;
  for (const { line, column, message } of problems) {
    assert.ok(line >= 1 && line <= lines && column >= 1, `${line}:${column} of ${lines} lines`);
    assert.ok(message !== '' && !message.includes('\n') && !/undefined|Invalid input|\[object/.test(message), message);
  }
  assert.equal(
    config === null,
    problems.some(({ severity }) => severity === 'error'),
  );
  if (config === null) {
    assert.deepEqual(notes, []);
    return false;
  }
  let next = 0;
  const plan = compile(config, {
    revision: 1,
    assignSlot: () => next++,
    assignRouteRow: () => next++,
    assignPoolRow: () => next++,
    assignLimitRow: () => next++,
    memoryBytes: 1024 ** 3,
    controlSocket: '/c',
    cpus: 1,
  });
  for (const route of plan.routes) {
    assert.ok(route.split.length > 0);
    for (const { pool } of route.split) assert.ok(plan.pools[pool] !== undefined);
  }
  JSON.stringify(plan, (_, value: unknown) => {
    assert.ok(value !== undefined && !(typeof value === 'number' && !Number.isFinite(value)));
    return value;
  });
  return true;
}

type Edit = readonly [at: number, cut: number, put: string];

test('property: any edit of the text gives problems or a plan', () => {
  const put = fc.constantFrom(
    '',
    ' ',
    '\n',
    '\t',
    ':',
    '-',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '#',
    '&a',
    '*a',
    '!',
    '|',
    '%',
    '${',
    '${SET}',
    '${NO}',
    '$${',
    ',',
    '0',
    '-1',
    'x',
    '\0',
    '\ufeff',
    '\u{1f600}',
    '<<: ',
    '? ',
    '---\n',
    '...\n',
  );
  const edits = fc.array(fc.tuple(fc.nat(FULL.length), fc.nat(3), put), { minLength: 1, maxLength: 3 });
  let valid = 0;
  fc.assert(
    fc.property(edits, (list: readonly Edit[]) => {
      let text = FULL;
      for (const [at, cut, insert] of list) text = text.slice(0, at) + insert + text.slice(at + cut);
      if (judge(text)) valid++;
    }),
    { numRuns: 1000 },
  );
  assert.ok(valid > 0, `no edit left the file valid`);
});

/** Places of all values in a piece of data. */
function places(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  const parts = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return [path, ...parts.flatMap(([key, part]) => places(part, [...path, Array.isArray(value) ? Number(key) : key]))];
}

test('property: any value anywhere gives problems or a plan', () => {
  const data = parse(FULL) as unknown;
  const everywhere = places(data).filter((path) => path.length > 0);
  const scalars: unknown[] = [
    null,
    true,
    false,
    0,
    -1,
    1.5,
    1e308,
    '',
    'x',
    '5s',
    '1KiB',
    '20%',
    '100/s',
    '/x',
    '=/y',
    'app',
    'control',
    '${SET}',
    '${NO}',
    ':80',
    'http://a:1',
    'per-client',
    200,
  ];
  const value = fc.oneof(
    fc.constantFrom(...scalars),
    fc.constantFrom(
      [],
      {},
      [null],
      [{}],
      { x: 1 },
      [['a']],
      { name: 'random' },
      { header: 'x' },
      { a: { b: { c: [] } } },
    ),
    fc.jsonValue({ maxDepth: 2 }),
  );
  let valid = 0;
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...everywhere), value), { minLength: 1, maxLength: 3 }),
      (changes) => {
        const copy = structuredClone(data);
        for (const [path, replacement] of changes) put(copy, path, replacement);
        if (judge(JSON.stringify(copy, null, 1))) valid++;
      },
    ),
    { numRuns: 500 },
  );
  assert.ok(valid > 0, `no change left the file valid`);
});

function put(data: unknown, path: readonly (string | number)[], value: unknown): void {
  let at = data as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) {
    const next = at[step];
    if (typeof next !== 'object' || next === null) return;
    at = next as Record<string | number, unknown>;
  }
  const last = path.at(-1);
  if (last !== undefined) at[last] = structuredClone(value);
}
