import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigDocument } from './document.ts';
import { loadConfig } from './load.ts';
import { formatProblem } from './problem.ts';
import { ALIASES_MAX, tooManyAliases } from './yaml-syntax.ts';

const POOLS = 'pools: { app: { backends: ["http://127.0.0.1:1"] } }\n';
const problems = (text: string): string[] => loadConfig(text, 'f', {}).problems.map(formatProblem);

test('an alias inside its own anchor is a problem, not the end of the loader', () => {
  for (const text of ['a: &a\n  b: *a\npools: {}', 'a: &a [*a]', '&a { b: { c: [*a] } }']) {
    assert.match(problems(text).join('\n'), /`\*a` stands inside what it stands for/, text);
    assert.equal(ConfigDocument.parse(text, {}).readable, false, text);
  }
});

test('thousands of aliases are refused before any of them is looked up', () => {
  const many = (count: number): string => `${POOLS}x: &b 1\ny: [${'*b, '.repeat(count)}]\n`;
  assert.match(problems(many(8000)).join('\n'), /more than 500 aliases/);
  assert.doesNotMatch(problems(many(ALIASES_MAX)).join('\n'), /aliases \(/);
  assert.equal(ConfigDocument.parse(many(8000), {}).readable, false);
  // The library would take hours for this one.
  assert.ok(problems(`a: [${'***,'.repeat(1_000_000)}]`).length > 0);
});

test('asterisks in texts and comments are no aliases', () => {
  const text = `# ${'*'.repeat(2000)}\n${'# *a *b\n'.repeat(600)}a: "${'*x '.repeat(600)}"\nb: |\n${'  *c\n'.repeat(600)}`;
  assert.equal(tooManyAliases(text), -1);
  const [one = ''] = problems(`${text}${POOLS}c: [${'*b, '.repeat(600)}]`);
  assert.match(one, /^f:1205:\d+: more than 500 aliases/);
});

test('two tokens of one name, and a name that the audit uses for itself, are refused', () => {
  const token = (name: string): string => `{ name: ${name}, role: operator, hash: "sha256:${'0'.repeat(64)}" }`;
  const found = problems(`${POOLS}admin: { tokens: [${token('ci')}, ${token('ci')}, ${token('environment')}] }`);
  assert.equal(found.length, 2, found.join('\n'));
  assert.match(found[0] ?? '', /admin\.tokens\[1\]\.name: a token is called `ci` already \(admin\.tokens\[0\]\.name\)/);
  assert.match(found[1] ?? '', /admin\.tokens\[2\]\.name: `environment` is what the product itself is called/);
});
