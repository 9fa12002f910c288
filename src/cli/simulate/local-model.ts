/** Models that no running EdgeBalancer is asked for: of a configuration with times that are given, or of a file. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { BackendShape, ServiceTimes, SimulationModel } from '#contract/simulate.ts';
import { loadConfig } from '#control/config/load.ts';
import { suggestion } from '#control/config/nearest.ts';
import { formatProblem } from '#control/config/problem.ts';
import { planOf } from '#control/simulate/config-change.ts';
import { plannedPool, poolSettings } from '#control/simulate/pool-settings.ts';
import { modelProblems } from '#simulator/model-check.ts';
import { CommandError } from '../command-error.ts';
import type { Io } from '../io.ts';
import { concurrenciesOf, rateOf, servicesOf, type Asking, type PerBackend } from './asking.ts';

export interface LocalModel {
  readonly model: SimulationModel;
  /** What it was made from. */
  readonly says: readonly string[];
}

type Options = Asking & { readonly pool?: string };

const KEYS = { count: 10_000, skew: 1 };

export async function modelFromConfig(file: string, options: Options, io: Io): Promise<LocalModel> {
  const { config, problems } = loadConfig(await textOf(file, io), file, io.env);
  if (config === null)
    throw new CommandError(
      problems
        .filter(({ severity }) => severity === 'error')
        .map(formatProblem)
        .join('\n'),
    );
  const names = Object.keys(config.pools);
  const name = options.pool ?? (names.length === 1 ? names[0] : undefined);
  if (name === undefined) throw new CommandError(`Which pool? --pool is one of ${names.join(', ')}.`, 2);
  const planned = plannedPool(planOf(config), names.includes(name) ? name : '');
  if (planned === null) throw new CommandError(`there is no pool \`${name}\`${suggestion(name, names)}`);
  const pool = poolSettings(planned, ({ state }) => state);
  const rate = rateOf(options);
  const services = servicesOf(options);
  if (rate === null || (services.all === null && services.of.size === 0))
    throw new CommandError(
      '--config says what a pool is like, not what comes: give --rate 500 and --service 25ms too.',
      2,
    );
  const concurrencies = concurrenciesOf(options);
  knownBackends([services, concurrencies], pool.backends.map(({ id }) => id)); // prettier-ignore
  const backends = pool.backends.map(({ id }): BackendShape => {
    const service = services.of.get(id) ?? services.all;
    if (service === null) throw new CommandError(`--service ${id}=25ms is missing, or one for all backends.`, 2);
    return { id, service, concurrency: concurrencies.of.get(id) ?? concurrencies.all, failures: [] };
  });
  const traffic = { ratesPerSecond: [rate], stepMs: 1000, burstiness: 1, keys: KEYS, slownessOf: 'backend', repeatable: 1, backends } as const; // prettier-ignore
  return {
    model: { version: 1, pool, traffic, outages: [] },
    says: [`pool ${name} of ${file}, with ${rate} requests a second (Poisson) and times as given`],
  };
}

/** `--rate`, `--service` and `--concurrency` take the place of what the file says. */
export async function modelFromFile(file: string, options: Options, io: Io): Promise<LocalModel> {
  let data: unknown;
  try {
    data = JSON.parse(await textOf(file, io));
  } catch (error) {
    if (error instanceof SyntaxError) throw new CommandError(`${file} is not JSON: --from wants what --save wrote.`);
    throw error;
  }
  const chosen = modelIn(data, options.pool, file);
  const problems = modelProblems(chosen);
  if (problems.length > 0)
    throw new CommandError(problems.map(({ path, message }) => `${file}: ${path}: ${message}`).join('\n'));
  const model = chosen as SimulationModel;
  if (options.pool !== undefined && options.pool !== model.pool.name)
    throw new CommandError(`${file} is of pool \`${model.pool.name}\`, not \`${options.pool}\`.`, 2);
  return { model: replaced(model, options), says: [`the model in ${file}`] };
}

/** A model as `--save` wrote it, or the one of an incident that is about this pool, or its only one. */
function modelIn(data: unknown, pool: string | undefined, file: string): unknown {
  const models = (data as { models?: unknown } | null)?.models;
  if (!Array.isArray(models)) return data;
  const named = models as readonly { pool?: { name?: string } }[];
  const found =
    pool === undefined ? (named.length === 1 ? named[0] : undefined) : named.find((one) => one.pool?.name === pool);
  if (found !== undefined) return found;
  if (named.length === 0)
    throw new CommandError(`${file} holds no model: its pools had too little traffic to make one of.`);
  const names = named.map((one) => one.pool?.name ?? '?').join(', ');
  throw new CommandError(`${file} holds models of ${names}: say which with --pool.`, 2);
}

function replaced(model: SimulationModel, options: Options): SimulationModel {
  const rate = rateOf(options);
  const services = servicesOf(options);
  const concurrencies = concurrenciesOf(options);
  knownBackends([services, concurrencies], model.pool.backends.map(({ id }) => id)); // prettier-ignore
  const service = (shape: BackendShape): ServiceTimes => services.of.get(shape.id) ?? services.all ?? shape.service;
  const backends = model.traffic.backends.map((shape) => ({
    ...shape,
    service: service(shape),
    concurrency: concurrencies.of.get(shape.id) ?? concurrencies.all ?? shape.concurrency,
  }));
  const ratesPerSecond = rate === null ? model.traffic.ratesPerSecond : [rate];
  return { ...model, traffic: { ...model.traffic, ratesPerSecond, backends } };
}

function knownBackends(given: readonly PerBackend<unknown>[], ids: readonly string[]): void {
  for (const id of given.flatMap(({ of }) => [...of.keys()]))
    if (!ids.includes(id)) throw new CommandError(`there is no backend \`${id}\`${suggestion(id, ids)}`);
}

async function textOf(file: string, io: Io): Promise<string> {
  try {
    return await readFile(resolve(io.cwd, file), 'utf8');
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${(error as Error).message}`);
  }
}
