/**
 * Probes call a backend down, or all of a pool.
 *
 * Why: the pool serves with less than it was made for. One of several is a warning, since its peers stand in for it; when half
 * of a pool is gone, or all of it, clients notice.
 * Conditions: the state is `unhealthy`, or `rising`, which is unhealthy with good probes that are not enough yet. No window:
 * thresholds of the health check have already told noise apart.
 * Precedence: requests that failed before the probes noticed, and retries for them, are its symptoms. Probes that ask for the
 * wrong thing explain it (wrong-probe), and so does a backend that comes and goes (flapping-backend).
 */
import { isServing, isTakenOut, labelsOf } from '../attempt-figures.ts';
import { counted, setting, standing } from '../cited.ts';
import type { Draft, Rule } from '../finding-draft.ts';
import type { BackendReading, PoolReading, Readings } from '../readings.ts';
import { joined, name, NOTHING, say } from '../told.ts';

const CRITICAL_SHARE = 0.5;
const BACKENDS = 'GET /admin/backends';

export const backendDown: Rule = {
  name: 'backend-down',
  summary: 'probes call a backend down',
  explains: [
    'failing-backend',
    'retry-amplification',
    'brown-out',
    'panic',
    'saturated',
    'too-few-backends',
    'imbalance',
    'slow-pool',
    'overweight',
  ],
  check: (readings) => readings.pools.flatMap((pool) => ofBackends(readings, pool)),
};

export const poolDown: Rule = {
  name: 'pool-down',
  summary: 'no backend of a pool is up',
  explains: [
    'backend-down',
    'tier-down',
    'failing-backend',
    'failing-pool',
    'retry-amplification',
    'panic',
    'saturated',
    'too-few-backends',
    'slow-pool',
  ],
  check: ({ pools }) => pools.flatMap(ofPool),
};

export function isDown({ state }: BackendReading): boolean {
  return state === 'unhealthy' || state === 'rising';
}

function ofBackends({ windowS }: Readings, pool: PoolReading): Draft[] {
  const down = pool.backends.filter(isDown);
  if (!pool.backends.some(isServing)) return [];
  const taking = pool.backends.filter((one) => !isTakenOut(one)).length;
  return down.map((backend) => {
    const labels = labelsOf(pool, backend);
    const { health } = pool.settings;
    const probes = counted(
      'edgebalancer_health_checks_total',
      { ...labels, result: 'failed' },
      backend.recent.probesFailed,
      windowS,
    );
    const up = standing('backends up', labelsOf(pool), taking - down.length, 'count', BACKENDS);
    return {
      severity: down.length / taking >= CRITICAL_SHARE ? 'critical' : 'warning',
      place: { pool: pool.name, backend: backend.id },
      title: say`${name(backend.id)} of ${name(pool.name)} is down`,
      why: joined(
        said(backend),
        say`${probes} probes failed; ${up} of ${standing('backends', labelsOf(pool), taking, 'count', BACKENDS)} backends are up.`,
      ),
      evidence: [
        probes,
        up,
        ...(health === null
          ? []
          : [setting(`pools.${pool.name}.health.unhealthyAfter`, health.unhealthyAfter, 'count')]),
      ],
      recommendation: {
        says: say`Bring ${name(backend.id)} back. Should it be gone for good, remove it, so that nobody counts on it.`,
        change: null,
      },
      touches: 1 / taking,
    };
  });
}

function said({ lastProbe }: BackendReading): ReturnType<typeof say> {
  return lastProbe === null ? NOTHING : say`Its last probe said ${name(lastProbe.detail)}.`;
}

function ofPool(pool: PoolReading): Draft[] {
  const { backends } = pool;
  const waiting = backends.some(({ state }) => state === 'unknown');
  if (backends.length === 0 || waiting || backends.some(isServing)) return [];
  const count = standing('backends', labelsOf(pool), backends.length, 'count', BACKENDS);
  const out = backends.filter(isTakenOut);
  const why =
    out.length === backends.length
      ? say`All ${count} are drained or in maintenance: requests are refused.`
      : joined(say`None of ${count} is up: requests are refused.`, said(backends.find(isDown) as BackendReading));
  return [
    {
      severity: 'critical',
      place: { pool: pool.name },
      title: say`No backend of ${name(pool.name)} is up`,
      why,
      evidence: [count, standing('backends up', labelsOf(pool), 0, 'count', BACKENDS)],
      recommendation:
        out.length > 0
          ? {
              says: say`Activate ${name((out[0] as BackendReading).id)} again.`,
              change: {
                kind: 'call',
                method: 'PATCH',
                path: `/admin/backends/${encodeURIComponent(pool.name)}/${encodeURIComponent((out[0] as BackendReading).id)}`,
                body: { state: 'active' },
              },
            }
          : { says: say`Start the backends, and look at what ended all of them at once.`, change: null },
      touches: 1,
    },
  ];
}
