import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { STRATEGIES } from '#core/strategies/index.ts';
import { configJsonSchema } from './json-schema.ts';
import { loadConfig } from './load.ts';
import { formatProblem } from './problem.ts';

const read = (name: string): string => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');
const text = read('configuration.md');

/** Every key that the schema knows, wherever it stands. */
function keysIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(keysIn);
  return Object.entries(value).flatMap(([key, part]) => [
    ...(key === 'properties' && !('const' in (part as object)) ? Object.keys(part as object) : []),
    ...keysIn(part),
  ]);
}

test('docs/configuration.md, and discovery.md for its part, names every key and every strategy with its parameters', () => {
  const missing = [...new Set(keysIn(configJsonSchema()))].filter(
    (key) => !new RegExp(`\\b${key}\\b`).test(text + read('discovery.md')),
  );
  assert.deepEqual(missing, []);
  for (const { name, params } of STRATEGIES) {
    assert.ok(text.includes(`| \`${name}\` |`), name);
    for (const param of params) assert.ok(text.includes(`\`${param.name}\``), `${name} ${param.name}`);
  }
});

test('the examples in docs/configuration.md load', () => {
  const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block]) => block);
  const whole = blocks.filter((block) => /^pools:/m.test(block));
  assert.equal(whole.length, 3);
  for (const block of whole) assert.deepEqual(loadConfig(block, 'docs', {}).problems.map(formatProblem), [], block);
});
