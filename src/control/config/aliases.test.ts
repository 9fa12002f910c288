import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Alias, isSeq, parseDocument } from 'yaml';
import { ConfigDocument } from './document.ts';
import { loadConfig } from './load.ts';
import { formatProblem } from './problem.ts';
import { aliasTargets, Places } from './yaml-aliases.ts';
import { ALIASES_MAX, tooManyAliases, tooManyParts } from './yaml-syntax.ts';

const POOLS = 'pools: { app: { backends: ["http://127.0.0.1:1"] } }\n';
const problems = (text: string): string[] => loadConfig(text, 'f', {}).problems.map(formatProblem);

test('H4: an alias inside its own anchor is a problem, not the end of the loader', () => {
  for (const text of ['a: &a\n  b: *a\npools: {}', 'a: &a [*a]', '&a { b: { c: [*a] } }']) {
    assert.match(problems(text).join('\n'), /`\*a` refers to itself/, text);
    assert.equal(ConfigDocument.parse(text, {}).readable, false, text);
  }
});

test('H3: thousands of aliases are refused before any of them is looked up', () => {
  const many = (count: number): string => `${POOLS}x: &b 1\ny: [${'*b, '.repeat(count)}]\n`;
  assert.match(problems(many(8000)).join('\n'), /more than 500 aliases/);
  assert.doesNotMatch(problems(many(ALIASES_MAX)).join('\n'), /aliases \(/);
  assert.equal(ConfigDocument.parse(many(8000), {}).readable, false);
  // The library would take hours for this one.
  assert.ok(problems(`a: [${'***,'.repeat(1_000_000)}]`).length > 0);
});

test('H3: asterisks in texts and comments are no aliases', () => {
  const text = `# ${'*'.repeat(2000)}\n${'# *a *b\n'.repeat(600)}a: "${'*x '.repeat(600)}"\nb: |\n${'  *c\n'.repeat(600)}`;
  assert.equal(tooManyAliases(text), -1);
  const [one = ''] = problems(`${text}${POOLS}c: [${'*b, '.repeat(600)}]`);
  assert.match(one, /^f:1205:\d+: more than 500 aliases/);
});

test('M1: two tokens of one name, and a name that the audit uses for itself, are refused', () => {
  const token = (name: string): string => `{ name: ${name}, role: operator, hash: "sha256:${'0'.repeat(64)}" }`;
  const found = problems(`${POOLS}admin: { tokens: [${token('ci')}, ${token('ci')}, ${token('environment')}] }`);
  assert.equal(found.length, 2, found.join('\n'));
  assert.match(found[0] ?? '', /admin\.tokens\[1\]\.name: a token is called `ci` already \(admin\.tokens\[0\]\.name\)/);
  assert.match(found[1] ?? '', /admin\.tokens\[2\]\.name: `environment` is what the product itself is called/);
});

test('H3: the library is not asked for each alias, since it walks the whole file for one', (t) => {
  const resolve = t.mock.method(Alias.prototype, 'resolve');
  const text = `${POOLS}x: [&b {c: 1}, ${'*b, '.repeat(ALIASES_MAX - 1)} *none]\n`;
  assert.match(problems(text).join('\n'), /no anchor `&none` stands before/);
  assert.equal(resolve.mock.callCount(), 0);
});

test('H3: an alias stands for the last anchor of its name before it', () => {
  const document = parseDocument('[*a, &a 1, *a, &a [2, *a], *a]');
  const targets = aliasTargets(document);
  assert.ok(isSeq(document.contents));
  const { items } = document.contents;
  assert.deepEqual(
    [0, 2, 4].map((at) => targets.get(items[at] as unknown as Alias)),
    [undefined, items[1], items[3]],
  );
});

test('H3: the places of all entries of a list are found by going through it once', () => {
  const document = parseDocument(`[${'{a: 1}, '.repeat(1000)}]`);
  const list = document.contents;
  assert.ok(isSeq(list));
  const items = [...list.items];
  const get = mock.fn((target: object, key: PropertyKey) => Reflect.get(target, key) as unknown);
  list.items = new Proxy<typeof list.items>(list.items, { get });
  const places = new Places();
  items.forEach((item, at) => assert.deepEqual(places.pathOf([document, list, item]), [at]));
  assert.ok(get.mock.callCount() < 10 * items.length, String(get.mock.callCount()));
});

test('H3: no more is said, or looked up, than anybody reads', () => {
  assert.equal(problems(`${POOLS}x: [${'"${NONE}", '.repeat(20_000)}]`).length, 500);
  const route = (_: unknown, at: number): string => `{ name: r${at}, pool: nowhere }`;
  const routes = `routes: [${Array.from({ length: 2000 }, route).join(', ')}]`;
  const [only, ...more] = problems(POOLS + routes);
  assert.match(only ?? '', /2000 routes are more than there is room for/);
  assert.deepEqual(more, []);
});

test('values beyond counting are refused before they are read; those in texts and comments count once', () => {
  const many = (count: number): string => `${POOLS}x: [${'{}, '.repeat(count)}]\n`;
  assert.match(problems(many(1_000_000)).join('\n'), /^f:2:\d+: more than 200000 values and marks between them/);
  assert.equal(ConfigDocument.parse(many(1_000_000), {}).readable, false);
  assert.doesNotMatch(problems(many(1000)).join('\n'), /more than/);
  const block = `${POOLS}${'- a: 1\n'.repeat(100_000)}`;
  assert.match(problems(block).join('\n'), /more than 200000 values/);
  assert.equal(tooManyParts(`# ${'{},:-'.repeat(100_000)}\na: "${'{},:-'.repeat(100_000)}"\n`), -1);
});
