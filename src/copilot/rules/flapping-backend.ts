/**
 * A backend comes and goes.
 *
 * Why: each return brings requests to it that then fail, each leaving moves its load to the others; slow start never ends. It
 * is worse than a backend that is down, and looks well half of the time.
 * Conditions: within what is kept (a few windows) it went down at least TIMES_MIN times by probes, and came up again as often but
 * one; or its circuit opened and closed again so often. A circuit that opens again after a trial has not closed in between: such a
 * backend fails (failing-backend), it does not flap.
 * False alarms: one restart is one time; a rolling release is one time for each backend.
 */
import { labelsOf } from '../attempt-figures.ts';
import { counted, happened, setting } from '../cited.ts';
import type { Draft, Rule } from '../finding-draft.ts';
import { poolKey } from '../proposals.ts';
import type { BackendReading, PoolReading, Readings } from '../readings.ts';
import { name, say } from '../told.ts';

/** Once is a restart, twice may be a release that was taken back. */
const TIMES_MIN = 3;

export const flappingBackend: Rule = {
  name: 'flapping-backend',
  summary: 'a backend comes and goes',
  explains: [
    'backend-down',
    'pool-down',
    'failing-backend',
    'retry-amplification',
    'brown-out',
    'panic',
    'saturated',
    'too-few-backends',
    'imbalance',
    'overweight',
  ],
  check: (readings) => {
    const moves = movesOf(readings);
    return readings.pools.flatMap((pool) => pool.backends.flatMap((one) => look(readings, moves, pool, one)));
  },
};

interface Moves {
  readonly downs: number;
  readonly ups: number;
}

/** How often each backend went down and up, by `pool/backend`. */
function movesOf({ events, atMs, longS }: Readings): Map<string, Moves> {
  const since = atMs - longS * 1000;
  const moves = new Map<string, Moves>();
  for (const { pool, backend, from, to, at } of events.health) {
    if (Date.parse(at) < since) continue;
    const isLost = to === 'unhealthy' && from !== 'unknown' && from !== 'rising';
    const isBack = to === 'healthy' && (from === 'rising' || from === 'unhealthy');
    if (!isLost && !isBack) continue;
    const key = `${pool}/${backend}`;
    const { downs, ups } = moves.get(key) ?? { downs: 0, ups: 0 };
    moves.set(key, { downs: downs + Number(isLost), ups: ups + Number(isBack) });
  }
  return moves;
}

function look(
  readings: Readings,
  moves: ReadonlyMap<string, Moves>,
  pool: PoolReading,
  backend: BackendReading,
): Draft[] {
  const labels = labelsOf(pool, backend);
  const place = { pool: pool.name, backend: backend.id };
  const touches = 1 / pool.backends.length;
  const title = say`${name(backend.id)} of ${name(pool.name)} comes and goes`;
  const { downs, ups } = moves.get(`${pool.name}/${backend.id}`) ?? { downs: 0, ups: 0 };
  const { health } = pool.settings;
  if (health !== null && downs >= TIMES_MIN && ups >= TIMES_MIN - 1) {
    const down = happened('health to unhealthy', labels, downs, readings.longS);
    const up = happened('health to healthy', labels, ups, readings.longS);
    const after = setting(`pools.${pool.name}.health.healthyAfter`, health.healthyAfter, 'count');
    const wanted = Math.min(100, Math.max(3, health.healthyAfter * 2));
    return [
      {
        severity: 'warning',
        place,
        title,
        why: say`Probes called it down ${down} times and up ${up} times. Each return brings requests to it, each leaving moves its load to the others.`,
        evidence: [down, up, after],
        recommendation: {
          says: say`Look for what makes it come and go: restarts, memory, a probe that depends on something else. Let it prove itself for longer meanwhile: ${after} good probes bring it back now.`,
          change: poolKey(pool.name, ['health', 'healthyAfter'], wanted),
        },
        touches,
      },
    ];
  }
  return byCircuit(readings, pool, backend, title, touches);
}

function byCircuit(
  readings: Readings,
  pool: PoolReading,
  backend: BackendReading,
  title: Draft['title'],
  touches: number,
): Draft[] {
  const { recent, earlier } = backend;
  const opened = recent.circuitOpened + (earlier?.circuitOpened ?? 0);
  const closed = recent.circuitClosed + (earlier?.circuitClosed ?? 0);
  const { circuit } = pool.settings;
  if (circuit === null || opened < TIMES_MIN || closed < TIMES_MIN - 1) return [];
  const labels = labelsOf(pool, backend);
  const to = (state: string, times: number) =>
    counted('edgebalancer_circuit_transitions_total', { ...labels, to: state }, times, readings.longS);
  const trials = setting(`pools.${pool.name}.circuit.trials`, circuit.trials, 'count');
  return [
    {
      severity: 'warning',
      place: { pool: pool.name, backend: backend.id },
      title,
      why: say`Its circuit opened ${to('open', opened)} times and closed ${to('closed', closed)} times: it passes its trials and then fails again.`,
      evidence: [to('open', opened), to('closed', closed), trials],
      recommendation: {
        says: say`Look at what it does under load that it does not do for a trial. More trials than ${trials} before its circuit closes keep it out until it is well.`,
        change: poolKey(pool.name, ['circuit', 'trials'], Math.min(10, circuit.trials * 3)),
      },
      touches,
    },
  ];
}
