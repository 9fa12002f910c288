/** Capacity as the tables of docs/scaling.md. */
import { ASSUMED, needOf } from './capacity.ts';
import { hourPrices, measuredFigures } from './measured.ts';

const RATES = [10_000, 1_000_000, 100_000_000];

export function capacityTable(): string {
  const measured = measuredFigures();
  const prices = hourPrices();
  const needs = RATES.map((rate) => needOf(rate, measured, prices));
  const number = (value: number): string => Math.round(value).toLocaleString('en-US');
  const row = (what: string, cell: (need: (typeof needs)[number]) => string): string =>
    `| ${what} | ${needs.map(cell).join(' | ')} |`;
  return [
    `| requests a second | ${RATES.map(number).join(' | ')} |`,
    `| --- | ${RATES.map(() => '---:').join(' | ')} |`,
    row(`tasks of ${ASSUMED.vcpuPerTask} vCPU and ${ASSUMED.gbPerTask} GB`, ({ tasks }) => number(tasks)),
    row('client connections of each', ({ connectionsPerTask }) => number(connectionsPerTask)),
    row('MiB resident of each', ({ memoryMiB }) => number(memoryMiB)),
    row('operations a second on Redis', ({ storeOps }) => number(storeOps)),
    row('Redis shards that takes', ({ stores }) => number(stores)),
    row('Fargate (ARM64), USD a month', ({ tasksUsd }) => number(tasksUsd)),
    row('load balancer, USD a month', ({ balancerUsd }) => number(balancerUsd)),
    '',
    `From ${measured.cpuUs} µs of CPU a request (\`overhead-full\`, adaptive), ${measured.baseMiB} MiB for a process in use and ${measured.connectionKiB} KiB for a connection (\`scale\`), ${measured.sharedOps} operations a second and replica (\`shared\`), and the product's price table for us-east-1.`,
  ].join('\n');
}
