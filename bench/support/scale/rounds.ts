import { slice, type Sample } from '../slice.ts';
import { rotated } from '../statistics.ts';
import type { Target } from '../target.ts';
import type { WrkLoad } from '../wrk.ts';
import type { ScaleFlags } from './part.ts';

/** Warms all targets, then loads each in every round. Samples by target, in their order, then by round. */
export async function measureRounds(
  targets: readonly Target[],
  load: Omit<WrkLoad, 'url' | 'seconds'>,
  originPid: number,
  flags: ScaleFlags,
): Promise<Sample[][]> {
  const samples: Sample[][] = targets.map(() => []);
  for (const target of targets) await slice(target, { ...load, seconds: flags.warmup }, originPid, 0);
  for (let round = 0; round < flags.rounds; round++) {
    for (const target of rotated(targets, round)) {
      const sample = await slice(target, { ...load, seconds: flags.slice }, originPid, flags.repeats);
      samples[targets.indexOf(target)]!.push(sample);
    }
  }
  return samples;
}
