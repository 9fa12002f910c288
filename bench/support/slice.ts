import { FOREIGN_MAX, watchForeignWork } from './disturbance.ts';
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
  /** Cores' worth of time that others took from the cores used. */
  readonly foreign: number;
}

/** A slice, repeated while something else on the machine disturbs it, a few times at most; the least disturbed counts. */
export async function slice(
  target: Target,
  load: Omit<WrkLoad, 'url'>,
  originPid: number,
  repeats: number,
): Promise<Sample> {
  let best = await sliceOnce(target, load, originPid);
  for (let again = 0; again < repeats && isDisturbed(best); again++) {
    const sample = await sliceOnce(target, load, originPid);
    if (sample.foreign < best.foreign) best = sample;
  }
  return best;
}

export function isDisturbed(sample: Sample): boolean {
  return sample.foreign > FOREIGN_MAX;
}

/** A sentence on the samples that stayed disturbed; '' for none. */
export function disturbanceNote(samples: readonly Sample[]): string {
  const count = samples.filter(isDisturbed).length;
  if (count === 0) return '';
  const worst = Math.max(...samples.map((sample) => sample.foreign));
  return `Disturbed: in ${count} of ${samples.length} slices other processes took over ${FOREIGN_MAX} of a core from the cores used (${worst.toFixed(2)} at worst), repeats included. Ranges are wide for that reason.`;
}

/** Loads a target with wrk, and reads its processes' run time before and after. */
async function sliceOnce(target: Target, load: Omit<WrkLoad, 'url'>, originPid: number): Promise<Sample> {
  const foreign = watchForeignWork([target.child.pid, originPid]);
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
    foreign: foreign(),
  };
}
