/** What the options of `simulate` ask for, as changes and assumptions. */
import type { ServiceTimes, SimulatedChange } from '#contract/simulate.ts';
import { readDuration, readShare } from '#control/config/quantities.ts';
import { STRATEGIES } from '#core/strategies/index.ts';
import { CommandError } from '../command-error.ts';

export interface Asking {
  readonly strategy?: readonly string[];
  readonly rate?: readonly string[];
  readonly without?: readonly string[];
  readonly weight?: readonly string[];
  readonly slow?: readonly string[];
  readonly hedge?: string | true;
  readonly service?: readonly string[];
  readonly concurrency?: readonly string[];
}

const HEDGE_BUDGET = 0.05;
const QUANTILES = ['p50', 'p90', 'p95', 'p99'] as const;

export interface AskedAlternative {
  readonly name: string;
  readonly changes: readonly SimulatedChange[];
}

/** One with all that is different, or one for each strategy with all else that is. */
export function alternativesOf(asking: Asking): AskedAlternative[] {
  const changes: SimulatedChange[] = [
    ...factorsOf(asking).map((times) => ({ kind: 'rate', times }) as const),
    ...(asking.without ?? []).map((backend) => ({ kind: 'without', backend }) as const),
    ...pairs(asking.weight, '--weight').map(([backend, weight]) => ({ kind: 'weight', backend, weight }) as const),
    ...pairs(asking.slow, '--slow').map(([backend, times]) => ({ kind: 'slower', backend, times }) as const),
    ...hedgeOf(asking.hedge),
  ];
  const names = (asking.strategy ?? []).flatMap((name) =>
    name === 'all' ? STRATEGIES.map((one) => one.name) : [name],
  );
  const said = sayOf(asking);
  if (names.length === 0) return changes.length === 0 ? [] : [{ name: said, changes }];
  return [...new Set(names)].map((name) => ({
    name: said === '' ? name : `${name}, ${said}`,
    changes: [...changes, { kind: 'strategy', name }],
  }));
}

/** Requests a second that are asked for; null: what is. */
export function rateOf({ rate = [] }: Asking): number | null {
  const plain = rate.filter((text) => !text.startsWith('x')).at(-1);
  if (plain === undefined) return null;
  return positive(plain.replace(/\/s$/, ''), '--rate', '`500` requests a second, or `x2` for twice as many');
}

/** Of the admin API: what is to be taken instead of what was measured; null: nothing. */
export function assumptionsOf(asking: Asking): Readonly<Record<string, unknown>> | null {
  const rate = rateOf(asking);
  const service = servicesOf(asking);
  const concurrency = concurrenciesOf(asking);
  if (service.of.size > 0 || concurrency.of.size > 0)
    throw new CommandError('Times and places of one backend can be given with --config or --from only.', 2);
  const assume = {
    ...(rate !== null && { ratePerSecond: rate }),
    ...(service.all !== null && { service: service.all }),
    ...(concurrency.all !== null && { concurrency: concurrency.all }),
  };
  return Object.keys(assume).length === 0 ? null : assume;
}

/** What holds for all, and what for single backends. */
export interface PerBackend<T> {
  readonly all: T | null;
  readonly of: ReadonlyMap<string, T>;
}

export function servicesOf({ service }: Asking): PerBackend<ServiceTimes> {
  return perBackend(service, readService);
}

export function concurrenciesOf({ concurrency }: Asking): PerBackend<number> {
  return perBackend(concurrency, (text) => positive(text, '--concurrency', 'a number such as `8`'));
}

function perBackend<T>(given: readonly string[] | undefined, read: (text: string) => T): PerBackend<T> {
  let all: T | null = null;
  const of = new Map<string, T>();
  for (const text of given ?? []) {
    const at = text.lastIndexOf('=');
    if (at < 0) all = read(text);
    else of.set(text.slice(0, at), read(text.slice(at + 1)));
  }
  return { all, of };
}

/** `25ms` (exponential), `constant:25ms`, `lognormal:25ms:1.3`, `bimodal:12ms:280ms:5%`. */
function readService(text: string): ServiceTimes {
  const [kind = '', ...parts] = text.split(':');
  const wrong = (): never => {
    throw new CommandError(
      `--service wants a time such as \`25ms\`, \`constant:25ms\`, \`lognormal:25ms:1.3\` or \`bimodal:12ms:280ms:5%\`, and got ${text}.`,
      2,
    );
  };
  const ms = (part: string | undefined): number => {
    const reading = readDuration(part ?? '');
    return 'value' in reading ? reading.value : wrong();
  };
  if (parts.length === 0) return { kind: 'exponential', meanMs: ms(kind) };
  if (kind === 'constant' && parts.length === 1) return { kind, ms: ms(parts[0]) };
  if (kind === 'exponential' && parts.length === 1) return { kind, meanMs: ms(parts[0]) };
  if (kind === 'lognormal' && parts.length === 2) {
    const sigma = Number(parts[1]);
    return Number.isFinite(sigma) ? { kind, meanMs: ms(parts[0]), sigma } : wrong();
  }
  if (kind !== 'bimodal' || parts.length !== 3) return wrong();
  const share = readShare(parts[2] ?? '');
  return { kind, shortMs: ms(parts[0]), longMs: ms(parts[1]), longShare: 'value' in share ? share.value : wrong() };
}

function factorsOf({ rate = [] }: Asking): number[] {
  return rate
    .filter((text) => text.startsWith('x'))
    .map((text) => positive(text.slice(1), '--rate', '`x2` for twice as many requests'));
}

function hedgeOf(hedge: string | true | undefined): SimulatedChange[] {
  if (hedge === undefined) return [];
  const text = hedge === true ? 'p95' : hedge;
  const quantile = QUANTILES.find((one) => one === text);
  if (quantile !== undefined) return [{ kind: 'hedge', after: quantile, budget: HEDGE_BUDGET }];
  const reading = readDuration(text);
  if ('value' in reading) return [{ kind: 'hedge', after: reading.value, budget: HEDGE_BUDGET }];
  throw new CommandError(`--hedge wants ${QUANTILES.join(', ')} or a time such as \`50ms\`, and got ${text}.`, 2);
}

function pairs(given: readonly string[] | undefined, option: string): (readonly [string, number])[] {
  return (given ?? []).map((text) => {
    const at = text.lastIndexOf('=');
    const value = Number(text.slice(at + 1));
    if (at < 1 || text.length === at + 1 || !Number.isFinite(value) || value < 0)
      throw new CommandError(`${option} wants a backend and a number such as \`a=3\`, and got ${text}.`, 2);
    return [text.slice(0, at), value] as const;
  });
}

function positive(text: string, option: string, what: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || !(value > 0))
    throw new CommandError(`${option} wants ${what}, and got ${text}.`, 2);
  return value;
}

function sayOf(asking: Asking): string {
  return [
    ...(asking.rate ?? []).filter((text) => text.startsWith('x')).map((text) => `rate ${text}`),
    ...(asking.without ?? []).map((id) => `without ${id}`),
    ...(asking.weight ?? []).map((text) => `weight ${text}`),
    ...(asking.slow ?? []).map((text) => `slow ${text}`),
    ...(asking.hedge === undefined ? [] : [`hedge ${asking.hedge === true ? 'p95' : asking.hedge}`]),
  ].join(', ');
}
