/**
 * A pool's traffic out of its recording: rates and bunches of arrivals, each backend's work without the wait in it, how much it
 * does side by side, its failures, the skew of keys. Null where too little was recorded (simulator/inference).
 */
import type { BackendRecording, PoolRecording } from '#contract/recording.ts';
import type { BackendShape, FailureShare, ServiceTimes } from '#contract/simulate.ts';
import { OUTCOME_NAMES, isFailure, type Outcome } from '#core/outcome.ts';
import { recordedArrivals } from '#simulator/inference/arrivals.ts';
import { fitConcurrency, type ConcurrencyFit } from '#simulator/inference/concurrency.ts';
import { keysOf } from '#simulator/inference/keys.ts';
import { serviceTimes } from '#simulator/inference/work-times.ts';
import type { TrafficBasis } from './traffic-basis.ts';

/** How far back rates are looked at, and the steps of a second that they become. */
const RATES_SPAN_S = 300;
const STEPS_MAX = 20;
/** Good answers of the whole pool: fewer tell nothing of its slow ones. */
const ATTEMPTS_LEAST = 200;
/** A failure that took less than this share of a good answer's time did no work. */
const FAST_SHARE = 0.5;

export function recordedTraffic(recording: PoolRecording): TrafficBasis | null {
  const attempts = recording.backends.reduce((sum, one) => sum + goodOf(one), 0);
  const arrivals = recordedArrivals(recording.arrivals, STEPS_MAX, RATES_SPAN_S);
  if (attempts < ATTEMPTS_LEAST || arrivals === null) return null;
  const fit = fitConcurrency(recording.backends.map(({ levels }) => levels));
  const backends = shapes(recording.backends, fit);
  if (backends === null) return null;
  const keys = recording.keys === null ? null : keysOf(recording.keys);
  const { ratesPerSecond, seconds, meanPerSecond, burstiness } = arrivals;
  return {
    ratesPerSecond,
    burstiness: burstiness ?? 1,
    keys,
    backends,
    from: {
      rates: `rates: ${meanPerSecond.toPrecision(3)} a second on average in the last ${seconds.toFixed(0)} seconds, squeezed into ${ratesPerSecond.length} steps of a second; ${burstiness === null ? 'too few to see bunches' : `their dispersion is ${burstiness.toPrecision(2)} (1: independent)`}`,
      service: `service times: ${attempts} good answers of the last minutes, those that waited inside a backend left out`,
      failures: 'failures: the outcomes of attempts in the last minutes',
    },
    limits: {
      service: [
        'a backend that was slow for a part of the last minutes is taken to be slow now and then, at random, all the time',
      ],
      concurrency: unbounded(recording.backends, fit),
      rates: [],
    },
  };
}

function goodOf({ levels }: BackendRecording): number {
  return levels.reduce((sum, { attempts }) => sum + attempts, 0);
}

function shapes(backends: readonly BackendRecording[], fit: ConcurrencyFit): BackendShape[] | null {
  const times = backends.map((one, at) => serviceTimes(one, fit.of[at] ?? null));
  const whole = serviceTimes(
    { times: backends.flatMap((one) => one.times), levels: backends.flatMap((one) => one.levels) },
    fit.common ? (fit.of[0] ?? null) : null,
  );
  if (whole === null) return null;
  return backends.map((one, at): BackendShape => {
    const known = times[at];
    const service: ServiceTimes = known === null || known === undefined || known.attempts < 50 ? whole.service : known.service; // prettier-ignore
    return { id: one.id, service, concurrency: fit.of[at] ?? null, failures: failuresOf(one) };
  });
}

function failuresOf({ outcomes }: BackendRecording): FailureShare[] {
  const total = outcomes.reduce((sum, { attempts }) => sum + attempts, 0);
  const good = outcomes.find(({ outcome }) => outcome === 'success');
  return outcomes.flatMap(({ outcome, attempts, meanMs }): FailureShare[] => {
    if (!isFailure(OUTCOME_NAMES.indexOf(outcome) as Outcome)) return [];
    const isFast = good === undefined || meanMs < FAST_SHARE * good.meanMs || outcome === 'timeout';
    return [{ outcome: outcome as FailureShare['outcome'], share: attempts / total, afterMs: isFast ? meanMs : null }];
  });
}

function unbounded(backends: readonly BackendRecording[], { of, seen }: ConcurrencyFit): string {
  const names = backends.flatMap(({ id }, at) => (of[at] === null ? [`${id} (${Math.floor(seen[at] ?? 0)})`] : []));
  if (names.length === 0) return '';
  const list = names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ');
  return `no backend among these was seen to slow down under as much as it had (the most in brackets): ${list}; beyond that they are taken not to, say \`assume.concurrency\` to bound it`;
}
