/**
 * All of a pool has become slow.
 *
 * Why: what slows every backend at once is what they share: a database, a lock, a release, or more load than they can do. Lines,
 * full limits and timeouts follow within seconds, and each of them looks like a setting that is too small.
 * Conditions: the pool's mean is SLOW_TIMES what it was before and SLOW_MS_MIN above it, and MOST_SHARE of the backends that had
 * requests in both spans are slower by half of that. Whether more requests came as well is told, since it changes what to do.
 * False alarms: a pool that had hardly any requests before has no "before" (EARLIER_MIN); one backend that drags the mean is
 * brown-out's.
 */
import { attemptsOf, citedAttempts, citedMean, isServing, labelsOf, meanOf, poolAttempts } from '../attempt-figures.ts';
import { timesOf, workedOut, type Cited } from '../cited.ts';
import type { Draft, Rule } from '../finding-draft.ts';
import type { AttemptSpan, PoolReading, Readings } from '../readings.ts';
import { joined, name, say } from '../told.ts';

const SLOW_TIMES = 3;
const SLOW_MS_MIN = 20;
const MOST_SHARE = 0.6;
const RECENT_MIN = 20;
const EARLIER_MIN = 50;
/** As many more requests are the likelier cause. */
const SURGE_TIMES = 1.5;

export const slowPool: Rule = {
  name: 'slow-pool',
  summary: 'all of a pool has become slower than it was',
  explains: [
    'saturated',
    'brown-out',
    'cut-off',
    'retry-amplification',
    'wrong-strategy',
    'failing-pool',
    'overweight',
  ],
  check: (readings) => readings.pools.flatMap((pool) => look(readings, pool)),
};

const slower = (now: number, before: number, times: number): boolean => now >= times * before;

function look(readings: Readings, pool: PoolReading): Draft[] {
  const { windowS, earlierS } = readings;
  const both = pool.backends.filter(
    (one) => isServing(one) && one.earlier !== null && one.recent.attempts > 0 && one.earlier.attempts > 0,
  );
  const recent = both.map((one) => one.recent);
  const earlier = both.map((one) => one.earlier as AttemptSpan);
  if (both.length < 2 || attemptsOf(recent) < RECENT_MIN || attemptsOf(earlier) < EARLIER_MIN) return [];
  const [now, before] = [meanOf(recent), meanOf(earlier)];
  if (!slower(now, before, SLOW_TIMES) || now - before < SLOW_MS_MIN) return [];
  const slow = both.filter((one) => slower(meanOf([one.recent]), meanOf([one.earlier as AttemptSpan]), SLOW_TIMES / 2));
  if (slow.length < MOST_SHARE * both.length) return [];
  const labels = labelsOf(pool);
  const [is, was] = [citedMean(labels, recent, windowS), citedMean(labels, earlier, earlierS)];
  const times = timesOf('mean time beside what it was', is, was);
  const rate = perSecond(citedAttempts(labels, recent, windowS), windowS);
  const rateBefore = perSecond(citedAttempts(labels, earlier, earlierS), earlierS);
  const surge = rate.value >= SURGE_TIMES * rateBefore.value;
  return [
    {
      severity: 'critical',
      place: { pool: pool.name },
      title: surge
        ? say`${name(pool.name)} has more to do than it can: attempts take ${times} as long`
        : say`All backends of ${name(pool.name)} have become slow: attempts take ${times} as long`,
      why: joined(
        say`Attempts take ${is} on average, and took ${was} before.`,
        surge
          ? say`${rate} come, and ${rateBefore} came before: the backends have too much to do.`
          : say`As many came before (${rateBefore}, now ${rate}), so it is not the load: look at what the backends share.`,
      ),
      evidence: [is, was, times, rate, rateBefore],
      recommendation: {
        says: surge
          ? say`Add backends, or limit what comes (${name('rateLimits')}), before requests wait for their timeouts.`
          : say`Look at the last release of ${name(pool.name)} and at what its backends wait for. More backends would wait for the same.`,
        change: null,
      },
      touches: poolAttempts(pool) > 0 ? 1 : 0,
      ...(surge && {
        whatIf: {
          pool: pool.name,
          changes: [{ kind: 'add', like: (both[0] as (typeof both)[0]).id, count: both.length }],
        },
      }),
    },
  ];
}

function perSecond(attempts: Cited, seconds: number): Cited {
  return workedOut('attempts a second', attempts.value / seconds, '/s', [attempts]);
}
