/**
 * A pool's traffic out of what is counted anyway, where the recording of the last minutes has too little: rates from the
 * history's picks, service times from the histograms of attempts, failures from their outcomes, all since the process
 * started. It cannot tell a backend's work from the wait in it.
 */
import type { HistoryAnswer } from '#contract/history.ts';
import type { BackendShape, FailureShare, ServiceTimes } from '#contract/simulate.ts';
import { OUTCOME_COUNT, OUTCOME_NAMES, isFailure, type Outcome } from '#core/outcome.ts';
import { HISTOGRAM_CELLS, quantilesUs } from '#memory/histogram.ts';
import type { Observed } from '#observe/observed.ts';
import { BURSTINESS_MAX } from '#simulator/inference/arrivals.ts';
import { SHARES } from '#simulator/inference/work-times.ts';
import type { PlannedPool } from './pool-settings.ts';
import type { TrafficBasis } from './traffic-basis.ts';

/** Steps of rates that a model has: what a pool's traffic looked like, in simulated time that can be afforded. */
const STEPS_MAX = 20;
/** Seconds whose counts are compared with each other to see how bursty traffic is: within them it hardly changes otherwise. */
const BLOCK_S = 10;
/** Below this many attempts a backend's times are those of its pool. */
const ATTEMPTS_LEAST = 50;
/** Answered in so little time it did no work. */
const FAST_OUTCOMES: ReadonlySet<string> = new Set(['connect-failure', 'connect-timeout']);
const FAST_MS = 1;

/** `history`: of the last minutes, in steps of a second. */
export function countedTraffic(observed: Observed, { pool }: PlannedPool, history: HistoryAnswer): TrafficBasis {
  const counts = countsOf(history, pool.name);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const ratesPerSecond = total === 0 ? [] : ratesOf(counts, history.step);
  const service = servicesOf(observed, pool.backends);
  return {
    ratesPerSecond,
    burstiness: burstinessOf(counts),
    keys: null,
    backends:
      service === null
        ? null
        : pool.backends.map(({ id, slot }, at): BackendShape => ({
            id,
            service: service.of[at] as ServiceTimes,
            concurrency: null,
            failures: failuresOf(observed, slot),
          })),
    from: {
      rates: `rates: the picks of the last ${counts.length * history.step} seconds in the history, squeezed into ${ratesPerSecond.length} steps of a second`,
      service: service?.says ?? '',
      failures: 'failures: the outcomes of attempts since the process started',
    },
    limits: {
      service: [
        'measured times hold the wait inside a backend as well as its work: a pool that is overloaded now looks slower than it is',
        'they are of all the time since the process started: a backend that turned slow a moment ago looks faster than it is',
      ],
      concurrency:
        'too little was recorded in the last minutes to see how much a backend can do at one time: backends are taken not to slow down under more load; say `assume.concurrency` to bound it',
      rates: [
        'retries and second copies are among the measured picks, so rates are a little too high while there are many',
      ],
    },
  };
}

/** Picks of a pool's backends, step by step. */
function countsOf({ at, backendSelection }: HistoryAnswer, pool: string): number[] {
  const counts = new Array<number>(at.length).fill(0);
  for (const [name, picks] of Object.entries(backendSelection))
    if (name.startsWith(`${pool}/`)) picks.forEach((count, step) => (counts[step]! += count));
  return counts;
}

function ratesOf(counts: readonly number[], stepS: number): number[] {
  const steps = Math.min(STEPS_MAX, counts.length);
  return Array.from({ length: steps }, (_, step) => {
    const part = counts.slice(
      Math.floor((step * counts.length) / steps),
      Math.floor(((step + 1) * counts.length) / steps),
    );
    return part.reduce((sum, count) => sum + count, 0) / (part.length * stepS);
  });
}

/** Index of dispersion of the counts, each compared with its neighbours, so that a rate that rises does not look bursty. */
function burstinessOf(counts: readonly number[]): number {
  let [squares, sum] = [0, 0];
  for (let from = 0; from + BLOCK_S <= counts.length; from += BLOCK_S) {
    const block = counts.slice(from, from + BLOCK_S);
    const mean = block.reduce((all, count) => all + count, 0) / BLOCK_S;
    squares += block.reduce((all, count) => all + (count - mean) ** 2, 0) / (BLOCK_S - 1);
    sum += mean;
  }
  if (sum === 0) return 1;
  return Math.min(BURSTINESS_MAX, squares / sum);
}

function servicesOf(
  { tables: { counters } }: Observed,
  backends: PlannedPool['pool']['backends'],
): { readonly of: readonly ServiceTimes[]; readonly says: string } | null {
  const each = backends.map(({ slot }) => counters.slotHistogram(slot));
  const all = new Float64Array(HISTOGRAM_CELLS);
  for (const cells of each) cells.forEach((count, at) => (all[at]! += count));
  const countOf = (cells: Float64Array): number => cells.reduce((sum, count) => sum + count, 0);
  if (countOf(all) === 0) return null;
  const known = each.map((cells) => countOf(cells) >= ATTEMPTS_LEAST);
  const unknown = backends.filter((_, at) => !known[at]).map(({ id }) => id);
  const more =
    unknown.length === 0
      ? ''
      : `; too few to tell were at ${unknown.join(', ')}, which are taken to be as the whole pool`;
  return {
    of: each.map((cells, at) => quantileTimes(known[at] === true ? cells : all)),
    says: `service times: the latencies of ${countOf(all)} attempts since the process started, within 1 %${more}`,
  };
}

function quantileTimes(cells: Float64Array): ServiceTimes {
  return { kind: 'quantiles', shares: SHARES, ms: quantilesUs(cells, SHARES).map((us) => us / 1000) };
}

function failuresOf({ tables: { counters } }: Observed, slot: number): FailureShare[] {
  const counts = Array.from({ length: OUTCOME_COUNT }, (_, outcome) => counters.slotCount(slot, outcome));
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.flatMap((count, at) => {
    if (count === 0 || !isFailure(at as Outcome)) return [];
    const outcome = OUTCOME_NAMES[at] as FailureShare['outcome'];
    return [{ outcome, share: count / total, afterMs: FAST_OUTCOMES.has(outcome) ? FAST_MS : null }];
  });
}
