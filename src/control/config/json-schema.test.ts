import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { STRATEGIES } from '#core/strategies/index.ts';
import { configJsonSchema } from './json-schema.ts';

type Json = Record<string, unknown>;
const schema = configJsonSchema();
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every mapping in the schema, with its place. */
function* mappings(value: unknown, place = ''): Generator<[string, Json]> {
  if (Array.isArray(value)) for (const [at, part] of value.entries()) yield* mappings(part, `${place}/${at}`);
  if (!isObject(value)) return;
  yield [place, value];
  for (const [key, part] of Object.entries(value)) yield* mappings(part, `${place}/${key}`);
}

/** Whether the schema accepts a value: the few words of JSON Schema that it uses. */
function accepts(json: Json, value: unknown): boolean {
  if (json.$ref === '#/$defs/reference') return typeof value === 'string' && /^\$\{/.test(value);
  if (Array.isArray(json.anyOf) && !json.anyOf.some((one: Json) => accepts(one, value))) return false;
  if (Array.isArray(json.enum) && !json.enum.includes(value)) return false;
  if ('const' in json && json.const !== value) return false;
  if (json.type !== undefined && ![json.type].flat().some((type) => isOfType(type as string, value))) return false;
  if (typeof json.pattern === 'string' && typeof value === 'string' && !new RegExp(json.pattern).test(value))
    return false;
  if (Array.isArray(value) && isObject(json.items)) return value.every((one) => accepts(json.items as Json, one));
  if (!isObject(value)) return true;
  const properties = (json.properties ?? {}) as Record<string, Json>;
  const rest = json.additionalProperties;
  if (Array.isArray(json.required) && !json.required.every((key: string) => key in value)) return false;
  return Object.entries(value).every(([key, part]) =>
    properties[key] !== undefined
      ? accepts(properties[key], part)
      : isObject(rest)
        ? accepts(rest, part)
        : rest !== false,
  );
}

function isOfType(type: string, value: unknown): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isObject(value);
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}

test('every key is described, and no mark of our own is left', () => {
  for (const [place, json] of mappings(schema)) {
    for (const mark of ['samples', 'orUrl', 'strategies']) {
      assert.ok(!(mark in json) || place.endsWith('/properties'), `${mark} at ${place}`);
    }
    if (!place.endsWith('/properties') || place.includes('/anyOf/') || place.includes('/strategy/')) continue;
    for (const [key, part] of Object.entries(json))
      assert.ok(isObject(part) && typeof part.description === 'string', `${place}/${key}`);
  }
});

test('defaults stand beside the keys', () => {
  const at = (...path: string[]): unknown => path.reduce<unknown>((value, key) => (value as Json)[key], schema);
  assert.equal(at('properties', 'workers', 'default'), 'auto');
  assert.equal(at('properties', 'listeners', 'items', 'properties', 'address', 'default'), '0.0.0.0:8080');
  assert.deepEqual(at('properties', 'listeners', 'items', 'properties', 'trustedProxies', 'default'), []);
  assert.deepEqual(at('properties', 'listeners', 'items', 'properties', 'address', 'examples'), [
    '0.0.0.0:8080',
    '[::]:8080',
    ':8080',
    'unix:/run/edgebalancer.sock',
  ]);
});

test('what loads is accepted, what does not is not', () => {
  for (const name of ['edgebalancer.yaml', 'full.yaml']) {
    const text = readFileSync(new URL(`../../../examples/${name}`, import.meta.url), 'utf8');
    assert.ok(accepts(schema, parse(text)), name);
  }
  const pool = (part: unknown): unknown => ({ pools: { app: part } });
  assert.ok(
    accepts(schema, pool({ backends: ['http://a:1', { url: 'http://b:1', weight: '${W:-1}' }], health: null })),
  );
  for (const { name } of STRATEGIES) {
    assert.ok(accepts(schema, pool({ strategy: name })), name);
    assert.ok(accepts(schema, pool({ strategy: { name } })), name);
  }
  const refused = [
    {},
    pool({ backend: [] }),
    pool({ strategy: 'nope' }),
    pool({ strategy: { name: 'random', x: 1 } }),
    pool({ backends: [{ id: 'a' }] }),
    pool({ backends: [{ url: 'http://a:1', weight: 'x' }] }),
  ];
  for (const value of refused) assert.ok(!accepts(schema, value), JSON.stringify(value));
});
