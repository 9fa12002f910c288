/**
 * `edgebalancer cost`: what the deployment costs in a month, from a running EdgeBalancer, or from a configuration alone
 * (`--config FILE`, without measured traffic). `edgebalancer cost refresh` asks AWS for today's prices.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { CostAnswer, CostShare } from '#contract/cost.ts';
import type { CostQuestion } from '#control/admin/ports.ts';
import { loadConfig } from '#control/config/load.ts';
import { formatProblem } from '#control/config/problem.ts';
import type { Config } from '#control/config/schema.ts';
import { CostError } from '#control/cost/cost-error.ts';
import { createCost } from '#control/cost/cost.ts';
import { writePricesFile } from '#control/cost/prices-file.ts';
import { refreshPrices, stillMissing, type RefreshOptions } from '#control/cost/refresh.ts';
import { withAdmin } from './admin-client.ts';
import type { AdminOptions } from './admin-place.ts';
import { CommandError, ending } from './command-error.ts';
import { harmless } from './harmless.ts';
import type { Io } from './io.ts';
import { table } from './table.ts';

/** Where a refresh writes unless a configuration or `--state` says another place. */
const STATE_DIR = '.edgebalancer';

export interface CostOptions extends CostQuestion, AdminOptions {
  readonly json?: boolean;
  /** Then nothing is asked over the network. */
  readonly config?: string;
}

export function cost(options: CostOptions, io: Io): Promise<number> {
  return ending(io, () =>
    explained(async () => {
      const answer =
        options.config === undefined ? await ask(options, io) : await estimate(options, options.config, io);
      io.stdout(options.json === true ? `${JSON.stringify(answer, null, 2)}\n` : report(answer));
      return 0;
    }),
  );
}

export interface RefreshCommandOptions {
  readonly region?: string;
  /** For the region and the state directory. */
  readonly config?: string;
  /** Directory of `prices.json`. */
  readonly state?: string;
  /** Public price files, even with credentials. */
  readonly public?: boolean;
  readonly json?: boolean;
}

/** `endpoints`: for tests. */
export function costRefresh(
  options: RefreshCommandOptions,
  io: Io,
  endpoints?: RefreshOptions['endpoints'],
): Promise<number> {
  return ending(io, () => explained(() => refresh(options, io, endpoints)));
}

async function refresh(
  options: RefreshCommandOptions,
  io: Io,
  endpoints: RefreshOptions['endpoints'],
): Promise<number> {
  const config = options.config === undefined ? null : await load(options.config, io);
  const region = options.region ?? regionOf(config, io);
  const dir = options.state ?? (config === null ? STATE_DIR : config.state.dir);
  if (dir === null)
    throw new CostError('', '`state.dir` is null, so nothing can be kept: name a directory with --state.');
  const viewers = config === null || config.cost.viewers === 'auto' ? {} : { viewers: config.cost.viewers };
  const found = await refreshPrices({
    region,
    ...viewers,
    env: io.env,
    nowMs: Date.now,
    publicOnly: options.public === true,
    ...(endpoints === undefined ? {} : { endpoints }),
  });
  const file = await writePricesFile(resolve(io.cwd, dir), found);
  const keys = Object.keys({ ...found.regional, ...found.edge });
  if (options.json === true) {
    io.stdout(`${JSON.stringify({ file, region, via: found.via, found: keys, left: found.left }, null, 2)}\n`);
    return 0;
  }
  io.stdout(
    `${file}: ${keys.length} prices of ${region} from the ${found.via === 'api' ? 'AWS Price List API' : 'public price files'}\n`,
  );
  for (const { key, why } of found.left) io.stdout(`${key} stays as it is: ${why}\n`);
  const missing = stillMissing(found);
  if (missing.length > 0)
    io.stdout(`An estimate for ${region} may need prices of your own, under cost.prices: ${missing.join(', ')}\n`);
  return 0;
}

function regionOf(config: Config | null, io: Io): string {
  if (config !== null && config.cost.region !== 'auto') return config.cost.region;
  const variable = ['AWS_REGION', 'AWS_DEFAULT_REGION'].find((name) => (io.env[name] ?? '') !== '');
  return variable === undefined ? 'us-east-1' : (io.env[variable] as string);
}

/** What the estimate refuses is an operator's to put right. */
async function explained<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw error instanceof CostError ? new CommandError(error.message) : error;
  }
}

async function estimate(options: CostOptions, file: string, io: Io): Promise<CostAnswer> {
  const config = await load(file, io);
  const { dir } = config.state;
  const port = createCost({
    sections: () => config,
    traffic: null,
    history: null,
    nowMs: Date.now,
    env: io.env,
    stateDir: () => (dir === null ? null : resolve(io.cwd, dir)),
  });
  return await port.estimate(questionOf(options));
}

async function load(file: string, io: Io): Promise<Config> {
  const text = await readFile(resolve(io.cwd, file), 'utf8');
  const { config, problems } = loadConfig(text, file, io.env);
  if (config !== null) return config;
  const errors = problems.filter(({ severity }) => severity === 'error');
  throw new CommandError(errors.map(formatProblem).join('\n'));
}

const QUESTIONS = ['region', 'tasks', 'vcpu', 'memoryGiB', 'requests'] as const;

function questionOf(options: CostOptions): CostQuestion {
  return Object.fromEntries(
    QUESTIONS.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  ) as CostQuestion;
}

function ask(options: CostOptions, io: Io): Promise<CostAnswer> {
  return withAdmin(options, io, (client) => client.get<CostAnswer>('admin/cost', { ...questionOf(options) }));
}

function report(answer: CostAnswer): string {
  const { currency, monthly, perMillionRequests, items, routes, unassigned, retries, deployment } = answer;
  const lines = items.map((item) => [
    harmless(item.name),
    plain(item.quantity),
    item.unit,
    plain(item.unitPrice),
    money(item.monthly),
  ]);
  const what =
    deployment === null
      ? ''
      : `, ${deployment.tasks} x ${deployment.vcpu} vCPU / ${deployment.memoryGiB} GiB (${deployment.architecture}) in ${deployment.zones} zones`;
  return [
    `${answer.platform}${answer.region === '' ? '' : ` in ${answer.region}`}${what}; prices of ${answer.pricesAsOf} or later\n\n`,
    table(
      ['ITEM', 'QUANTITY', 'UNIT', `${currency} EACH`, `${currency} A MONTH`],
      [...lines, ['all', '', '', '', money(monthly)]],
      [1, 3, 4],
    ),
    `\n${perMillionRequests === null ? 'No request to share it among.' : `${currency} ${money(perMillionRequests)} for a million requests, at ${plain(answer.requests ?? 0)} a month.`}\n`,
    ...(routes.length === 0 ? [] : [`\n${shares([...routes, retries], currency)}`]),
    ...(unassigned >= 0.005 && routes.length > 0 ? [`${currency} ${money(unassigned)} belong to no route.\n`] : []),
    '\n',
    ...answer.assumptions.map((sentence) => `- ${harmless(sentence)}\n`),
  ].join('');
}

function shares(rows: readonly CostShare[], currency: string): string {
  return table(
    ['ROUTE', 'REQUESTS', `${currency} A MONTH`, 'A MILLION'],
    rows.map(({ name, requests, monthly, perMillionRequests }) => [
      name === 'retries' ? 'of which retries' : harmless(name),
      plain(requests),
      money(monthly),
      perMillionRequests === null ? '-' : money(perMillionRequests),
    ]),
    [1, 2, 3],
  );
}

function money(amount: number): string {
  return amount.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

/** At most six digits that say something. */
function plain(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 6 });
}
