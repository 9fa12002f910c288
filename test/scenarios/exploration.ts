/** Runs scenario after scenario until one fails or the time is over, and tells of a failure so that it can be repeated. */
import { Coverage } from './coverage.ts';
import { drawScenario } from './generator.ts';
import { INVARIANTS } from './invariants.ts';
import type { Scenario } from './scenario.ts';
import { shrink } from './shrink.ts';
import { run, type Failure, type RunOptions } from './world.ts';

export const SEED_MAX = 2 ** 31;

export interface Explored {
  readonly scenarios: number;
  readonly steps: number;
  readonly coverage: Coverage;
  /** What failed, and how to repeat it; null when nothing did. */
  readonly failed: { readonly seed: number; readonly failure: Failure; readonly report: string } | null;
}

export interface ExploreOptions extends RunOptions {
  /** Called after each scenario; false ends the exploration. */
  readonly goesOn: (soFar: Explored) => boolean;
}

/** Explores from the scenario of `seed` on. */
export function explore(seed: number, options: ExploreOptions): Explored {
  const coverage = new Coverage();
  let soFar: Explored = { scenarios: 0, steps: 0, coverage, failed: null };
  for (let at = seed; ; at = (at + 1) % SEED_MAX) {
    const scenario = drawScenario(at);
    const result = run(scenario, options);
    coverage.add(result.coverage);
    soFar = { ...soFar, scenarios: soFar.scenarios + 1, steps: soFar.steps + result.steps };
    if (result.failure !== null) {
      const report = reportOf(scenario, result.failure, options);
      return { ...soFar, failed: { seed: at, failure: result.failure, report } };
    }
    if (!options.goesOn(soFar)) return soFar;
  }
}

/** What failed, the smallest scenario that still does, and the commands that repeat both. */
export function reportOf(scenario: Scenario, failure: Failure, options: RunOptions): string {
  const small = shrink(scenario, failure, options);
  return [
    `${failure.invariant}: ${INVARIANTS[failure.invariant]}`,
    `  ${failure.detail}`,
    `  at ${failure.atMs} ms of seed ${scenario.seed}:  npm run simulate:faults -- --seed ${scenario.seed}`,
    `  smallest, after ${small.runs} runs: ${small.failure.detail}, at ${small.failure.atMs} ms:`,
    `  npm run simulate:faults -- --seed ${small.scenario.seed} --scenario '${JSON.stringify(small.scenario)}'`,
  ].join('\n');
}
