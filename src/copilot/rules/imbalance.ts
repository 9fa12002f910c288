/**
 * A backend gets more than its weight asks for, and nothing else says why.
 *
 * Why: capacity that is paid for and not used, and a backend that fails first when traffic grows.
 * Conditions: as hot-key's, for strategies that do not hash: one that learns gives more to whoever is faster, which is right; so
 * it counts only while means lie close together (ALIKE_TIMES) and the share is SHARE_TIMES what the weight asks for.
 * Precedence: whatever else is found in the pool explains it.
 */
import { attemptsOf, citedMean, labelsOf, meanOf, peersOf } from '../attempt-figures.ts';
import { counted, shareOf, workedOut } from '../cited.ts';
import type { Draft, Rule } from '../finding-draft.ts';
import type { PoolReading, Readings } from '../readings.ts';
import { name, say } from '../told.ts';
import { mostLoaded } from './hot-key.ts';

/** Learning strategies give some backend half as much again for a while; this is beyond that. */
const SHARE_TIMES = 2;
const ALIKE_TIMES = 1.3;
/** Times are compared with this much allowed for, so that tenths of a millisecond do not make them unlike. */
const ALIKE_MS = 2;

export const imbalance: Rule = {
  name: 'imbalance',
  summary: 'a backend gets far more than its weight asks for',
  explains: ['saturated'],
  check: (readings) => readings.pools.flatMap((pool) => look(readings, pool)),
};

function look({ windowS }: Readings, pool: PoolReading): Draft[] {
  const most = pool.strategy.hashes === null ? mostLoaded(pool) : null;
  if (most === null || most.share < SHARE_TIMES * most.fair) return [];
  const { backend, fair } = most;
  const peers = peersOf(pool, backend).map(({ recent }) => recent);
  if (meanOf(peers) > ALIKE_TIMES * meanOf([backend.recent]) + ALIKE_MS) return [];
  const metric = 'edgebalancer_upstream_requests_total';
  const own = counted(metric, labelsOf(pool, backend), backend.recent.attempts, windowS);
  const all = counted(metric, labelsOf(pool), attemptsOf(pool.backends.map(({ recent }) => recent)), windowS);
  const got = shareOf('share of the attempts', own, all);
  const wanted = workedOut('share by weight', fair, 'share', []);
  return [
    {
      severity: 'advice',
      place: { pool: pool.name, backend: backend.id },
      title: say`${name(backend.id)} of ${name(pool.name)} gets more than its share: ${got}`,
      why: say`Its weight asks for ${wanted}. Its times are no better than its peers', so the rest of the pool is idle without a reason.`,
      evidence: [
        got,
        wanted,
        citedMean(labelsOf(pool, backend), [backend.recent], windowS),
        citedMean({ ...labelsOf(pool), backend: 'peers' }, peers, windowS),
      ],
      recommendation: {
        says: say`Look at what its requests are (${name('GET /admin/requests')} says why each went there), and at the weights.`,
        change: null,
      },
      touches: got.value,
    },
  ];
}
