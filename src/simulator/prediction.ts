/** From what runs counted to what they say together. */
import type { Estimate, PredictedFigures, Prediction, SimulationModel } from '#contract/simulate.ts';
import { estimate } from './estimate.ts';
import type { Run } from './run.ts';

const FIGURES = [
  'ratePerSecond',
  'p50Ms',
  'p95Ms',
  'p99Ms',
  'p999Ms',
  'errors',
  'refused',
  'retries',
  'hedges',
  'circuitOpens',
  'imbalance',
] as const satisfies readonly (keyof PredictedFigures)[];
type Figure = (typeof FIGURES)[number];

type BackendFigure = 'share' | 'imbalance' | 'utilisation' | 'inFlight' | 'errors';

/** Figures of one run. */
export interface RunFigures {
  readonly figures: Readonly<Record<Figure, number>>;
  readonly backends: readonly Readonly<Record<BackendFigure, number>>[];
  readonly answered: number;
  readonly flooded: boolean;
}

/** Busier than this a line hardly ever goes away: what is seen depends on how long is looked. */
const BUSY_MOST = 0.98;
/** Good answers beyond a quantile that it takes to tell it. */
const BEYOND_LEAST = 10;

export function figuresOf({ tally, servers, model, flooded }: Run, countedMs: number): RunFigures {
  const of = (count: number): number => (tally.requests === 0 ? 0 : count / tally.requests);
  const attempts = tally.attempts.reduce((sum, count) => sum + count, 0);
  const { backends } = model.pool;
  const serving = backends.map(({ weight, state }) => (state === 'active' ? weight : 0));
  const weights = serving.reduce((sum, weight) => sum + weight, 0);
  const each = backends.map((_, at) => {
    const share = attempts === 0 ? 0 : (tally.attempts[at] as number) / attempts;
    const fair = weights === 0 ? 0 : (serving[at] as number) / weights;
    const { concurrency, workedMs } = servers[at]!;
    return {
      share,
      imbalance: fair === 0 ? 0 : share / fair,
      utilisation: concurrency === Infinity ? NaN : workedMs / (concurrency * countedMs),
      inFlight: (tally.inFlightMs[at] as number) / countedMs,
      errors: tally.attempts[at] === 0 ? 0 : (tally.failures[at] as number) / (tally.attempts[at] as number),
    };
  });
  return {
    figures: {
      ratePerSecond: (tally.requests / countedMs) * 1000,
      p50Ms: tally.quantileMs(0.5),
      p95Ms: tally.quantileMs(0.95),
      p99Ms: tally.quantileMs(0.99),
      p999Ms: tally.quantileMs(0.999),
      errors: of(tally.failed),
      refused: of(tally.refused),
      retries: of(tally.retries),
      hedges: of(tally.hedges),
      circuitOpens: (tally.opens / countedMs) * 60_000,
      imbalance: Math.max(...each.map(({ imbalance }) => imbalance)),
    },
    backends: each,
    answered: tally.answered,
    flooded,
  };
}

export function predictionOf(model: SimulationModel, runs: readonly RunFigures[]): Prediction {
  const backends = model.pool.backends.map(({ id }, at) => {
    const of = (name: BackendFigure): Estimate => estimate(runs.map((run) => run.backends[at]![name]));
    const utilisation = of('utilisation');
    return {
      id,
      share: of('share'),
      imbalance: of('imbalance'),
      utilisation: Number.isNaN(utilisation.mean) ? null : utilisation,
      inFlight: of('inFlight'),
      errors: of('errors'),
    };
  });
  return {
    ...figuresAs((name) => estimate(runs.map((run) => run.figures[name]))),
    backends,
    warnings: warningsOf(backends, runs),
  };
}

/** Seed by seed. */
export function differenceOf(then: readonly RunFigures[], now: readonly RunFigures[]): PredictedFigures {
  return figuresAs((name) =>
    estimate(then.map((run, at) => run.figures[name] - (now[at] as RunFigures).figures[name])),
  );
}

function figuresAs(of: (name: Figure) => Estimate): PredictedFigures {
  const known = (found: Estimate): Estimate | null => (Number.isNaN(found.mean) ? null : found);
  return Object.fromEntries(FIGURES.map((name) => [name, known(of(name))])) as unknown as PredictedFigures;
}

function warningsOf(backends: Prediction['backends'], runs: readonly RunFigures[]): string[] {
  const warnings: string[] = [];
  const busy = backends.filter(({ utilisation }) => utilisation !== null && utilisation.mean > BUSY_MOST);
  if (busy.length > 0)
    warnings.push(
      `${busy.map(({ id }) => id).join(', ')}: more comes than can be done; lines grow, and latency depends on how long is simulated`,
    );
  if (runs.some(({ flooded }) => flooded))
    warnings.push('more than a million requests were under way at one time; what came then was refused');
  const answered = Math.min(...runs.map((run) => run.answered));
  if (answered * 0.001 < BEYOND_LEAST)
    warnings.push(`a run saw as few as ${answered} good answers: p99.9 is little more than its slowest ones`);
  return warnings;
}
