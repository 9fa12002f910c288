/** A prediction as a table, what it is based on, and what must be known to read it. */
import type { Estimate, Prediction, SimulateAnswer } from '#contract/simulate.ts';
import { harmless } from '../harmless.ts';
import { table } from '../table.ts';

const HEAD = ['', 'P50', 'P95', 'P99', 'P99.9', 'P99 CHANGE', 'ERRORS', 'RETRIES', 'HEDGES', 'BUSIEST', 'IMBALANCE'];
const NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

export function report(answer: SimulateAnswer): string {
  const { pool, basis, now, then, alternatives, method } = answer;
  const others = then === null ? alternatives : [then, ...alternatives];
  const rows = [row('now', now, null), ...others.map((one) => row(harmless(one.name), one, one.difference.p99Ms))];
  const warnings = [now, ...others].flatMap((one) => one.warnings);
  const { seeds, countedMs, warmUpMs, requests } = method;
  return [
    `Pool ${harmless(pool)}, ${figure(now.ratePerSecond.mean)} requests a second; milliseconds, means of ${seeds} seeds ± 95 %\n\n`,
    table(HEAD, rows, NUMBERS),
    `\n${requests.toLocaleString('en-US')} requests simulated: ${countedMs / 1000} s that count after ${warmUpMs / 1000} s, ${seeds} times each.\n`,
    sentences('Based on', basis.from),
    sentences('It cannot know', basis.limits),
    sentences('Mind', [...new Set(warnings)]),
  ].join('');
}

function row(name: string, prediction: Prediction, change: Estimate | null): string[] {
  const { p50Ms, p95Ms, p99Ms, p999Ms, errors, retries, hedges, imbalance, backends } = prediction;
  const busiest = backends.reduce((most, { utilisation }) => Math.max(most, utilisation?.mean ?? -1), -1);
  return [
    name,
    spread(p50Ms),
    spread(p95Ms),
    spread(p99Ms),
    spread(p999Ms),
    change === null ? '' : `${change.mean >= 0 ? '+' : ''}${spread(change)}`,
    percent(errors.mean),
    percent(retries.mean),
    percent(hedges.mean),
    busiest < 0 ? '-' : percent(busiest),
    imbalance.mean.toFixed(2),
  ];
}

function spread(estimate: Estimate | null): string {
  if (estimate === null) return '-';
  return `${figure(estimate.mean)} ±${figure((estimate.high - estimate.low) / 2)}`;
}

/** Three digits that say something. */
function figure(value: number): string {
  const size = Math.abs(value);
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 2 : 1)} %`;
}

function sentences(title: string, list: readonly string[]): string {
  return list.length === 0 ? '' : `\n${title}:\n${list.map((one) => `- ${harmless(one)}\n`).join('')}`;
}
