/**
 * A strategy that hashes sends one backend far more than its share.
 *
 * Why: hashing spreads keys, not requests. Where one key has most of the requests (a proxy's address in place of its clients', a
 * field that nobody sends, one large tenant), one backend has most of the work, and its caches are no better for it.
 * Conditions: ATTEMPTS_MIN attempts at the pool, and a backend that gets SHARE_TIMES what its weight asks for. Many keys come out
 * within a few hundredths of it, so this many times is not chance. From ONE_KEY_SHARE on it is called one key.
 * False alarms: a backend whose peers are down, draining or starting slowly has more by right: only serving ones at full weight
 * are looked at.
 */
import { attemptsOf, isServing, labelsOf } from '../attempt-figures.ts';
import { counted, shareOf, workedOut } from '../cited.ts';
import type { Draft, Rule } from '../finding-draft.ts';
import { strategyChange } from '../proposals.ts';
import type { BackendReading, PoolReading, Readings } from '../readings.ts';
import { name, say } from '../told.ts';

const ATTEMPTS_MIN = 200;
const SHARE_TIMES = 1.6;
const ONE_KEY_SHARE = 0.95;

export const hotKey: Rule = {
  name: 'hot-key',
  summary: 'hashing sends one backend far more than its share',
  explains: ['brown-out', 'saturated', 'imbalance', 'cut-off'],
  check: (readings) => readings.pools.flatMap((pool) => look(readings, pool)),
};

/** The backend with the most beyond its share, where all of a pool's can be compared. */
export function mostLoaded(
  pool: PoolReading,
): { readonly backend: BackendReading; readonly share: number; readonly fair: number } | null {
  const tier = Math.min(...pool.backends.map((one) => one.tier));
  const members = pool.backends.filter((one) => one.tier === tier);
  const comparable = members.every(
    (one) => isServing(one) && one.circuit === 'closed' && one.effectiveWeight >= one.weight,
  );
  const attempts = attemptsOf(members.map(({ recent }) => recent));
  if (members.length < 2 || !comparable || attempts < ATTEMPTS_MIN) return null;
  const weights = members.reduce((sum, { weight }) => sum + weight, 0);
  const loads = members.map((backend) => ({
    backend,
    share: backend.recent.attempts / attempts,
    fair: backend.weight / weights,
  }));
  return loads.reduce((most, one) => (one.share / one.fair > most.share / most.fair ? one : most));
}

function look({ windowS, defaultStrategy }: Readings, pool: PoolReading): Draft[] {
  const { hashes } = pool.strategy;
  const most = hashes === null ? null : mostLoaded(pool);
  if (hashes === null || most === null || most.share < Math.min(SHARE_TIMES * most.fair, ONE_KEY_SHARE)) return [];
  const { backend, share, fair } = most;
  const metric = 'edgebalancer_upstream_requests_total';
  const own = counted(metric, labelsOf(pool, backend), backend.recent.attempts, windowS);
  const all = counted(metric, labelsOf(pool), attemptsOf(pool.backends.map(({ recent }) => recent)), windowS);
  const got = shareOf('share of the attempts', own, all);
  const wanted = workedOut('share by weight', fair, 'share', []);
  const isOne = share >= ONE_KEY_SHARE;
  return [
    {
      severity: 'warning',
      place: { pool: pool.name },
      title: isOne
        ? say`All requests of ${name(pool.name)} have the same key, and go to ${name(backend.id)}`
        : say`Few keys of ${name(pool.name)} have most of the requests: ${name(backend.id)} gets ${got}`,
      why: say`${name(pool.strategy.name)} hashes ${name(hashes)}. By its weight ${name(backend.id)} would get ${wanted}, and it gets ${got}: the keys are too few, or some of them too busy.`,
      evidence: [got, wanted, own, all],
      recommendation: {
        says: say`Hash something that differs more, such as the path. Where nothing is cached by key, ${name(defaultStrategy)} shares the work by what each backend can do.`,
        change: strategyChange(pool.name, { name: pool.strategy.name, on: 'path' }),
      },
      touches: share,
      whatIf: { pool: pool.name, changes: [{ kind: 'strategy', name: defaultStrategy }] },
    },
  ];
}
