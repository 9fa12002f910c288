/**
 * Which strategy keeps the slowest requests fast? Every strategy in every situation of the simulator, as tables in
 * Markdown: `node bench/simulate.ts [--seeds 8] [--sweep] [--strategies a,b] [--scenarios a,b] [--workers 4]`.
 * The clock is virtual and the seeds are fixed, so the same figures come out on every machine.
 */
import { parseArgs } from 'node:util';
import { STRATEGIES, strategyByName } from '../src/core/strategies/index.ts';
import type { StrategyDefinition } from '../src/core/strategy.ts';
import { average, summarize, type Summary } from '../src/simulator/report.ts';
import { SCENARIOS, type Scenario } from '../src/simulator/scenarios.ts';
import { simulate } from '../src/simulator/simulation.ts';
import { FAST, SWEEP } from '../src/simulator/sweep.ts';

/** What ratios are given to. */
const YARDSTICK = 'least-connections';

const { values: flags } = parseArgs({
  options: {
    seeds: { type: 'string', default: '8' },
    workers: { type: 'string', default: '1' },
    sweep: { type: 'boolean', default: false },
    strategies: { type: 'string' },
    scenarios: { type: 'string' },
  },
});

const among = <T extends { readonly name: string }>(all: readonly T[], names: string | undefined): readonly T[] =>
  names === undefined ? all : all.filter(({ name }) => names.split(',').includes(name));
const scenarios = among(flags.sweep ? SWEEP : SCENARIOS, flags.scenarios);
const strategies = among(STRATEGIES, flags.strategies ?? (flags.sweep ? `adaptive,${YARDSTICK}` : undefined));

function measure(definition: StrategyDefinition, scenario: Scenario): Summary {
  const seeds = Array.from({ length: Number(flags.seeds) }, (_, at) => at + 1);
  const workers = Number(flags.workers);
  return average(seeds.map((seed) => summarize(simulate(definition, scenario, { seed, workers }))));
}

const yardstick = strategyByName(YARDSTICK)!;
const measured = new Map<string, Summary>();
for (const scenario of scenarios) {
  for (const definition of new Set([yardstick, ...strategies])) {
    measured.set(`${definition.name} ${scenario.name}`, measure(definition, scenario));
  }
}
const summaryOf = (strategy: string, scenario: Scenario): Summary => measured.get(`${strategy} ${scenario.name}`)!;

const figure = (ms: number): string => (ms < 1000 ? ms.toFixed(0) : `${(ms / 1000).toFixed(1)} s`);
const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;

function cell({ p50Ms, p95Ms, p99Ms, p999Ms, errors }: Summary): string {
  const quantiles = [p50Ms, p95Ms, p99Ms, p999Ms].map(figure).join(' / ');
  return errors === 0 ? quantiles : `${quantiles}, ${percent(errors)} errors`;
}

function ratio(strategy: string, scenario: Scenario): string {
  const [own, other] = [summaryOf(strategy, scenario), summaryOf(YARDSTICK, scenario)];
  return `${(own.p99Ms / other.p99Ms).toFixed(2)} (${(own.p999Ms / other.p999Ms).toFixed(2)})`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const heads = strategies.map(({ name }) => name);
const rows = (value: (strategy: string, scenario: Scenario) => string): string[][] =>
  scenarios.map((scenario) => [scenario.name, ...heads.map((name) => value(name, scenario))]);

console.log(
  `Latency in milliseconds, p50 / p95 / p99 / p99.9, means of ${flags.seeds} seeds, ${flags.workers} worker(s):\n`,
);
console.log(
  table(
    ['situation', ...heads],
    rows((strategy, scenario) => cell(summaryOf(strategy, scenario))),
  ),
);
console.log(`\np99 (p99.9) as a multiple of ${YARDSTICK}:\n`);
console.log(table(['situation', ...heads], rows(ratio)));
const failing = scenarios.find(({ name }) => name === 'fail');
if (failing !== undefined) {
  console.log('\nShare of the requests that the failing backend of `fail` got; a fair share is 12.50 %:\n');
  console.log(table(heads, [heads.map((name) => percent(summaryOf(name, failing).shares[0] ?? 0))]));
}
const fast = scenarios.filter((scenario) => FAST.includes(scenario));
if (fast.length > 0) {
  console.log('\nThe greatest share of four equal backends that are slower when cold, in fair shares:\n');
  const most = (name: string, scenario: Scenario): string => (4 * summaryOf(name, scenario).mostShare).toFixed(2);
  console.log(table(['situation', ...heads], fast.map((scenario) => [scenario.name, ...heads.map((name) => most(name, scenario))]))); // prettier-ignore
}
