/**
 * Most backends of a pool fail alike.
 *
 * Why: what fails everywhere at once is rarely the backends: it is a release that went to all of them, a database they share, or
 * requests that they cannot serve. Taking backends out, which is right for one that fails, makes it worse.
 * Conditions: FAILURES_MIN failures and FAILING_SHARE of the pool's attempts, and at least MOST_SHARE of the backends that had
 * attempts fail at half of that or more, or have an open circuit and a failure, two of them at least.
 * Precedence: it explains what failing-backend says of each of them.
 */
import {
  citedFailures,
  citedAttempts,
  citedFailureShare,
  commonFailure,
  isServing,
  labelsOf,
} from '../attempt-figures.ts';
import { counted, standing } from '../cited.ts';
import type { Draft, Rule } from '../finding-draft.ts';
import type { BackendReading, PoolReading, Readings } from '../readings.ts';
import { name, say } from '../told.ts';
import { FAILING_SHARE } from './failing-backend.ts';

/** A pool has more traffic than a backend: as many could be two clients' mistakes. */
const FAILURES_MIN = 10;
/** Two of three, three of five: what they share is the likelier cause. */
const MOST_SHARE = 0.6;
/** Fewer attempts at a backend say nothing about it. */
const ATTEMPTS_MIN = 3;

export const failingPool: Rule = {
  name: 'failing-pool',
  summary: 'most backends of a pool fail alike: what they share is broken',
  explains: [
    'failing-backend',
    'retry-amplification',
    'panic',
    'saturated',
    'flapping-backend',
    'brown-out',
    'slow-pool',
    'wrong-strategy',
    'imbalance',
    'overweight',
  ],
  check: (readings) => readings.pools.flatMap((pool) => look(readings, pool)),
};

function look({ windowS }: Readings, pool: PoolReading): Draft[] {
  const isOut = ({ circuit, recent }: BackendReading): boolean => circuit !== 'closed' && recent.failures > 0;
  const heard = pool.backends.filter((one) => isServing(one) && (one.recent.attempts >= ATTEMPTS_MIN || isOut(one)));
  const spans = heard.map(({ recent }) => recent);
  const labels = labelsOf(pool);
  const share = citedFailureShare(labels, spans, windowS);
  const failures = citedFailures(labels, spans, windowS);
  if (heard.length < 2 || failures.value < FAILURES_MIN || share.value < FAILING_SHARE) return [];
  const failing = heard.filter((one) => isOut(one) || one.recent.failures / one.recent.attempts >= share.value / 2);
  const [count, all] = [
    standing('backends that fail', labels, failing.length, 'count', 'GET /metrics'),
    standing('backends that had requests', labels, heard.length, 'count', 'GET /admin/backends'),
  ];
  if (failing.length < 2 || failing.length < MOST_SHARE * heard.length) return [];
  const { outcome, count: most } = commonFailure(spans);
  return [
    {
      severity: 'critical',
      place: { pool: pool.name },
      title: say`Most backends of ${name(pool.name)} fail: ${share} of all attempts`,
      why: say`${failures} of ${citedAttempts(labels, spans, windowS)} attempts failed, at ${count} of ${all} backends, most of them as ${name(outcome)}. What fails everywhere at once is seldom the backends: look at what they share.`,
      evidence: [
        share,
        counted('edgebalancer_upstream_requests_total', { ...labels, outcome }, most, windowS),
        ...failing.slice(0, 5).map((one) => citedFailureShare(labelsOf(pool, one), [one.recent], windowS)),
      ],
      recommendation: {
        says: say`Look at the last release of ${name(pool.name)}, and at what all of its backends depend on. Taking backends out would leave the rest with more of the same.`,
        change: null,
      },
      touches: share.value,
    },
  ];
}
