/** Reads what capacity is worked out from: bench/RESULTS.md and the product's own price table. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PRICE_TABLE } from '../../src/control/cost/price-table.ts';
import type { HourPrices, MeasuredFigures } from './capacity.ts';

const RESULTS = join(import.meta.dirname, '../../bench/RESULTS.md');
const REGION = 'us-east-1';

export function measuredFigures(text: string = readFileSync(RESULTS, 'utf8')): MeasuredFigures {
  return {
    cpuUs: found(text, 'overhead-full', /^\| EdgeBalancer adaptive +\| +([\d.]+) \(/m),
    baseMiB: found(text, 'scale', /^\| EdgeBalancer +\| +\d+ \| +([\d.]+) \|/m),
    connectionKiB: found(text, 'scale', /^\| EdgeBalancer +\| +\d+ \| +[\d.]+ \| +([\d.]+) \|/m),
    sharedOps: found(text, 'shared', /^([\d.]+) operations a second and replica/m),
  };
}

function found(text: string, section: string, figure: RegExp): number {
  const [, part = ''] = text.split(`<!-- ${section}: begin -->`);
  const [, value] = figure.exec(part.split(`<!-- ${section}: end -->`)[0] ?? '') ?? [];
  if (value === undefined) throw new Error(`bench/RESULTS.md has no such figure in ${section}: ${String(figure)}`);
  return Number(value);
}

export function hourPrices(): HourPrices {
  const row = PRICE_TABLE.find(({ region }) => region === REGION);
  if (row === undefined) throw new Error(`the price table has no ${REGION}`);
  const price = (key: keyof typeof row.prices): number => row.prices[key]?.tiers[0]?.price ?? NaN;
  return {
    vcpu: price('fargateArmVcpuHour'),
    gb: price('fargateArmGbHour'),
    alb: price('albHour'),
    albUnit: price('albCapacityUnitHour'),
  };
}
