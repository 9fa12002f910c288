/** How many tasks, stores and dollars a rate of requests takes, worked out from what was measured. Pure arithmetic. */

export interface MeasuredFigures {
  /** CPU microseconds of one request, the default strategy with everything on. */
  readonly cpuUs: number;
  /** Resident MiB of a process in use, and KiB of each connection. */
  readonly baseMiB: number;
  readonly connectionKiB: number;
  /** Operations a second of a replica that shares limits. */
  readonly sharedOps: number;
}

/** US dollars an hour. */
export interface HourPrices {
  readonly vcpu: number;
  readonly gb: number;
  readonly alb: number;
  readonly albUnit: number;
}

/** What nobody has measured here. Each is a line to argue with. */
export const ASSUMED = {
  vcpuPerTask: 2,
  gbPerTask: 4,
  /** Of a task's CPU at the rate that is planned for: the rest is for the loss of a zone, and for peaks. */
  busy: 0.6,
  tasksLeast: 3,
  /** Both ways, heads and bodies. */
  kibPerRequest: 2,
  requestsPerConnection: 100,
  /** How long a client's connection stays open. */
  connectionS: 60,
  /** Scripts of one key that one Redis or Valkey carries out in a second. */
  storeOps: 50_000,
  /** A capacity unit of a load balancer: gigabytes an hour. */
  albUnitGbPerHour: 1,
  hoursPerMonth: 730,
} as const;

export interface Need {
  readonly perSecond: number;
  readonly tasks: number;
  readonly connectionsPerTask: number;
  readonly memoryMiB: number;
  readonly storeOps: number;
  readonly stores: number;
  readonly tasksUsd: number;
  readonly balancerUsd: number;
}

export function needOf(perSecond: number, measured: MeasuredFigures, prices: HourPrices): Need {
  const { vcpuPerTask, gbPerTask, busy, tasksLeast, kibPerRequest, hoursPerMonth } = ASSUMED;
  const perTask = (vcpuPerTask * busy * 1e6) / measured.cpuUs;
  const tasks = Math.max(tasksLeast, Math.ceil(perSecond / perTask));
  const connections = (perSecond / ASSUMED.requestsPerConnection) * ASSUMED.connectionS;
  const connectionsPerTask = Math.ceil(connections / tasks);
  const storeOps = tasks * measured.sharedOps;
  const gbPerHour = (perSecond * kibPerRequest * 3600) / 1024 ** 2;
  return {
    perSecond,
    tasks,
    connectionsPerTask,
    memoryMiB: Math.ceil(measured.baseMiB * vcpuPerTask + (connectionsPerTask * measured.connectionKiB) / 1024),
    storeOps,
    stores: Math.ceil(storeOps / ASSUMED.storeOps),
    tasksUsd: tasks * (vcpuPerTask * prices.vcpu + gbPerTask * prices.gb) * hoursPerMonth,
    balancerUsd: (prices.alb + (gbPerHour / ASSUMED.albUnitGbPerHour) * prices.albUnit) * hoursPerMonth,
  };
}
