/**
 * One backend has become slow, and answers.
 *
 * Why: nothing is marked down, no circuit opens, and still every so many requests take many times as long: a full disk, a noisy
 * neighbour, garbage collection, a cold cache. The mean of the pool hides it, p99 shows it, and only the comparison names it.
 * Conditions: its mean is SLOW_TIMES that of its peers and SLOW_MS_MIN above it; and it is slow as a rule, not once: SLOW_SHARE
 * of its attempts are above a bound that hardly any of its peers' (PEER_SHARE) is, and more of them than chance would bring about
 * (CHANCE_MAX): of four attempts all must be, of eight six. A strategy that keeps away from a slow backend leaves it few.
 * False alarms: a single long request moves a mean, not a share; backends that were always of different speed are not ill
 * (wrong-strategy), and one that fails slowly fails (failing-backend).
 * Source: "Gray failure" (Huang and others, HotOS 2017): the observer's difference is the failure.
 */
import type { Told } from '#contract/copilot.ts';
import {
  attemptsOf,
  boundAbove,
  citedAttempts,
  citedMean,
  isServing,
  labelsOf,
  meanOf,
  peersOf,
  poolAttempts,
  slowerThan,
} from '../attempt-figures.ts';
import { chanceOf } from '../chance.ts';
import { counted, timesOf, workedOut, type Cited } from '../cited.ts';
import type { Draft, Rule } from '../finding-draft.ts';
import { backendChange, strategyChange } from '../proposals.ts';
import type { AttemptSpan, BackendReading, PoolReading, Readings } from '../readings.ts';
import { joined, name, NOTHING, say } from '../told.ts';

export const SLOW_TIMES = 3;
/** Less is noise of machines that share cores. */
export const SLOW_MS_MIN = 20;
const SLOW_SHARE = 0.3;
const PEER_SHARE = 0.1;
/** That so many attempts are slow although one in ten (PEER_SHARE) is: beyond, every thousandth backend would be accused. */
const CHANCE_MAX = 2e-4;
const PEER_ATTEMPTS_MIN = 30;
const CRITICAL_TOUCHES = 0.2;

export const brownOut: Rule = {
  name: 'brown-out',
  summary: 'one backend answers, but much more slowly than its peers',
  explains: ['retry-amplification', 'saturated', 'slow-pool', 'imbalance', 'cut-off'],
  check: (readings) => readings.pools.flatMap((pool) => pool.backends.flatMap((one) => look(readings, pool, one))),
};

export interface Slowness {
  readonly own: Cited;
  readonly peers: Cited;
  readonly times: Cited;
  /** Share of its attempts, and of its peers', that took longer than `boundMs`. */
  readonly slow: Cited;
  readonly peersSlow: Cited;
}

/** How much slower than its peers a backend is; null: it is not, or nobody can tell. */
export function slownessOf(
  readings: Readings,
  pool: PoolReading,
  backend: BackendReading,
  times: number,
): Slowness | null {
  const peers = peersOf(pool, backend).map(({ recent }) => recent);
  const own = [backend.recent];
  if (!isServing(backend) || attemptsOf(own) === 0 || attemptsOf(peers) < PEER_ATTEMPTS_MIN) return null;
  const [mean, base] = [meanOf(own), meanOf(peers)];
  if (mean < times * base || mean - base < SLOW_MS_MIN) return null;
  const bound = boundAbove(readings, Math.min(base * 2, (base + mean) / 2));
  if (bound < 0) return null;
  const [slow, peersSlow] = [slowerThan(own, bound), slowerThan(peers, bound)];
  if (slow < SLOW_SHARE || peersSlow > PEER_SHARE) return null;
  if (chanceOf(Math.round(slow * attemptsOf(own)), attemptsOf(own), PEER_SHARE) > CHANCE_MAX) return null;
  return cited(readings, pool, backend, bound, peers, [slow, peersSlow]);
}

function cited(
  { windowS, durationBoundsMs }: Readings,
  pool: PoolReading,
  backend: BackendReading,
  bound: number,
  peers: readonly AttemptSpan[],
  [slow, peersSlow]: readonly [number, number],
): Slowness {
  const labels = labelsOf(pool, backend);
  const others = { ...labelsOf(pool), backend: 'peers' };
  const own = citedMean(labels, [backend.recent], windowS);
  const base = citedMean(others, peers, windowS);
  const le = String((durationBoundsMs[bound] as number) / 1000);
  const above = (of: Readonly<Record<string, string>>, share: number, spans: readonly AttemptSpan[]): Cited =>
    workedOut(`share of attempts above ${le} s`, share, 'share', [
      counted('edgebalancer_upstream_duration_seconds_bucket', { ...of, le }, (1 - share) * attemptsOf(spans), windowS),
      counted('edgebalancer_upstream_duration_seconds_count', of, attemptsOf(spans), windowS),
    ]);
  return {
    own,
    peers: base,
    times: timesOf('mean time beside its peers', own, base),
    slow: above(labels, slow, [backend.recent]),
    peersSlow: above(others, peersSlow, peers),
  };
}

function look(readings: Readings, pool: PoolReading, backend: BackendReading): Draft[] {
  const slowness = slownessOf(readings, pool, backend, SLOW_TIMES);
  if (slowness === null) return [];
  const { own, peers, times, slow, peersSlow } = slowness;
  const { windowS, defaultStrategy } = readings;
  const labels = labelsOf(pool, backend);
  const all = poolAttempts(pool);
  const touches = all === 0 ? 0 : backend.recent.attempts / all;
  const id = name(backend.id);
  const learns = pool.strategy.learns || pool.strategy.hashes !== null;
  return [
    {
      severity: touches >= CRITICAL_TOUCHES ? 'critical' : 'warning',
      place: { pool: pool.name, backend: backend.id },
      title: say`${id} of ${name(pool.name)} is ${times} slower than its peers`,
      why: joined(
        say`Its attempts take ${own} on average, those of its peers ${peers}. It is slow as a rule: ${slow} of its attempts are above what only ${peersSlow} of theirs are.`,
        backend.recent.failures === 0 ? say`It does not fail, so neither probes nor circuits take it out.` : NOTHING,
      ),
      evidence: [own, peers, times, slow, peersSlow, citedAttempts(labels, [backend.recent], windowS)],
      recommendation: learns
        ? { says: takeOut(id), change: backendChange(pool.name, backend.id, { state: 'maintenance' }) }
        : {
            says: say`Look at ${id} itself. A strategy that learns how backends do sends it less meanwhile: ${name(pool.strategy.name)} does not look.`,
            change: strategyChange(pool.name, defaultStrategy),
          },
      touches,
      whatIf: {
        pool: pool.name,
        changes: [
          learns
            ? { kind: 'state', backend: backend.id, state: 'maintenance' }
            : { kind: 'strategy', name: defaultStrategy },
        ],
      },
    },
  ];
}

function takeOut(id: ReturnType<typeof name>): Told {
  return say`Look at ${id} itself: disk, memory, neighbours, what it waits for. Take it out meanwhile; its peers carry on.`;
}
