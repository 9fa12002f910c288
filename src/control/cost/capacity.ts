/** Whether the tasks that are priced would carry the traffic that is priced. */
import type { CostConfig } from '../config/schema-cost.ts';
import type { Deployment } from './deployment.ts';
import { MONTH_SECONDS, type MonthlyTraffic } from './traffic.ts';

/** At most one sentence; none while nothing is known of the CPU time that a request takes. */
export function capacityAssumption(
  { tasks, vcpu }: Deployment,
  { requests, cpuSecondsPerRequest }: MonthlyTraffic,
  { peakFactor, utilisation }: CostConfig['assume'],
): string[] {
  if (requests === null || cpuSecondsPerRequest === null || utilisation === 0) return [];
  const peakPerSecond = (requests / MONTH_SECONDS) * peakFactor;
  const busy = (peakPerSecond * cpuSecondsPerRequest) / (tasks * vcpu);
  const needed = Math.ceil((peakPerSecond * cpuSecondsPerRequest) / (vcpu * utilisation));
  const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;
  const micros = Math.round(cpuSecondsPerRequest * 1e6);
  const sentence = `At a peak of ${peakFactor} times the average, and with the ${micros} microseconds of CPU that a request took here, the tasks would be ${percent(busy)} busy`;
  return [
    busy <= utilisation
      ? `${sentence}.`
      : `${sentence}, more than the ${percent(utilisation)} of \`cost.assume.utilisation\`: it would take ${needed} tasks of this size.`,
  ];
}
