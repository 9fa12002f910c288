/**
 * A pool's strategy: a name, or a name with what it hashes and its own parameters. Names and parameters come from what the
 * strategies declare; nothing here knows any of them.
 */
import { z } from 'zod';
import type { KeyPlan, StrategyPlan } from '#core/plan.ts';
import type { ParamSpec, StrategyDefinition } from '#core/strategy.ts';
import { DEFAULT_STRATEGY, STRATEGIES, strategyByName } from '#core/strategies/index.ts';
import { suggestion } from './nearest.ts';
import { shorten } from './quantities.ts';

interface Fault {
  readonly path: readonly string[];
  readonly message: string;
  /** The key itself is wrong, not its value. */
  readonly key?: boolean;
}

const KEY_HELP =
  'write `client-ip`, `path`, `target`, `host`, `{ header: NAME }`, `{ cookie: NAME }` or `{ query: NAME }`';
const PLAIN_KEYS = ['client-ip', 'path', 'target', 'host'] as const;
const NAMED_KEYS = ['header', 'cookie', 'query'] as const;
export const DEFAULT_KEY: KeyPlan = { from: 'client-ip' };

function readKey(raw: unknown): KeyPlan | Fault {
  if (raw === undefined) return DEFAULT_KEY;
  if (typeof raw === 'string') {
    const from = PLAIN_KEYS.find((known) => known === raw);
    return from === undefined
      ? { path: ['on'], message: `\`${shorten(raw)}\` cannot be hashed; ${KEY_HELP}` }
      : { from };
  }
  const mapping = typeof raw === 'object' && raw !== null && !Array.isArray(raw);
  const entries: [string, unknown][] = mapping ? Object.entries(raw) : [];
  const [kind, name] = entries[0] ?? [];
  const from = NAMED_KEYS.find((known) => known === kind);
  if (entries.length !== 1 || from === undefined) return { path: ['on'], message: KEY_HELP };
  const valid =
    typeof name === 'string' &&
    (from === 'query' ? /^[^&=#\s]{1,128}$/ : /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/).test(name);
  if (!valid) return { path: ['on', from], message: `expected the name of a ${from}` };
  return { from, name: from === 'header' ? name.toLowerCase() : name };
}

function readParam(spec: ParamSpec, raw: unknown): number | string | boolean | Fault {
  if (raw === undefined) return spec.default;
  const fault = (message: string): Fault => ({ path: [spec.name], message });
  if (spec.type === 'boolean') return typeof raw === 'boolean' ? raw : fault('expected `true` or `false`');
  if (spec.type === 'choice') {
    if (typeof raw !== 'string') return fault(`expected one of ${spec.choices.join(', ')}`);
    if (spec.choices.includes(raw)) return raw;
    return fault(`\`${shorten(raw)}\` is not known${suggestion(raw, spec.choices)}`);
  }
  if (typeof raw !== 'number') return fault(`expected a number from ${spec.min} to ${spec.max}`);
  if (spec.integer && !Number.isInteger(raw)) return fault(`\`${raw}\` is not a whole number`);
  if (!(raw >= spec.min && raw <= spec.max))
    return fault(`\`${raw}\` is out of range; ${spec.min} to ${spec.max} is possible`);
  return raw;
}

const isFault = (value: unknown): value is Fault => typeof value === 'object' && value !== null && 'message' in value;

/** The plan of a strategy that is named and parametrised so, or everything that is wrong with it. */
export function readStrategy(
  raw: Readonly<Record<string, unknown>>,
): { readonly value: StrategyPlan } | { readonly faults: readonly Fault[] } {
  const { name, on, ...params } = raw;
  if (typeof name !== 'string')
    return { faults: [{ path: name === undefined ? [] : ['name'], message: 'expected the `name` of a strategy' }] };
  const definition = strategyByName(name);
  if (definition === undefined) {
    const known = STRATEGIES.map((one) => one.name);
    return {
      faults: [{ path: ['name'], message: `there is no strategy \`${shorten(name)}\`${suggestion(name, known)}` }],
    };
  }
  const faults: Fault[] = [];
  const key = readKey(on);
  if (isFault(key)) faults.push(key);
  else if (on !== undefined && definition.key === null) {
    faults.push({
      path: ['on'],
      message: `\`${name}\` does not hash requests, so \`on\` would do nothing; leave it out`,
    });
  }
  const values: Record<string, number | string | boolean> = {};
  for (const spec of definition.params) {
    const value = readParam(spec, params[spec.name]);
    if (isFault(value)) faults.push(value);
    else values[spec.name] = value;
  }
  faults.push(...unknownParams(definition, Object.keys(params)));
  if (faults.length > 0 || isFault(key)) return { faults };
  return { value: { name, params: values, key } };
}

function unknownParams(definition: StrategyDefinition, given: readonly string[]): Fault[] {
  const known = definition.params.map((spec) => spec.name);
  const possible = ['name', 'on', ...known];
  return given
    .filter((param) => !known.includes(param))
    .map((param) => ({
      path: [param],
      key: true,
      message: `unknown key \`${shorten(param)}\` of strategy \`${definition.name}\`${suggestion(param, possible)}`,
    }));
}

export const strategy = z
  .union([z.string(), z.record(z.string(), z.unknown())], {
    error: 'expected the name of a strategy, or `{ name, on, … }`',
  })
  .prefault(DEFAULT_STRATEGY)
  .transform((raw, context): StrategyPlan => {
    const reading = readStrategy(typeof raw === 'string' ? { name: raw } : raw);
    if ('value' in reading) return reading.value;
    for (const { path, message, key } of reading.faults) {
      context.addIssue({
        code: 'custom',
        message,
        params: { key },
        path: typeof raw === 'string' ? [] : [...path],
        input: raw,
      });
    }
    return z.NEVER;
  })
  .meta({ description: 'Which backend gets a request: a name, or a name with its parameters', strategies: true });
