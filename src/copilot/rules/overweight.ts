/**
 * A weight asks more of a backend than it can do.
 *
 * Why: weights are promises about capacity. One that is too large makes a backend slow under the load that it was given; what
 * looks like an ill backend is a number in the configuration.
 * Conditions: its weight is at least WEIGHT_TIMES the median of its tier, and it is SLOW_TIMES as slow as its peers (as brown-out
 * finds it). A learning strategy sees to it by itself, so only those that do not learn are looked at.
 * Precedence: it explains brown-out and wrong-strategy, which would blame the backend or the strategy.
 */
import { median, peersOf, poolAttempts } from '../attempt-figures.ts';
import { setting, timesOf } from '../cited.ts';
import type { Draft, Rule } from '../finding-draft.ts';
import { backendChange } from '../proposals.ts';
import type { BackendReading, PoolReading, Readings } from '../readings.ts';
import { name, say } from '../told.ts';
import { slownessOf } from './brown-out.ts';

const WEIGHT_TIMES = 1.5;
const SLOW_TIMES = 2;

export const overweight: Rule = {
  name: 'overweight',
  summary: 'a weight asks more of a backend than it can do',
  explains: ['brown-out', 'wrong-strategy', 'imbalance', 'saturated', 'retry-amplification', 'cut-off'],
  check: (readings) => readings.pools.flatMap((pool) => pool.backends.flatMap((one) => look(readings, pool, one))),
};

function look(readings: Readings, pool: PoolReading, backend: BackendReading): Draft[] {
  if (pool.strategy.learns) return [];
  const usual = median(peersOf(pool, backend).map(({ weight }) => weight));
  if (usual === 0 || backend.weight < WEIGHT_TIMES * usual) return [];
  const slowness = slownessOf(readings, pool, backend, SLOW_TIMES);
  if (slowness === null) return [];
  const weight = setting(`pools.${pool.name}.backends.${backend.id}.weight`, backend.weight, 'count');
  const peers = setting(`median weight of its peers`, usual, 'count');
  const all = poolAttempts(pool);
  const id = name(backend.id);
  return [
    {
      severity: 'warning',
      place: { pool: pool.name, backend: backend.id },
      title: say`The weight of ${id} of ${name(pool.name)} is more than it can do`,
      why: say`Its weight is ${weight}, that of its peers ${peers}: ${timesOf('weight beside its peers', weight, peers)} as many requests. It takes ${slowness.own} for each, they take ${slowness.peers}.`,
      evidence: [weight, peers, slowness.own, slowness.peers, slowness.times, slowness.slow, slowness.peersSlow],
      recommendation: {
        says: say`Give it the weight of its peers, and raise it again step by step while its times stay theirs.`,
        change: backendChange(pool.name, backend.id, { weight: usual }),
      },
      touches: all === 0 ? 0 : backend.recent.attempts / all,
      whatIf: { pool: pool.name, changes: [{ kind: 'weight', backend: backend.id, weight: usual }] },
    },
  ];
}
