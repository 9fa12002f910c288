import { goalsTable, type Goal } from './goals.ts';
import type { Sample } from './slice.ts';
import { pairwiseRatio } from './statistics.ts';

/** By load, then by target, one a round. */
export type Samples = ReadonlyMap<string, ReadonlyMap<string, readonly Sample[]>>;

/** The goals for the cost of a request, as far as these samples can tell. */
export function describeGoals(samples: Samples): string {
  const cpu = (sample: Sample) => sample.cpuUs;
  const p99 = (sample: Sample) => sample.p99Us;
  const ratio = (load: string, over: string, under: string, pick: (sample: Sample) => number) => {
    const values = samples.get(load)?.get(over)?.map(pick) ?? [];
    const base = samples.get(load)?.get(under)?.map(pick) ?? [];
    return pairwiseRatio(values, base).median;
  };
  const product = 'edgebalancer';
  const spoilt = [...samples.values()].some((load) => load.get(product)?.some((sample) => sample.errors > 0));
  const atMost = (what: string, goal: number, measured: number): Goal => ({
    what,
    bound: 'at most',
    goal,
    measured,
    spoilt,
  });
  const atLeast = (what: string, goal: number, measured: number): Goal => ({
    what,
    bound: 'at least',
    goal,
    measured,
    spoilt,
  });
  return goalsTable([
    atMost('CPU to HAProxy full, 64 connections', 1.0, ratio('64-tiny', product, 'haproxy-full', cpu)),
    atMost('CPU to HAProxy minimal, 64 connections', 1.15, ratio('64-tiny', product, 'haproxy-min', cpu)),
    atLeast('times cheaper than Caddy', 3.5, ratio('64-tiny', 'caddy', product, cpu)),
    atLeast('times cheaper than http-proxy-3', 5, ratio('64-tiny', 'http-proxy-3', product, cpu)),
    atMost('p99 to HAProxy minimal, 1,000 connections', 1.5, ratio('1000-tiny', product, 'haproxy-min', p99)),
    atMost('p99 to HAProxy full, 1,000 connections', 1.5, ratio('1000-tiny', product, 'haproxy-full', p99)),
    atMost(
      'CPU to HAProxy minimal, a connection per request',
      1.5,
      ratio('64-tiny-close', product, 'haproxy-min', cpu),
    ),
    atMost('CPU to HAProxy full, a connection per request', 1.5, ratio('64-tiny-close', product, 'haproxy-full', cpu)),
  ]);
}
