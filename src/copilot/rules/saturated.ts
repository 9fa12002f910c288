/**
 * A limit of the balancer refuses requests of a pool: backends are full, the line is full or too slow, or the limit that finds itself
 * is reached.
 *
 * Why: limits protect backends, so a request that is refused here may be just what was wanted; who set the limit is to know that it
 * works, and how often.
 * Conditions: REFUSED_MIN refusals and REFUSED_SHARE of what came to the pool in the window.
 * Precedence: backends that are slow or gone fill limits; then those are the cause.
 */
import { labelsOf, poolAttempts } from '../attempt-figures.ts';
import { counted, setting, shareOf, standing, workedOut, type Cited } from '../cited.ts';
import type { Draft, Rule } from '../finding-draft.ts';
import { poolKey } from '../proposals.ts';
import type { PoolReading, PoolSpan, Readings } from '../readings.ts';
import { joined, name, NOTHING, say } from '../told.ts';

const REFUSED_MIN = 10;
const REFUSED_SHARE = 0.01;
const CRITICAL_SHARE = 0.1;

/** Reasons as `edgebalancer_overload_rejected_total` names them. */
const REASONS = [
  ['backends-full', 'backendsFull'],
  ['queue-full', 'queueFull'],
  ['queue-timeout', 'queueTimeouts'],
  ['concurrency', 'concurrencyLimited'],
] as const satisfies readonly (readonly [string, keyof PoolSpan])[];

export const saturated: Rule = {
  name: 'saturated',
  summary: 'a limit of requests in flight, a line or an adaptive limit refuses requests',
  explains: ['retry-amplification'],
  check: (readings) => readings.pools.flatMap((pool) => look(readings, pool)),
};

function look({ windowS }: Readings, pool: PoolReading): Draft[] {
  const labels = labelsOf(pool);
  const refusals = REASONS.map(([reason, field]) =>
    counted('edgebalancer_overload_rejected_total', { ...labels, reason }, pool.recent[field], windowS),
  );
  const refused = refusals.reduce((sum, { value }) => sum + value, 0);
  const came = poolAttempts(pool) + refused;
  if (refused < REFUSED_MIN || refused < REFUSED_SHARE * came) return [];
  const total = workedOut('requests refused', refused, 'count', refusals);
  const share = shareOf('share of requests refused', total, workedOut('requests that came', came, 'count', [total]));
  const [most] = refusals.toSorted((a, b) => b.value - a.value) as [Cited];
  const limits = limitsOf(pool);
  const { concurrency } = pool.settings;
  return [
    {
      severity: share.value >= CRITICAL_SHARE ? 'critical' : 'warning',
      place: { pool: pool.name },
      title: say`${name(pool.name)} refuses ${share} of its requests: ${name(most.labels['reason'] ?? '')}`,
      why: joined(
        say`${total} requests were refused because the pool had too much to do, ${most} of them for ${name(most.labels['reason'] ?? '')}.`,
        say`A backend may have ${limits.inFlight} requests in flight, and ${limits.queue} may wait for the pool.`,
        concurrency === null
          ? NOTHING
          : say`${name(concurrency.algorithm)} finds a limit below that from how times grow.`,
      ),
      evidence: [share, ...refusals.filter(({ value }) => value > 0), limits.inFlight, limits.queue, limits.waiting],
      recommendation: {
        says: say`Where the backends can do more, raise ${name(`pools.${pool.name}.limits.inFlight`)}; where they cannot, add backends. A line only helps against bursts that are over within ${limits.queueTimeout}.`,
        change: poolKey(pool.name, ['limits', 'inFlight'], Math.min(1_000_000, pool.settings.limits.inFlight * 2)),
      },
      touches: share.value,
      whatIf: {
        pool: pool.name,
        changes: [
          { kind: 'patch', patch: { limits: { inFlight: Math.min(1_000_000, pool.settings.limits.inFlight * 2) } } },
        ],
      },
    },
  ];
}

function limitsOf({
  name: pool,
  settings,
  waiting,
}: PoolReading): Readonly<Record<'inFlight' | 'queue' | 'queueTimeout' | 'waiting', Cited>> {
  const key = (path: string): string => `pools.${pool}.limits.${path}`;
  return {
    inFlight: setting(key('inFlight'), settings.limits.inFlight, 'count'),
    queue: setting(key('queue'), settings.limits.queue, 'count'),
    queueTimeout: setting(key('queueTimeout'), settings.limits.queueTimeoutMs, 'ms'),
    waiting: standing('edgebalancer_queue_length', { pool }, waiting, 'count', 'GET /metrics'),
  };
}
