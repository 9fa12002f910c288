/**
 * The strategy does not look at how fast backends are, and they differ.
 *
 * Why: turns, draws and counts of connections give a slow machine about as much as a fast one. Its requests then are the pool's p99,
 * for as long as nobody changes the strategy or the weights.
 * Conditions: the fastest and the slowest backend of a tier differ by SPEED_TIMES and by SPEED_MS_MIN, over the window and over the
 * time before it as well, so that it is how they are and not something that happened; the strategy neither learns nor hashes; and
 * it gives the slow one at least SHARE_KEPT of what its weight asks for.
 * Precedence: it explains brown-out: a backend that was always slow is not ill.
 * False alarms: weights that an operator has set to match (the slow one has less) leave nothing to say once shares follow.
 * Source: the tail at scale (Dean and Barroso, 2013); bench/ of this repository measures it for each strategy.
 */
import { citedMean, isServing, labelsOf, meanOf } from '../attempt-figures.ts';
import { counted, shareOf, timesOf } from '../cited.ts';
import type { Draft, Rule } from '../finding-draft.ts';
import { strategyChange } from '../proposals.ts';
import type { BackendReading, PoolReading, Readings } from '../readings.ts';
import { name, say } from '../told.ts';

export const SPEED_TIMES = 2;
const SPEED_MS_MIN = 10;
const SHARE_KEPT = 0.6;
/** The difference before must be this much of the difference now, or it has only begun. */
const LASTING_SHARE = 0.6;
/** At each, in both spans. */
const ATTEMPTS_MIN = 20;

export const wrongStrategy: Rule = {
  name: 'wrong-strategy',
  summary: 'backends differ in speed, and the strategy does not look',
  explains: ['brown-out', 'imbalance', 'saturated', 'cut-off'],
  check: (readings) => readings.pools.flatMap((pool) => look(readings, pool)),
};

function look(readings: Readings, pool: PoolReading): Draft[] {
  const { learns, hashes } = pool.strategy;
  if (learns || hashes !== null) return [];
  const tier = Math.min(...pool.backends.filter(isServing).map((one) => one.tier));
  const heard = pool.backends.filter(
    (one) =>
      isServing(one) &&
      one.tier === tier &&
      one.recent.attempts >= ATTEMPTS_MIN &&
      (one.earlier?.attempts ?? 0) >= ATTEMPTS_MIN,
  );
  const sorted = heard.toSorted((a, b) => meanOf([a.recent]) - meanOf([b.recent]));
  const [fast, slow] = [sorted[0], sorted.at(-1)];
  if (fast === undefined || slow === undefined || fast === slow) return [];
  if (!differ(fast.recent, slow.recent) || !differ(fast.earlier, slow.earlier)) return [];
  // What began within the time before shows there in part.
  if (gap(fast.earlier, slow.earlier) < LASTING_SHARE * gap(fast.recent, slow.recent)) return [];
  const weights = heard.reduce((sum, { weight }) => sum + weight, 0);
  const attempts = heard.reduce((sum, { recent }) => sum + recent.attempts, 0);
  const kept = slow.recent.attempts / attempts / (slow.weight / weights);
  return kept < SHARE_KEPT ? [] : [draft(readings, pool, fast, slow, attempts)];
}

function gap(fast: BackendReading['earlier'], slow: BackendReading['earlier']): number {
  return fast === null || slow === null ? 0 : meanOf([slow]) - meanOf([fast]);
}

function differ(fast: BackendReading['earlier'], slow: BackendReading['earlier']): boolean {
  if (fast === null || slow === null) return false;
  const [low, high] = [meanOf([fast]), meanOf([slow])];
  return high >= SPEED_TIMES * low && high - low >= SPEED_MS_MIN;
}

function draft(readings: Readings, pool: PoolReading, fast: BackendReading, slow: BackendReading, all: number): Draft {
  const { windowS, earlierS, defaultStrategy } = readings;
  const low = citedMean(labelsOf(pool, fast), [fast.recent], windowS);
  const high = citedMean(labelsOf(pool, slow), [slow.recent], windowS);
  const times = timesOf('slowest beside fastest', high, low);
  const picks = counted('edgebalancer_upstream_requests_total', labelsOf(pool, slow), slow.recent.attempts, windowS);
  const share = shareOf(
    'share of the attempts',
    picks,
    counted('edgebalancer_upstream_requests_total', labelsOf(pool), all, windowS),
  );
  return {
    severity: 'warning',
    place: { pool: pool.name },
    title: say`Backends of ${name(pool.name)} differ in speed, and ${name(pool.strategy.name)} does not look`,
    why: say`${name(slow.id)} takes ${high} on average, ${name(fast.id)} takes ${low}: ${times} as long, and it was so before. The slow one gets ${share} of the requests all the same.`,
    evidence: [
      low,
      high,
      times,
      share,
      ...[fast, slow].flatMap((one) =>
        one.earlier === null ? [] : [citedMean(labelsOf(pool, one), [one.earlier], earlierS)],
      ),
    ],
    recommendation: {
      says: say`Use ${name(defaultStrategy)}: it learns how long each backend takes, and sends each what it can do.`,
      change: strategyChange(pool.name, defaultStrategy),
    },
    touches: share.value,
    whatIf: { pool: pool.name, changes: [{ kind: 'strategy', name: defaultStrategy }] },
  };
}
