/**
 * Probes ask for something that healthy backends do not have.
 *
 * Why: a path that is not there, or that wants a sign-in, takes every backend out, and nothing is wrong with any of them. It
 * happens with the first health check of a pool, or after a release that moved the path.
 * Conditions: every backend of the pool is down, and the last probe of each was answered, by a status below 500: a server that is
 * there and does not know the path, does not let probes in, or answers well with another status than is expected. Nothing else
 * fails in this way everywhere at once.
 */
import { labelsOf } from '../attempt-figures.ts';
import { standing } from '../cited.ts';
import type { Draft, Rule } from '../finding-draft.ts';
import type { PoolReading } from '../readings.ts';
import { name, say } from '../told.ts';
import { isDown } from './backend-down.ts';

/** As probes put it (probes/probe.ts). */
const ANSWERED = /^status [234]\d\d/;

export const wrongProbe: Rule = {
  name: 'wrong-probe',
  summary: 'probes ask for what no backend has',
  explains: ['pool-down', 'backend-down', 'tier-down', 'panic', 'too-few-backends', 'flapping-backend'],
  check: ({ pools }) => pools.flatMap(look),
};

function look(pool: PoolReading): Draft[] {
  const { backends } = pool;
  const [first] = backends;
  if (first === undefined) return [];
  const refused = backends.every((one) => isDown(one) && ANSWERED.test(one.lastProbe?.detail ?? ''));
  if (!refused) return [];
  const count = standing('backends down', labelsOf(pool), backends.length, 'count', 'GET /admin/backends');
  return [
    {
      severity: 'critical',
      place: { pool: pool.name },
      title: say`Probes of ${name(pool.name)} ask for what its backends do not have`,
      why: say`All ${count} backends are down, and each answers its probe: ${name(first.lastProbe?.detail ?? '')}. A server that says so is up; it is the probe that is wrong.`,
      evidence: [count],
      recommendation: {
        says: say`Set ${name(`pools.${pool.name}.health.path`)} to a path that answers well without a sign-in. Until then, probing the connection alone brings the pool back.`,
        change: { kind: 'set', set: [{ path: ['pools', pool.name, 'health', 'tcp'], value: true }] },
      },
      touches: 1,
    },
  ];
}
