/**
 * A timeout cuts attempts off at most backends of a pool.
 *
 * Why: a time that is shorter than the work takes fails requests that would have been answered, and has them made again, so that
 * backends do the work twice for nothing. It happens when a timeout is copied from a faster service.
 * Conditions: at least TIMEOUTS_MIN attempts of the pool ended as timeout, TIMEOUT_SHARE of all, and MOST_SHARE of its serving
 * backends had some. Where timeouts are at one backend, that one hangs (failing-backend).
 * Precedence: it explains failing-pool, whose failures they are. When all of the pool has become slow just now, slow-pool
 * explains it. Whether backends answered within the timeout before is all that tells a short timeout from a hang, so it is told.
 */
import { ATTEMPT_OUTCOMES } from '#contract/copilot.ts';
import { citedAttempts, citedMean, isServing, labelsOf } from '../attempt-figures.ts';
import { counted, setting, shareOf } from '../cited.ts';
import type { Draft, Rule } from '../finding-draft.ts';
import { durationText, poolKey } from '../proposals.ts';
import type { BackendReading, PoolReading, Readings } from '../readings.ts';
import { name, say } from '../told.ts';

const TIMEOUTS_MIN = 10;
const TIMEOUT_SHARE = 0.1;
const MOST_SHARE = 0.6;
const TIMEOUT = ATTEMPT_OUTCOMES.indexOf('timeout');

export const cutOff: Rule = {
  name: 'cut-off',
  summary: 'a timeout is shorter than most backends of a pool need',
  explains: [
    'failing-pool',
    'failing-backend',
    'retry-amplification',
    'panic',
    'flapping-backend',
    'saturated',
    'imbalance',
  ],
  check: (readings) => readings.pools.flatMap((pool) => look(readings, pool)),
};

function look(readings: Readings, pool: PoolReading): Draft[] {
  const { windowS } = readings;
  const heard = pool.backends.filter((one) => isServing(one) && one.recent.attempts > 0);
  const cut = heard.filter((one) => timeoutsOf(one) > 0);
  const timeouts = heard.reduce((sum, one) => sum + timeoutsOf(one), 0);
  if (timeouts < TIMEOUTS_MIN || cut.length < Math.max(2, MOST_SHARE * heard.length)) return [];
  const labels = labelsOf(pool);
  const count = counted('edgebalancer_upstream_requests_total', { ...labels, outcome: 'timeout' }, timeouts, windowS);
  const spans = heard.map(({ recent }) => recent);
  const share = shareOf('share of attempts that were cut off', count, citedAttempts(labels, spans, windowS));
  if (share.value < TIMEOUT_SHARE) return [];
  const limit = shortestOf(readings, pool);
  const mean = citedMean(labels, spans, windowS);
  const { path } = limit;
  return [
    {
      severity: 'critical',
      place: { pool: pool.name },
      title: say`Attempts at ${name(pool.name)} are cut off after ${limit.cited}`,
      why: say`${count} attempts, ${share}, did not answer within ${limit.cited} (${name(limit.key)}), at most of the backends. A time that all of them exceed is too short for the work, or all of them hang.`,
      evidence: [count, share, limit.cited, mean],
      recommendation: {
        says: say`Where the work takes that long, raise ${name(limit.key)} to twice what it takes. Where it does not, look at what the backends wait for.`,
        change: path === null ? null : poolKey(pool.name, path, durationText(limit.cited.value * 2)),
      },
      touches: share.value,
    },
  ];
}

const timeoutsOf = ({ recent }: BackendReading): number => recent.outcomes[TIMEOUT] as number;

/** Which setting ends an attempt first. `path`: below the pool; null: it is a route's. */
function shortestOf(
  { routes }: Readings,
  pool: PoolReading,
): { readonly key: string; readonly path: string[] | null; readonly cited: ReturnType<typeof setting> } {
  const { firstByteMs } = pool.settings.timeouts;
  const key = `pools.${pool.name}.timeouts.firstByte`;
  let shortest = {
    key,
    path: ['timeouts', 'firstByte'] as string[] | null,
    ms: firstByteMs === 0 ? Infinity : firstByteMs,
  };
  for (const route of routes) {
    if (!route.pools.includes(pool.name)) continue;
    for (const [timeout, ms] of [
      ['perTry', route.perTryMs],
      ['total', route.totalMs],
    ] as const)
      if (ms > 0 && ms < shortest.ms) shortest = { key: `routes.${route.name}.timeouts.${timeout}`, path: null, ms };
  }
  return { key: shortest.key, path: shortest.path, cited: setting(shortest.key, shortest.ms, 'ms') };
}
