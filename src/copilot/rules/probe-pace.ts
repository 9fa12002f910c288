/**
 * Probes that notice too late, or too eagerly; and pools that nothing watches.
 *
 * Why: a backend that dies takes requests with it until somebody notices. Probes that take a minute leave that to circuits; a
 * single lost probe that takes a healthy backend out makes an outage of a hiccup; without either, nothing is ever taken out.
 * Conditions, settings but for the last: detection (`interval` times `unhealthyAfter`, and a timeout) takes SLOW_MS or more;
 * `unhealthyAfter` is one; a good probe took more than half of its `timeout`, at half of the pool's backends or more.
 * Circuits notice failed requests within a second or two, so slow probes are advice while there are circuits.
 */
import { isServing, labelsOf } from '../attempt-figures.ts';
import { setting, standing, workedOut, type Cited } from '../cited.ts';
import type { Draft, Rule } from '../finding-draft.ts';
import { durationText, poolKey } from '../proposals.ts';
import type { PoolReading } from '../readings.ts';
import { name, say } from '../told.ts';

const SLOW_MS = 60_000;
const USUAL_INTERVAL = '5s';
const USUAL_AFTER = 3;

export const slowProbes: Rule = {
  name: 'slow-probes',
  summary: 'probes notice a dead backend after a minute or later',
  explains: [],
  check: ({ pools }) => pools.flatMap(slow),
};

export const eagerProbes: Rule = {
  name: 'eager-probes',
  summary: 'one lost probe, or one that is a little slow, takes a healthy backend out',
  explains: ['flapping-backend'],
  check: ({ pools }) => pools.flatMap(eager),
};

export const unwatched: Rule = {
  name: 'unwatched',
  summary: 'a pool without health checks, circuits, or both',
  explains: [],
  check: ({ pools }) => pools.flatMap(ofUnwatched),
};

const keyOf = ({ name: pool }: PoolReading, path: string): string => `pools.${pool}.${path}`;

function slow(pool: PoolReading): Draft[] {
  const { health } = pool.settings;
  if (health === null) return [];
  const interval = setting(keyOf(pool, 'health.interval'), health.intervalMs, 'ms');
  const after = setting(keyOf(pool, 'health.unhealthyAfter'), health.unhealthyAfter, 'count');
  const timeout = setting(keyOf(pool, 'health.timeout'), health.timeoutMs, 'ms');
  const takes = workedOut('time until probes call a backend down', interval.value * after.value + timeout.value, 'ms', [
    interval,
    after,
    timeout,
  ]);
  if (takes.value < SLOW_MS) return [];
  return [
    {
      severity: pool.settings.circuit === null ? 'warning' : 'advice',
      place: { pool: pool.name },
      title: say`Probes of ${name(pool.name)} need ${takes} to notice a dead backend`,
      why: say`They come every ${interval}, ${after} of them must fail, and each may take ${timeout}.`,
      evidence: [takes, interval, after, timeout],
      recommendation: {
        says: say`Probe more often: a probe costs less than the requests that are lost meanwhile.`,
        change: poolKey(pool.name, ['health', 'interval'], USUAL_INTERVAL),
      },
      touches: 0,
    },
  ];
}

function eager(pool: PoolReading): Draft[] {
  const { health } = pool.settings;
  if (health === null) return [];
  const { backends } = pool;
  const after = setting(keyOf(pool, 'health.unhealthyAfter'), health.unhealthyAfter, 'count');
  const timeout = setting(keyOf(pool, 'health.timeout'), health.timeoutMs, 'ms');
  const place = { pool: pool.name };
  if (health.unhealthyAfter === 1)
    return [
      {
        severity: 'advice',
        place,
        title: say`One lost probe takes a backend of ${name(pool.name)} out`,
        why: say`${after} failed probe is enough, so a pause of ${timeout} looks like a death.`,
        evidence: [after, timeout],
        recommendation: {
          says: say`Wait for a few in a row: real failures are noticed by circuits before that.`,
          change: poolKey(pool.name, ['health', 'unhealthyAfter'], USUAL_AFTER),
        },
        touches: 0,
      },
    ];
  const near = backends.filter(
    ({ lastProbe }) => lastProbe !== null && lastProbe.ok && lastProbe.ms > health.timeoutMs / 2,
  );
  if (near.length === 0 || near.length < backends.filter(isServing).length / 2) return [];
  const times: Cited[] = near.map((one) =>
    standing('lastProbe.ms', labelsOf(pool, one), one.lastProbe?.ms ?? 0, 'ms', 'GET /admin/backends'),
  );
  const longest = times.reduce((most, one) => (one.value > most.value ? one : most));
  return [
    {
      severity: 'advice',
      place,
      title: say`Good probes of ${name(pool.name)} take nearly all of their time`,
      why: say`A probe may take ${timeout}, and one that was well took ${longest}: a little more load makes healthy backends look dead.`,
      evidence: [timeout, ...times.slice(0, 5)],
      recommendation: {
        says: say`Give probes several times what they take, or let them ask for something that is cheaper.`,
        change: poolKey(pool.name, ['health', 'timeout'], durationText(longest.value * 4)),
      },
      touches: 0,
    },
  ];
}

function ofUnwatched(pool: PoolReading): Draft[] {
  const { health, circuit } = pool.settings;
  const { backends } = pool;
  if ((health !== null && circuit !== null) || backends.length < 2) return [];
  const count = standing('backends', labelsOf(pool), backends.length, 'count', 'GET /admin/backends');
  const place = { pool: pool.name };
  if (health === null)
    return [
      {
        severity: circuit === null ? 'warning' : 'advice',
        place,
        title:
          circuit === null
            ? say`Nothing ever takes a backend of ${name(pool.name)} out`
            : say`Nothing probes the backends of ${name(pool.name)}`,
        why:
          circuit === null
            ? say`It has ${count} backends, and neither health checks nor circuits: one that dies goes on getting its share.`
            : say`It has ${count} backends. Circuits notice failures by losing requests; a probe notices without, and before the first one after a quiet time.`,
        evidence: [count],
        recommendation: {
          says: say`Turn health checks on, at a path that says whether a backend can serve.`,
          change: poolKey(pool.name, ['health'], { path: '/healthz' }),
        },
        touches: 0,
      },
    ];
  return [
    {
      severity: 'advice',
      place,
      title: say`Circuits of ${name(pool.name)} are off`,
      why: say`It has ${count} backends. Probes ask for one path every few seconds; what fails in between, or elsewhere, goes on.`,
      evidence: [count],
      recommendation: {
        says: say`Turn circuits on: their defaults open on failures in a row and on a high share of them.`,
        change: poolKey(pool.name, ['circuit'], {}),
      },
      touches: 0,
    },
  ];
}
