/**
 * The traffic of a running pool as a model for the simulator: what was recorded in the last minutes, or, where that is too little,
 * what has been counted since the start. What was asked to be assumed takes the place of either. What the figures cannot
 * say is said with them (`limits`).
 */
import type { HistoryAnswer } from '#contract/history.ts';
import type { BackendShape, ServiceTimes, SimulationModel, TrafficShape } from '#contract/simulate.ts';
import { AdminState, HealthState, isUp } from '#core/health-state.ts';
import type { Plan } from '#core/plan.ts';
import { METHOD_SERIES } from '#memory/counters.ts';
import type { Observed } from '#observe/observed.ts';
import { readSeries } from '#observe/series.ts';
import { poolRecording } from '#observe/traffic-report.ts';
import { countedTraffic } from './counted-traffic.ts';
import { poolSettings, type PlannedPool } from './pool-settings.ts';
import { recordedTraffic } from './recorded-traffic.ts';
import type { TrafficBasis } from './traffic-basis.ts';

/** How far back rates are looked at. */
export const RATES_SPAN_MS = 300_000;
const STEP_MS = 1_000;
const KEYS = { count: 10_000, skew: 1 } as const;

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

/** Throws `NoFigures`. `history`: of the last `RATES_SPAN_MS`, in steps of a second. `wallMs`: now, since 1970. */
export function trafficFigures(
  observed: Observed,
  planned: PlannedPool,
  history: HistoryAnswer,
  wallMs: number,
  assumed: Assumed = {},
): Figures {
  const { pool } = planned;
  const { tables } = observed;
  const basis = recordedTraffic(poolRecording(observed, pool, wallMs)) ?? countedTraffic(observed, planned, history);
  const ratesPerSecond = ratesOf(basis, assumed);
  if (ratesPerSecond === null)
    throw new NoFigures(
      `pool \`${pool.name}\` had no requests in the last ${RATES_SPAN_MS / 60_000} minutes; say \`assume.ratePerSecond\``,
    );
  const { repeatable, methods } = repeatableShare(observed, planned);
  const traffic: TrafficShape = {
    ratesPerSecond,
    stepMs: STEP_MS,
    burstiness: assumed.burstiness ?? basis.burstiness,
    keys: { ...KEYS, ...basis.keys, ...(assumed.keySkew !== undefined && { skew: assumed.keySkew }) },
    slownessOf: assumed.slownessOf ?? 'backend',
    repeatable,
    backends: shapesOf(basis, planned, assumed),
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
      assumed.ratePerSecond === undefined ? basis.from.rates : `rates: ${assumed.ratePerSecond} a second, as asked for`,
      assumed.service === undefined ? basis.from.service : 'service times: as asked for',
      assumed.service === undefined ? basis.from.failures : 'failures: none, since service times were given',
      ...concurrencySays(traffic, assumed),
      ...keysSay(traffic, basis, assumed),
      `requests that may be repeated: ${methods}`,
      'settings, weights, tiers and states: as they are in force now',
    ],
    limits: limitsOf(basis, traffic, assumed),
  };
}

/** Null: nothing came, and nothing was said. A rate that is assumed keeps the shape of what came. */
function ratesOf({ ratesPerSecond }: TrafficBasis, { ratePerSecond }: Assumed): readonly number[] | null {
  const sum = ratesPerSecond.reduce((all, rate) => all + rate, 0);
  if (ratePerSecond === undefined) return sum > 0 ? ratesPerSecond : null;
  const mean = sum / Math.max(1, ratesPerSecond.length);
  return mean > 0 ? ratesPerSecond.map((rate) => (rate * ratePerSecond) / mean) : [ratePerSecond];
}

function shapesOf({ backends }: TrafficBasis, { pool }: PlannedPool, assumed: Assumed): BackendShape[] {
  const { service, concurrency } = assumed;
  if (backends === null && service === undefined)
    throw new NoFigures(`no attempt at a backend of pool \`${pool.name}\` has ended yet; say \`assume.service\``);
  return pool.backends.map(({ id }, at): BackendShape => {
    const measured = backends?.[at];
    return {
      id,
      service: service ?? (measured?.service as ServiceTimes),
      concurrency: concurrency !== undefined ? concurrency : (measured?.concurrency ?? null),
      failures: service === undefined ? (measured?.failures ?? []) : [],
    };
  });
}

function concurrencySays({ backends }: TrafficShape, assumed: Assumed): string[] {
  if (assumed.concurrency !== undefined) return [];
  const bounds = [...new Set(backends.flatMap(({ concurrency }) => concurrency ?? []))].sort((a, b) => a - b);
  if (bounds.length === 0) return [];
  const most = bounds.length > 5 ? `${bounds[0]} to ${bounds.at(-1)}` : bounds.join(', ');
  return [`requests that a backend works on side by side: ${most}, from how much longer it takes when it has more`];
}

function keysSay({ keys }: TrafficShape, basis: TrafficBasis, assumed: Assumed): string[] {
  if (basis.keys === null || assumed.keySkew !== undefined) return [];
  return [`keys: about ${keys.count} different ones were seen, of skew ${keys.skew}`];
}

function limitsOf(basis: TrafficBasis, { keys }: TrafficShape, assumed: Assumed): string[] {
  const { limits } = basis;
  return [
    ...(assumed.service === undefined ? limits.service : []),
    ...(assumed.concurrency === undefined
      ? [limits.concurrency].filter((text) => text !== '')
      : assumed.concurrency === null
        ? ['backends are taken not to slow down under more load']
        : ['each backend is taken to work on `assume.concurrency` requests at a time']),
    ...limits.rates,
    ...(basis.keys === null || assumed.keySkew !== undefined
      ? [`which keys come how often is not measured: ${keys.count} keys of skew ${keys.skew} are assumed where a strategy hashes`] // prettier-ignore
      : []),
    'the network, connections, bodies and the total time of a request are left out',
  ];
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
