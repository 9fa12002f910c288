/**
 * How many requests does the what-if simulator run in a second, on one core? Eight backends of four places, 75 % busy; each
 * strategy, with the defaults of a pool (circuits, retries), and with hedging and an adaptive limit on top.
 * `node bench/simulator.ts [--seconds 3] [--strategies a,b] [--write]`
 */
import { parseArgs } from 'node:util';
import type { SimulatedChange, SimulationModel } from '../src/contract/simulate.ts';
import { STRATEGIES } from '../src/core/strategies/index.ts';
import { applyChanges } from '../src/simulator/changes.ts';
import { ExchangeCourse } from '../src/simulator/exchange-course.ts';
import { Run } from '../src/simulator/run.ts';
import { sampleModel } from '../src/simulator/sample-model.ts';
import { publish } from './support/results.ts';

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '2' },
    strategies: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const GOAL = 1_000_000;
const RUNS = 5;
const WARM_UP_RUNS = 2;

const chosen = STRATEGIES.filter(({ name }) => flags.strategies?.split(',').includes(name) ?? true);
const WITH_EVERYTHING: SimulatedChange[] = [
  { kind: 'hedge', after: 'p95', budget: 0.05 },
  { kind: 'patch', patch: { concurrency: { algorithm: 'gradient' } } },
];

/** Requests a second, the median and the range of some runs. */
function measure(model: SimulationModel): { median: number; least: number; most: number } {
  const countedMs = (Number(flags.seconds) * 1000 * 300_000) / 960;
  const rates = Array.from({ length: WARM_UP_RUNS + RUNS }, (_, at) => {
    const from = performance.now();
    const run = new Run(model, at + 1, 0, countedMs / (WARM_UP_RUNS + RUNS));
    run.go(new ExchangeCourse(run));
    return (run.requests / (performance.now() - from)) * 1000;
  })
    .slice(WARM_UP_RUNS)
    .sort((a, b) => a - b);
  return { median: rates[RUNS >> 1]!, least: rates[0]!, most: rates.at(-1)! };
}

const millions = (rate: number): string => (rate / 1e6).toFixed(2);
const shown = ({ median, least, most }: ReturnType<typeof measure>): string =>
  `${millions(median)} (${millions(least)}-${millions(most)})${median >= GOAL ? '' : ' (!)'}`;

const rows = chosen.map(({ name }) => {
  const model = applyChanges(sampleModel(), [{ kind: 'strategy', name }]);
  return `| ${name} | ${shown(measure(model))} | ${shown(measure(applyChanges(model, WITH_EVERYTHING)))} |`;
});
publish(
  'simulator',
  'how many requests the what-if simulator runs in a second',
  [
    'Millions of simulated requests a second on one core: eight backends of four places, exponential 25 ms, 75 % busy, one worker.',
    `The median of ${RUNS} runs, and their range. The goal is 1.00; what is below is marked (!).`,
    '',
    '| strategy | circuits and retries | with hedging and an adaptive limit |',
    '| --- | --- | --- |',
    ...rows,
  ].join('\n'),
  flags.write,
);
