/**
 * The traffic of a running pool out of what is measured anyway: rates from the history's picks, service times from the histograms of
 * attempts, failures from their outcomes. What such figures cannot say is said with them (`limits`): nothing was recorded
 * for the simulator's sake.
 */
import type { HistoryAnswer } from '#contract/history.ts';
import type { BackendShape, FailureShare, ServiceTimes, SimulationModel, TrafficShape } from '#contract/simulate.ts';
import { OUTCOME_COUNT, OUTCOME_NAMES, isFailure, type Outcome } from '#core/outcome.ts';
import { AdminState, HealthState, isUp } from '#core/health-state.ts';
import type { Plan } from '#core/plan.ts';
import { METHOD_SERIES } from '#memory/counters.ts';
import { HISTOGRAM_CELLS, quantilesUs } from '#memory/histogram.ts';
import type { Observed } from '#observe/observed.ts';
import { readSeries } from '#observe/series.ts';
import { poolSettings, type PlannedPool } from './pool-settings.ts';

/** How far back rates are looked at. */
export const RATES_SPAN_MS = 300_000;
/** Steps of rates that a model has: what a pool's traffic looked like, in simulated time that can be afforded. */
const STEPS_MAX = 20;
const STEP_MS = 1_000;
/** Seconds whose counts are compared with each other to see how bursty traffic is: within them it hardly changes otherwise. */
const BLOCK_S = 10;
/** Below this many attempts a backend's times are those of its pool. */
const ATTEMPTS_LEAST = 50;
const BURSTINESS_MAX = 50;
const KEYS = { count: 10_000, skew: 1 } as const;
/** Answered in so little time it did no work. */
const FAST_OUTCOMES: ReadonlySet<string> = new Set(['connect-failure', 'connect-timeout']);
const FAST_MS = 1;

/** What is to be taken instead of what was measured. */
export interface Assumed {
  readonly ratePerSecond?: number | undefined;
  readonly service?: ServiceTimes | undefined;
  readonly concurrency?: number | null | undefined;
  readonly burstiness?: number | undefined;
  readonly keySkew?: number | undefined;
  readonly slownessOf?: TrafficShape['slownessOf'] | undefined;
}

export interface Figures {
  readonly from: readonly string[];
  readonly limits: readonly string[];
  readonly model: SimulationModel;
}

/** A pool of which too little is known; the message says what to do. */
export class NoFigures extends Error {
  override readonly name = 'NoFigures';
}

/** Shares at which a histogram is read: each percent, and finer where few long requests decide. */
const SHARES = [0.001, 0.005, ...Array.from({ length: 99 }, (_, at) => (at + 1) / 100), 0.993, 0.996, 0.999, 0.9995, 1];

/** Throws `NoFigures`. `history`: of the last `RATES_SPAN_MS`, in steps of a second. */
export function trafficFigures(
  observed: Observed,
  planned: PlannedPool,
  history: HistoryAnswer,
  assumed: Assumed = {},
): Figures {
  const { pool } = planned;
  const { tables } = observed;
  const counts = countsOf(history, pool.name);
  const measured = counts.reduce((sum, count) => sum + count, 0) / Math.max(1, counts.length * history.step);
  const ratePerSecond = assumed.ratePerSecond ?? measured;
  if (!(ratePerSecond > 0))
    throw new NoFigures(
      `pool \`${pool.name}\` had no requests in the last ${RATES_SPAN_MS / 60_000} minutes; say \`assume.ratePerSecond\``,
    );
  const service = servicesOf(observed, planned, assumed);
  const backends = pool.backends.map(({ id, slot }, at): BackendShape => {
    const failures = assumed.service === undefined ? failuresOf(observed, slot) : [];
    return { id, service: service.of[at] as ServiceTimes, concurrency: assumed.concurrency ?? null, failures };
  });
  const { repeatable, methods } = repeatableShare(observed, planned);
  const traffic: TrafficShape = {
    ...ratesOf(counts, history.step, ratePerSecond / Math.max(1e-9, measured), assumed.ratePerSecond !== undefined && !(measured > 0) ? ratePerSecond : null), // prettier-ignore
    burstiness: assumed.burstiness ?? burstinessOf(counts),
    keys: { ...KEYS, skew: assumed.keySkew ?? KEYS.skew },
    slownessOf: assumed.slownessOf ?? 'backend',
    repeatable,
    backends,
  };
  const settings = poolSettings(planned, ({ slot }) => {
    const admin = tables.slots.admin[slot];
    if (admin === AdminState.draining) return 'draining';
    if (admin === AdminState.maintenance) return 'maintenance';
    const health = tables.slots.health[slot] as HealthState;
    return isUp(health) || health === HealthState.unknown ? 'active' : 'unhealthy';
  });
  return {
    model: { version: 1, pool: settings, traffic, outages: [] },
    from: [
      assumed.ratePerSecond === undefined
        ? `rates: the picks of the last ${counts.length * history.step} seconds in the history, ${ratePerSecond.toPrecision(3)} a second on average, squeezed into ${traffic.ratesPerSecond.length} steps of a second`
        : `rates: ${ratePerSecond} a second, as asked for`,
      service.says,
      assumed.service === undefined
        ? 'failures: the outcomes of attempts since the process started'
        : 'failures: none, since service times were given',
      `requests that may be repeated: ${methods}`,
      'settings, weights, tiers and states: as they are in force now',
    ],
    limits: limitsOf(assumed),
  };
}

function limitsOf(assumed: Assumed): string[] {
  return [
    ...(assumed.service === undefined
      ? [
          'measured times hold the wait inside a backend as well as its work: a pool that is overloaded now looks slower than it is',
          'they are of all the time since the process started: a backend that turned slow a moment ago looks faster than it is',
        ]
      : []),
    assumed.concurrency === undefined || assumed.concurrency === null
      ? 'how much a backend can do at one time is not measured: backends are taken not to slow down under more load; say `assume.concurrency` to bound it'
      : 'each backend is taken to work on `assume.concurrency` requests at a time',
    'retries and second copies are among the measured picks, so rates are a little too high while there are many',
    `which keys come how often is not measured: ${KEYS.count} keys of skew ${assumed.keySkew ?? KEYS.skew} are assumed where a strategy hashes`,
    'the network, connections, bodies and the total time of a request are left out',
  ];
}

/** Picks of a pool's backends, step by step. */
function countsOf({ at, backendSelection }: HistoryAnswer, pool: string): number[] {
  const counts = new Array<number>(at.length).fill(0);
  for (const [name, picks] of Object.entries(backendSelection))
    if (name.startsWith(`${pool}/`)) picks.forEach((count, step) => (counts[step]! += count));
  return counts;
}

function ratesOf(
  counts: readonly number[],
  stepS: number,
  times: number,
  flat: number | null,
): Pick<TrafficShape, 'ratesPerSecond' | 'stepMs'> {
  if (flat !== null || counts.length === 0) return { ratesPerSecond: [flat ?? 0], stepMs: STEP_MS };
  const steps = Math.min(STEPS_MAX, counts.length);
  const ratesPerSecond = Array.from({ length: steps }, (_, step) => {
    const part = counts.slice(
      Math.floor((step * counts.length) / steps),
      Math.floor(((step + 1) * counts.length) / steps),
    );
    return (part.reduce((sum, count) => sum + count, 0) / (part.length * stepS)) * times;
  });
  return { ratesPerSecond, stepMs: STEP_MS };
}

/** Index of dispersion of the counts, each compared with its neighbours, so that a rate that rises does not look bursty. */
function burstinessOf(counts: readonly number[]): number {
  let [squares, sum] = [0, 0];
  for (let from = 0; from + BLOCK_S <= counts.length; from += BLOCK_S) {
    const block = counts.slice(from, from + BLOCK_S);
    const mean = block.reduce((all, count) => all + count, 0) / BLOCK_S;
    squares += block.reduce((all, count) => all + (count - mean) ** 2, 0) / (BLOCK_S - 1);
    sum += mean;
  }
  if (sum === 0) return 1;
  return Math.min(BURSTINESS_MAX, squares / sum);
}

function servicesOf(
  { tables: { counters } }: Observed,
  { pool }: PlannedPool,
  assumed: Assumed,
): { of: readonly ServiceTimes[]; says: string } {
  const given = assumed.service;
  if (given !== undefined) return { of: pool.backends.map(() => given), says: 'service times: as asked for' };
  const each = pool.backends.map(({ slot }) => counters.slotHistogram(slot));
  const all = new Float64Array(HISTOGRAM_CELLS);
  for (const cells of each) cells.forEach((count, at) => (all[at]! += count));
  const countOf = (cells: Float64Array): number => cells.reduce((sum, count) => sum + count, 0);
  if (countOf(all) === 0)
    throw new NoFigures(`no attempt at a backend of pool \`${pool.name}\` has ended yet; say \`assume.service\``);
  const known = each.map((cells) => countOf(cells) >= ATTEMPTS_LEAST);
  const unknown = pool.backends.filter((_, at) => !known[at]).map(({ id }) => id);
  const more =
    unknown.length === 0
      ? ''
      : `; too few to tell were at ${unknown.join(', ')}, which are taken to be as the whole pool`;
  return {
    of: each.map((cells, at) => quantileTimes(known[at] === true ? cells : all)),
    says: `service times: the latencies of ${countOf(all)} attempts since the process started, within 1 %${more}`,
  };
}

function quantileTimes(cells: Float64Array): ServiceTimes {
  return { kind: 'quantiles', shares: SHARES, ms: quantilesUs(cells, SHARES).map((us) => us / 1000) };
}

function failuresOf({ tables: { counters } }: Observed, slot: number): FailureShare[] {
  const counts = Array.from({ length: OUTCOME_COUNT }, (_, outcome) => counters.slotCount(slot, outcome));
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.flatMap((count, at) => {
    if (count === 0 || !isFailure(at as Outcome)) return [];
    const outcome = OUTCOME_NAMES[at] as FailureShare['outcome'];
    return [{ outcome, share: count / total, afterMs: FAST_OUTCOMES.has(outcome) ? FAST_MS : null }];
  });
}

/** By the methods of the routes that lead to the pool. Bodies are not looked at. */
function repeatableShare(observed: Observed, { pool }: PlannedPool): { repeatable: number; methods: string } {
  const { plan, tables, workerRows } = observed;
  const routes = routesTo(plan, pool.name);
  const may = new Set(pool.retry?.methods ?? []);
  let [all, listed] = [0, 0];
  for (const { route, method, statuses } of readSeries(plan, tables.counters, workerRows)) {
    if (!routes.has(route)) continue;
    const count = statuses.reduce((sum, [, requests]) => sum + requests, 0);
    all += count;
    if (may.has(METHOD_SERIES[method] as string)) listed += count;
  }
  if (pool.retry === null) return { repeatable: 1, methods: 'all, for the pool retries nothing' };
  if (all === 0) return { repeatable: 1, methods: 'all, for no method has been counted yet' };
  return { repeatable: listed / all, methods: `${((listed / all) * 100).toFixed(0)} %, by their methods` };
}

function routesTo(plan: Plan, name: string): ReadonlySet<string> {
  const index = plan.pools.findIndex((pool) => pool.name === name);
  return new Set(
    plan.routes.filter(({ split }) => split.some(({ pool }) => pool === index)).map((route) => route.name),
  );
}
