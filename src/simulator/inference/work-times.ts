/**
 * How long a backend's work takes, without the wait in it: the times of those attempts that found a free place. How many others
 * there were says nothing about a request's own work, so these are as good as all of them. Where too few found one, the
 * times of the least loaded are divided by how much longer the wait made them on average.
 */
import type { BackendRecording, LoadTimes } from '#contract/recording.ts';
import type { ServiceTimes } from '#contract/simulate.ts';
import { slowdown } from './concurrency.ts';

/** Fewer tell too little of the long ones. */
const ATTEMPTS_LEAST = 100;
/** Shares at which the times are read: each percent, and finer where few long requests decide. */
export const SHARES: readonly number[] = [
  0.001,
  0.005,
  ...Array.from({ length: 99 }, (_, at) => (at + 1) / 100),
  0.993,
  0.996,
  0.998,
  0.999,
  0.9995,
  1,
];

interface Counted {
  readonly floorMs: number;
  readonly ceilingMs: number;
  readonly attempts: number;
}

/** Null: nothing was recorded. `concurrency` as `fitConcurrency` found it. */
export function serviceTimes(
  { times, levels }: Pick<BackendRecording, 'times' | 'levels'>,
  concurrency: number | null,
): { readonly service: ServiceTimes; readonly attempts: number } | null {
  const free = times.filter(({ to }) => concurrency === null || (to !== null && to < concurrency));
  const counted = free.flatMap(cellsOf);
  const attempts = countOf(counted);
  if (attempts >= ATTEMPTS_LEAST) return { service: quantiles(counted), attempts };
  const any = times.flatMap((group) => {
    const stretch = concurrency === null ? 1 : stretchOf(group, levels, concurrency);
    return cellsOf(group).map((cell) => ({
      ...cell,
      floorMs: cell.floorMs / stretch,
      ceilingMs: cell.ceilingMs / stretch,
    }));
  });
  return any.length === 0 ? null : { service: quantiles(any), attempts: countOf(any) };
}

function cellsOf({ cells }: LoadTimes): Counted[] {
  return cells.map(([floorMs, ceilingMs, attempts]) => ({ floorMs, ceilingMs, attempts }));
}

/** How much longer than alone the attempts of a group took on average. */
function stretchOf({ from, to }: LoadTimes, levels: BackendRecording['levels'], concurrency: number): number {
  let [sum, count] = [0, 0];
  for (const { inFlight, attempts } of levels) {
    if (inFlight < from || (to !== null && inFlight >= to + 1)) continue;
    sum += attempts * slowdown(inFlight, concurrency);
    count += attempts;
  }
  return count === 0 ? slowdown(from, concurrency) : sum / count;
}

function countOf(cells: readonly Counted[]): number {
  return cells.reduce((sum, { attempts }) => sum + attempts, 0);
}

/** Attempts are taken to lie evenly in their cell. */
function quantiles(cells: readonly Counted[]): ServiceTimes {
  const ascending = [...cells].sort((a, b) => a.floorMs - b.floorMs);
  const total = countOf(ascending);
  let [at, before] = [0, 0];
  const ms = SHARES.map((share) => {
    const rank = share * total;
    while (at < ascending.length - 1 && before + (ascending[at] as Counted).attempts < rank)
      before += (ascending[at++] as Counted).attempts;
    const { floorMs, ceilingMs, attempts } = ascending[at] as Counted;
    return floorMs + (ceilingMs - floorMs) * Math.min(1, Math.max(0, (rank - before) / attempts));
  });
  // Cells of several groups that were stretched differently may overlap.
  for (let i = 1; i < ms.length; i++) ms[i] = Math.max(ms[i] as number, ms[i - 1] as number);
  return { kind: 'quantiles', shares: SHARES, ms };
}
