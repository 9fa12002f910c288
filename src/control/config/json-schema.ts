/** The schema as JSON Schema (draft 2020-12), for editors that complete and check while one writes. */
import { z } from 'zod';
import type { ParamSpec, StrategyDefinition } from '#core/strategy.ts';
import { STRATEGIES } from '#core/strategies/index.ts';
import { configSchema } from './schema.ts';

type Json = Record<string, unknown>;

/** Any value may be read from the environment; only texts say so by themselves. */
const REFERENCE = { $ref: '#/$defs/reference' };

export function configJsonSchema(): Json {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    target: 'draft-2020-12',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => refine(jsonSchema as Json),
  }) as Json;
  return {
    ...schema,
    title: 'EdgeBalancer configuration',
    description:
      'Durations `250ms`, `5s`, `2m`, `1h`; sizes `32KiB`; rates `100/s`; shares `20%`. `null` turns a feature off.',
    $defs: {
      reference: {
        type: 'string',
        pattern: '^\\$\\{[^{}]+\\}$',
        description: 'From the environment: `${NAME}` or `${NAME:-default}`',
      },
    },
  };
}

/** The keys that the schema's own metadata adds, and what zod cannot know. */
function refine(json: Json): void {
  if (json.samples !== undefined) {
    json.examples = json.samples;
    delete json.samples;
  }
  if (json.strategies === true) {
    delete json.strategies;
    delete json.type;
    json.anyOf = [{ enum: STRATEGIES.map(({ name }) => name) }, ...STRATEGIES.map(strategyJson), REFERENCE];
  } else if (json.orUrl === true) {
    delete json.orUrl;
    orText(json);
  } else if (isPlainScalar(json)) orReference(json);
}

const SCALAR_KEYS = ['type', 'minimum', 'maximum', 'exclusiveMinimum', 'enum', 'const'];

function isPlainScalar({ type, enum: choices }: Json): boolean {
  return type === 'number' || type === 'integer' || type === 'boolean' || (type === 'string' && choices !== undefined);
}

function orReference(json: Json): void {
  const own: Json = {};
  for (const key of SCALAR_KEYS) {
    if (json[key] !== undefined) own[key] = json[key];
    delete json[key];
  }
  json.anyOf = [own, REFERENCE];
}

/** A backend may be written as its URL alone. */
function orText(json: Json): void {
  const { description, ...own } = { ...json };
  for (const key of Object.keys(json)) delete json[key];
  Object.assign(json, {
    ...(description === undefined ? {} : { description }),
    anyOf: [{ type: 'string', description: 'The URL alone' }, own],
  });
}

const ON = {
  default: 'client-ip',
  description: 'What is hashed',
  anyOf: [
    { enum: ['client-ip', 'path', 'target', 'host'] },
    ...['header', 'cookie', 'query'].map((kind) => ({
      type: 'object',
      properties: { [kind]: { type: 'string' } },
      required: [kind],
      additionalProperties: false,
    })),
  ],
};

function strategyJson({ name, summary, bestWhen, params, key }: StrategyDefinition): Json {
  return {
    type: 'object',
    description: `${summary} Best when: ${bestWhen}`,
    properties: {
      name: { const: name },
      ...(key === null ? {} : { on: ON }),
      ...Object.fromEntries(params.map((spec) => [spec.name, paramJson(spec)])),
    },
    required: ['name'],
    additionalProperties: false,
  };
}

function paramJson(spec: ParamSpec): Json {
  const about = { description: spec.summary, default: spec.default };
  if (spec.type === 'choice') return { ...about, enum: [...spec.choices] };
  if (spec.type === 'boolean') return { ...about, anyOf: [{ type: 'boolean' }, REFERENCE] };
  const number = { type: spec.integer ? 'integer' : 'number', minimum: spec.min, maximum: spec.max };
  return { ...about, anyOf: [number, REFERENCE] };
}
