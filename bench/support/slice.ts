import { cpuNs } from './process-cost.ts';
import type { Target } from './target.ts';
import { runWrk, type WrkLoad } from './wrk.ts';

/** What one slice of load cost a target. */
export interface Sample {
  readonly cpuUs: number;
  readonly perSecond: number;
  /** Cores' worth of time that the proxy used. */
  readonly busy: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly errors: number;
  readonly errorText: string;
}

/** Loads a target with wrk, and reads its processes' run time before and after. */
export async function slice(target: Target, load: Omit<WrkLoad, 'url'>): Promise<Sample> {
  const before = cpuNs(target.child.pid);
  const begun = performance.now();
  const result = await runWrk({ ...load, url: target.url });
  const elapsedNs = (performance.now() - begun) * 1e6;
  const usedNs = cpuNs(target.child.pid) - before;
  return {
    cpuUs: usedNs / 1000 / result.requests,
    perSecond: result.requests / result.seconds,
    busy: usedNs / elapsedNs,
    p50Us: result.p50Us,
    p99Us: result.p99Us,
    errors: result.errors,
    errorText: result.errorText,
  };
}
