/** `edgebalancer strategy`: the strategies there are and those in force; switching one. */
import type { StrategyAnswer, StrategyEntry, StrategyInForce, StrategyKey, StrategyParam } from '#contract/admin.ts';
import type { ConfigAnswer } from '#contract/control.ts';
import { suggestion } from '#control/config/nearest.ts';
import { withAdmin, type AdminClient } from './admin-client.ts';
import { makeChange, type ChangeOptions } from './change.ts';
import { CommandError, ending } from './command-error.ts';
import { harmless } from './harmless.ts';
import type { Io } from './io.ts';
import { table } from './table.ts';
import { indented } from './wrapped.ts';

export interface StrategyOptions extends ChangeOptions {
  /** `key=value`, as they were given. */
  readonly set?: readonly string[];
}

export function strategy(
  pool: string | undefined,
  name: string | undefined,
  options: StrategyOptions,
  io: Io,
): Promise<number> {
  return ending(io, () =>
    withAdmin(options, io, async (client) => {
      const answer = await client.get<StrategyAnswer>('admin/strategy');
      if (pool === undefined) {
        if (options.set !== undefined)
          throw new CommandError('--set wants a pool: edgebalancer strategy POOL --set key=value', 2);
        io.stdout(options.json === true ? `${JSON.stringify(answer, null, 2)}\n` : listText(answer, io.columns));
        return 0;
      }
      const current = answer.pools[pool];
      if (current === undefined)
        throw new CommandError(`There is no pool \`${pool}\`${suggestion(pool, Object.keys(answer.pools))}`);
      if (name === undefined && options.set === undefined) {
        const shown =
          options.json === true
            ? `${JSON.stringify({ pool, ...current }, null, 2)}\n`
            : poolText(pool, current, answer);
        io.stdout(shown);
        return 0;
      }
      const wanted = await wantedStrategy(client, pool, name, answer, options.set ?? []);
      return await makeChange(
        client,
        { method: 'PUT', path: 'admin/strategy', body: { pool, strategy: wanted } },
        options,
        io,
      );
    }),
  );
}

type Wanted = string | Readonly<Record<string, unknown>>;

/** A strategy that is named starts from its defaults; without a name, what is set is set beside what is written already. */
async function wantedStrategy(
  client: AdminClient,
  pool: string,
  name: string | undefined,
  { pools, available }: StrategyAnswer,
  set: readonly string[],
): Promise<Wanted> {
  const called = name ?? (pools[pool] as StrategyInForce).name;
  const entry = available.find((one) => one.name === called);
  if (entry === undefined)
    throw new CommandError(
      `There is no strategy \`${called}\`${suggestion(
        called,
        available.map((one) => one.name),
      )}`,
    );
  const settings = Object.fromEntries(set.map((text) => settingOf(text, entry)));
  if (name !== undefined) return set.length === 0 ? name : { name, ...settings };
  const written = writtenIn((await client.get<ConfigAnswer>('admin/config')).config, pool);
  return { ...written, name: called, ...settings };
}

/** As the configuration says it; nothing when it names a strategy alone, or none. */
function writtenIn(config: unknown, pool: string): Readonly<Record<string, unknown>> {
  const strategyOf = [`pools`, pool, 'strategy'].reduce<unknown>(
    (value, key) => (isMapping(value) && Object.hasOwn(value, key) ? value[key] : undefined),
    config,
  );
  return isMapping(strategyOf) ? strategyOf : {};
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

type Setting = string | number | boolean | Readonly<Record<string, string>>;

function settingOf(text: string, { name, params }: StrategyEntry): [string, Setting] {
  const at = text.indexOf('=');
  if (at < 1) throw new CommandError(`--set wants key=value, and got \`${text}\`.`, 2);
  const key = text.slice(0, at);
  const value = text.slice(at + 1);
  // What is hashed: `client-ip` as it is, `header:x-user` as the mapping that the configuration writes.
  if (key === 'on') {
    const named = /^([a-z]+):(.*)$/.exec(value);
    return [key, named === null ? value : { [named[1] as string]: named[2] as string }];
  }
  const param = params.find((one) => one.name === key);
  if (param === undefined)
    throw new CommandError(
      `Strategy \`${name}\` has no parameter \`${key}\`${suggestion(key, [...params.map((one) => one.name), 'on'])}`,
    );
  return [key, valueOf(value, param)];
}

/** What is not of the parameter's type goes as text, for the server to complain of by its own rules. */
function valueOf(text: string, param: StrategyParam): Setting {
  if (param.type === 'number' && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  if (param.type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function listText({ pools, available }: StrategyAnswer, columns = 80): string {
  const rows = Object.entries(pools).map(([pool, { name, params, on }]) => [
    harmless(pool),
    harmless(name),
    settingsText(params, on),
  ]);
  const entries = available.map(
    ({ name, summary, bestWhen, params, on }) =>
      `${harmless(name)}\n${indented(summary, 2, columns)}${indented(`Best when: ${bestWhen}`, 2, columns)}${params
        .map((param) => indented(`${param.name} (${rangeOf(param)}): ${param.summary}`, 4, columns))
        .join(
          '',
        )}${on === undefined ? '' : indented(`on (${KEYS}, else ${keyText(on)}): What it hashes.`, 4, columns)}`,
  );
  return `${table(['POOL', 'STRATEGY', 'PARAMETERS'], rows, [])}\n${entries.join('\n')}`;
}

function poolText(pool: string, current: StrategyInForce, { available }: StrategyAnswer): string {
  const entry = available.find(({ name }) => name === current.name);
  const lines = (entry?.params ?? []).map((param) => [
    `  ${param.name}`,
    String(current.params[param.name] ?? param.default),
    rangeOf(param),
  ]);
  if (current.on !== undefined) lines.push(['  on', harmless(keyText(current.on)), KEYS]);
  return `${harmless(pool)}: ${harmless(current.name)}\n${lines.length === 0 ? '' : table(['  PARAMETER', 'VALUE', 'POSSIBLE'], lines, [])}`;
}

/** What `--set on=` takes. */
const KEYS = 'client-ip, path, target, host, header:NAME, cookie:NAME or query:NAME';

/** As `--set on=` takes it: `client-ip`, `header:x-user`. */
function keyText(on: StrategyKey): string {
  return typeof on === 'string' ? on : Object.entries(on).flat().join(':');
}

function settingsText(params: StrategyInForce['params'], on: StrategyKey | undefined): string {
  const set = Object.entries(params).map(([key, value]) => `${key}=${value}`);
  if (on !== undefined) set.push(`on=${keyText(on)}`);
  return harmless(set.join(' ')) || '-';
}

function rangeOf(param: StrategyParam): string {
  switch (param.type) {
    case 'number':
      return `${param.min} to ${param.max}, else ${param.default}`;
    case 'boolean':
      return `true or false, else ${param.default}`;
    case 'choice':
      return `${param.choices.join(', ')}; else ${param.default}`;
  }
}
