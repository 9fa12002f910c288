/**
 * Too few backends to lose one; a whole tier that is down; a pool in panic.
 *
 * Why: each is a state in which the next failure is an outage, and in which everything still works.
 * Conditions of too-few-backends: a pool of one backend (unless a name stands for several addresses), or one that operators' draining
 * and maintenance have left with one; or more in flight than the others could take (their limits) were the busiest gone.
 * Conditions of tier-down: no backend of the lowest tier serves, and one of a higher tier does.
 * Conditions of panic: the pool says so; so few are eligible that circuits no longer count.
 * Precedence: backends that fail or are down explain panic; a tier that is down explains its backends, since that is what is
 * to be seen to first.
 */
import { isServing, isTakenOut, labelsOf } from '../attempt-figures.ts';
import { setting, standing, workedOut } from '../cited.ts';
import type { Draft, Rule } from '../finding-draft.ts';
import { backendChange, poolKey } from '../proposals.ts';
import type { BackendReading, PoolReading } from '../readings.ts';
import { name, say } from '../told.ts';

const BACKENDS = 'GET /admin/backends';

export const tooFewBackends: Rule = {
  name: 'too-few-backends',
  summary: 'a pool cannot lose a backend',
  explains: [],
  check: ({ pools }) => pools.flatMap(few),
};

export const tierDown: Rule = {
  name: 'tier-down',
  summary: 'all of a pool’s first tier is down, and the next one serves',
  explains: [
    'backend-down',
    'failing-backend',
    'failing-pool',
    'retry-amplification',
    'too-few-backends',
    'imbalance',
    'panic',
    'slow-pool',
  ],
  check: ({ pools }) => pools.flatMap(ofTiers),
};

export const panic: Rule = {
  name: 'panic',
  summary: 'so few backends are eligible that circuits do not count',
  explains: ['too-few-backends'],
  check: ({ pools }) => pools.flatMap(ofPanic),
};

function few(pool: PoolReading): Draft[] {
  const { backends } = pool;
  const taking = backends.filter((one) => !isTakenOut(one));
  const [only] = taking;
  if (only === undefined || (taking.length === 1 && only.addresses > 1)) return [];
  const labels = labelsOf(pool);
  const count = standing('backends that take requests', labels, taking.length, 'count', BACKENDS);
  const all = standing('backends', labels, backends.length, 'count', BACKENDS);
  if (taking.length === 1) {
    const out = backends.find(isTakenOut);
    return [
      {
        severity: out === undefined ? 'advice' : 'warning',
        place: { pool: pool.name },
        title:
          out === undefined
            ? say`${name(pool.name)} has a single backend`
            : say`${name(only.id)} is all that is left of ${name(pool.name)}`,
        why:
          out === undefined
            ? say`It has ${all} backend: a restart of it is an outage, and nothing can be tried elsewhere.`
            : say`Of ${all} backends ${count} takes requests; the others are drained or in maintenance.`,
        evidence: [all, count],
        recommendation:
          out === undefined
            ? { says: say`Add a second backend.`, change: null }
            : {
                says: say`Activate ${name(out.id)} again once it is ready.`,
                change: backendChange(pool.name, out.id, { state: 'active' }),
              },
        touches: 1,
      },
    ];
  }
  return crowded(pool, taking.filter(isServing));
}

/** Without the busiest, the others' limits would be below what is in flight. */
function crowded(pool: PoolReading, serving: readonly BackendReading[]): Draft[] {
  if (serving.length < 2) return [];
  const labels = labelsOf(pool);
  const limit = setting(`pools.${pool.name}.limits.inFlight`, pool.settings.limits.inFlight, 'count');
  const inFlight = standing(
    'inFlight',
    labels,
    serving.reduce((sum, one) => sum + one.inFlight, 0),
    'count',
    BACKENDS,
  );
  const left = workedOut('in flight that the others may have', limit.value * (serving.length - 1), 'count', [limit]);
  if (inFlight.value <= left.value) return [];
  return [
    {
      severity: 'warning',
      place: { pool: pool.name },
      title: say`${name(pool.name)} is too busy to lose a backend`,
      why: say`${inFlight} requests are in flight. Without one backend the others may have ${left}: the rest would be refused.`,
      evidence: [inFlight, left, limit],
      recommendation: { says: say`Add a backend before one is lost.`, change: null },
      touches: 1,
      whatIf: { pool: pool.name, changes: [{ kind: 'without', backend: (serving[0] as BackendReading).id }] },
    },
  ];
}

function ofTiers(pool: PoolReading): Draft[] {
  const { backends } = pool;
  const first = Math.min(...backends.map(({ tier }) => tier));
  const tier = backends.filter((one) => one.tier === first && !isTakenOut(one));
  const others = backends.filter((one) => one.tier !== first);
  const isOut = (one: BackendReading): boolean => !isServing(one) || one.circuit === 'open';
  if (tier.length === 0 || !tier.every(isOut) || !others.some((one) => !isOut(one))) return [];
  const labels = labelsOf(pool);
  const number = setting(`pools.${pool.name}.backends.${(tier[0] as BackendReading).id}.tier`, first, 'count');
  const down = standing('backends of the tier that are out', labels, tier.length, 'count', BACKENDS);
  const serving = standing(
    'backends of later tiers that serve',
    labels,
    others.filter((one) => !isOut(one)).length,
    'count',
    BACKENDS,
  );
  return [
    {
      severity: 'critical',
      place: { pool: pool.name },
      title: say`All of the first tier of ${name(pool.name)} is out`,
      why: say`All ${down} backends of tier ${number} are down or failing; ${serving} of later tiers stand in for them.`,
      evidence: [number, down, serving],
      recommendation: {
        says: say`Bring the first tier back: what stands in for it has nothing behind it.`,
        change: null,
      },
      touches: 1,
    },
  ];
}

function ofPanic(pool: PoolReading): Draft[] {
  if (!pool.panic) return [];
  const threshold = setting(`pools.${pool.name}.panicThreshold`, pool.settings.panicThreshold, 'share');
  const open = standing(
    'circuits open',
    labelsOf(pool),
    pool.backends.filter(({ circuit }) => circuit !== 'closed').length,
    'count',
    BACKENDS,
  );
  return [
    {
      severity: 'critical',
      place: { pool: pool.name },
      title: say`${name(pool.name)} is in panic`,
      why: say`Fewer than ${threshold} of its backends are eligible (${open} circuits are open), so all that probes do not call down are used: some requests fail, instead of all of them falling on the rest.`,
      evidence: [threshold, open, standing('edgebalancer_panic', labelsOf(pool), 1, 'count', 'GET /metrics')],
      recommendation: {
        says: say`See to the backends whose circuits are open. Leave the threshold as it is, unless the rest can carry all of the load.`,
        change: pool.settings.panicThreshold > 0.5 ? poolKey(pool.name, ['panicThreshold'], '50%') : null,
      },
      touches: 1,
    },
  ];
}
