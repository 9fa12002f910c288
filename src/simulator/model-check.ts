/** Whether plain data is a model, or a list of changes: files and requests bring anything. */
import type { SimulationModel } from '#contract/simulate.ts';
import { OUTCOME_NAMES } from '#core/outcome.ts';
import { strategyByName, STRATEGIES } from '#core/strategies/index.ts';
import {
  complain,
  flag,
  isMapping,
  kinds,
  list,
  mapping,
  number,
  oneOf,
  orNull,
  text,
  type Check,
  type ModelProblem,
} from './shape-check.ts';

/** A thousand would make a pick of some strategies cost more than all the rest. */
const BACKENDS_MAX = 256;
const RATES_MAX = 10_000;
const RATE_MAX = 1_000_000;
const KEYS_MAX = 1_000_000;
const QUANTILES_MAX = 2_000;
const CHANGES_MAX = 50;
const MS_MAX = 3_600_000;
const DAY_MS = 86_400_000;
const NAME_MAX = 255;
const WORKERS_MAX = 64;

const share = number(0, 1);
const ms = number(0, MS_MAX);
const id = text(NAME_MAX);
const constant = (kind: string): Check => oneOf(kind);

const services = kinds({
  constant: mapping({ kind: constant('constant'), ms }),
  exponential: mapping({ kind: constant('exponential'), meanMs: number(1e-6, MS_MAX) }),
  lognormal: mapping({ kind: constant('lognormal'), meanMs: number(1e-6, MS_MAX), sigma: number(0, 5) }),
  bimodal: mapping({ kind: constant('bimodal'), shortMs: ms, longMs: ms, longShare: share }),
  quantiles: mapping({
    kind: constant('quantiles'),
    shares: list(share, 1, QUANTILES_MAX),
    ms: list(ms, 1, QUANTILES_MAX),
  }),
});

const failureOutcomes = OUTCOME_NAMES.filter((name) => name !== 'success' && name !== 'cancelled');

const shape: Check = mapping({
  id,
  service: (value, path, problems) => {
    services(value, path, problems);
    ascending(value, path, problems);
  },
  concurrency: orNull(number(1, 1_000_000, true)),
  failures: (value, path, problems) => {
    list(mapping({ outcome: oneOf(...failureOutcomes), share, afterMs: orNull(ms) }), 0, failureOutcomes.length)(
      value,
      path,
      problems,
    );
    const sum = Array.isArray(value) ? value.reduce((all: number, one) => all + Number(shareIn(one)), 0) : 0;
    if (sum > 1 + 1e-9) complain(problems, path, 'expected shares that make 1 at most together');
  },
});

const traffic = mapping({
  ratesPerSecond: list(number(0, RATE_MAX), 1, RATES_MAX),
  stepMs: number(1, DAY_MS),
  burstiness: number(0, 1000),
  keys: mapping({ count: number(1, KEYS_MAX, true), skew: number(0, 10) }),
  slownessOf: oneOf('backend', 'request'),
  repeatable: share,
  backends: list(shape, 1, BACKENDS_MAX),
});

const outcomeNumber = number(0, OUTCOME_NAMES.length - 1, true);
const state = oneOf('active', 'draining', 'maintenance', 'unhealthy');
const weight = number(0, 1000);
const tier = number(0, 15, true);

const pool = mapping({
  name: text(NAME_MAX),
  strategy: strategyCheck,
  backends: list(mapping({ id, authority: text(1000), weight, tier, state }), 1, BACKENDS_MAX),
  circuit: orNull(
    mapping({
      consecutiveFailures: number(1, 10_000, true),
      failureRatio: share,
      minRequests: number(1, 1_000_000, true),
      windowMs: number(100, MS_MAX),
      outlier: flag,
      openForMs: number(10, MS_MAX),
      maxOpenForMs: number(10, MS_MAX),
      trials: number(1, 100, true),
      maxOpen: share,
      trialMs: number(1, DAY_MS),
    }),
  ),
  panicThreshold: share,
  retry: orNull(
    mapping({
      attempts: number(0, 10, true),
      outcomes: list(outcomeNumber, 0, OUTCOME_NAMES.length),
      statuses: list(number(400, 599, true), 0, 200),
      methods: list(text(100), 0, 50),
      backoffBaseMs: ms,
      backoffMaxMs: ms,
      budgetShare: share,
      budgetPerSecond: number(0, 1_000_000),
      bodyBytes: number(0, 2 ** 40),
    }),
  ),
  hedge: orNull(
    mapping({
      after: (value, path, problems) =>
        (isMapping(value) && 'ms' in value ? mapping({ ms: number(1, MS_MAX) }) : mapping({ quantile: share }))(
          value,
          path,
          problems,
        ),
      budget: share,
    }),
  ),
  concurrency: orNull(mapping({ algorithm: oneOf('gradient', 'vegas', 'aimd') })),
  slowStartMs: ms,
  limits: mapping({
    inFlight: number(1, 1_000_000, true),
    queue: number(0, 1_000_000, true),
    queueTimeoutMs: ms,
  }),
  probes: orNull(mapping({ downMs: ms, upMs: ms })),
  tryTimeoutMs: number(0, DAY_MS),
  workers: number(1, WORKERS_MAX, true),
});

const outage = mapping({ backend: id, fromMs: number(0, DAY_MS), toMs: number(0, DAY_MS) });

const model = mapping({ version: oneOf(1), pool, traffic, outages: list(outage, 0, BACKENDS_MAX) });

const changes = list(
  kinds({
    strategy: (value, path, problems) => {
      const fields = { kind: constant('strategy'), name: text(100) };
      const withParams = isMapping(value) && value['params'] !== undefined;
      mapping(withParams ? { ...fields, params: plainMapping } : fields)(value, path, problems);
    },
    without: mapping({ kind: constant('without'), backend: id }),
    state: mapping({ kind: constant('state'), backend: id, state }),
    weight: mapping({ kind: constant('weight'), backend: id, weight }),
    tier: mapping({ kind: constant('tier'), backend: id, tier }),
    add: mapping({ kind: constant('add'), like: id, count: number(1, BACKENDS_MAX, true) }),
    slower: mapping({ kind: constant('slower'), backend: id, times: number(0.001, 1000) }),
    rate: mapping({ kind: constant('rate'), times: number(0, 1000) }),
    hedge: mapping({
      kind: constant('hedge'),
      after: (value, path, problems) =>
        (typeof value === 'number' ? number(1, MS_MAX) : oneOf('p50', 'p90', 'p95', 'p99'))(value, path, problems),
      budget: share,
    }),
    outage: mapping({
      kind: constant('outage'),
      backend: id,
      fromMs: number(0, DAY_MS),
      toMs: number(0, DAY_MS),
    }),
    patch: mapping({ kind: constant('patch'), patch: plainMapping }),
  }),
  0,
  CHANGES_MAX,
);

/** What keeps `value` from being a model; nothing: it is one. */
export function modelProblems(value: unknown): readonly ModelProblem[] {
  const problems: ModelProblem[] = [];
  model(value, '', problems);
  if (problems.length === 0) across(value as SimulationModel, problems);
  return problems;
}

/** The same of a list of changes. Whether what they name is there is `applyChanges`' to say. */
export function changesProblems(value: unknown, path = 'changes'): readonly ModelProblem[] {
  const problems: ModelProblem[] = [];
  changes(value, path, problems);
  return problems;
}

function across(
  { pool: { backends }, traffic: { backends: shapes, ratesPerSecond } }: SimulationModel,
  problems: ModelProblem[],
): void {
  if (new Set(backends.map((one) => one.id)).size < backends.length)
    complain(problems, 'pool.backends', 'expected ids that differ');
  backends.forEach(({ id: wanted }, at) => {
    if (!shapes.some((one) => one.id === wanted))
      complain(problems, `pool.backends.${at}.id`, `expected \`${wanted}\` in traffic.backends too`);
  });
  if (ratesPerSecond.every((rate) => rate === 0))
    complain(problems, 'traffic.ratesPerSecond', 'expected a rate above 0: nothing comes');
}

function strategyCheck(value: unknown, path: string, problems: ModelProblem[]): void {
  mapping({ name: text(100), params: plainMapping })(value, path, problems);
  if (!isMapping(value) || typeof value['name'] !== 'string' || !isMapping(value['params'])) return;
  const definition = strategyByName(value['name']);
  if (definition === undefined) {
    complain(problems, `${path}.name`, `expected one of ${STRATEGIES.map(({ name }) => name).join(', ')}`);
    return;
  }
  for (const [key, given] of Object.entries(value['params'])) {
    const param = definition.params.find(({ name }) => name === key);
    const place = `${path}.params.${key}`;
    if (param === undefined) complain(problems, place, `\`${definition.name}\` has no such parameter`);
    else if (param.type === 'number') number(param.min, param.max, param.integer)(given, place, problems);
    else if (param.type === 'boolean') flag(given, place, problems);
    else oneOf(...param.choices)(given, place, problems);
  }
}

function plainMapping(value: unknown, path: string, problems: ModelProblem[]): void {
  if (!isMapping(value)) complain(problems, path, 'expected a mapping');
}

function ascending(value: unknown, path: string, problems: ModelProblem[]): void {
  if (!isMapping(value) || value['kind'] !== 'quantiles') return;
  const { shares, ms: times } = value as { shares: unknown; ms: unknown };
  if (!Array.isArray(shares) || !Array.isArray(times)) return;
  if (shares.length !== times.length) complain(problems, path, 'expected as many `ms` as `shares`');
  const rises = (numbers: readonly unknown[], strictly: boolean): boolean =>
    numbers.every((one, at) => at === 0 || (strictly ? (numbers[at - 1] as number) < (one as number) : (numbers[at - 1] as number) <= (one as number))); // prettier-ignore
  if (!rises(shares, true) || !rises(times, false)) complain(problems, path, 'expected `shares` and `ms` that ascend');
}

function shareIn(value: unknown): unknown {
  return isMapping(value) ? value['share'] : 0;
}
