/**
 * What would happen if: a model as it is and as it might be, each run over the same seeds, and what comes of it with intervals.
 * The same question gives the same answer on every machine.
 *
 * It goes in steps, one for each run, so that whoever asks can show how far it is, let others have the thread, or stop.
 */
import type { Alternative, SimulatedChange, SimulationMethod, SimulationModel, WhatIf } from '#contract/simulate.ts';
import { applyChanges } from './changes.ts';
import { METHOD_SAYS, SEEDS_LEAST, SEEDS_MOST } from './estimate.ts';
import { ExchangeCourse } from './exchange-course.ts';
import { modelProblems } from './model-check.ts';
import { ModelError } from './model-error.ts';
import { differenceOf, figuresOf, predictionOf, type RunFigures } from './prediction.ts';
import { Run } from './run.ts';

export interface WhatIfQuestion {
  readonly model: SimulationModel;
  readonly alternatives: readonly { readonly name: string; readonly changes: readonly SimulatedChange[] }[];
  /** 5 when left out. */
  readonly seeds?: number;
  /** Simulated time that counts; whatever gives about 20,000 requests when left out, 10 s at least. */
  readonly countedMs?: number;
  /** Before it; 5 s when left out: strategies and limits learn for so long. */
  readonly warmUpMs?: number;
  /** Requests of all runs together at most: 100 million when left out. */
  readonly requestsMax?: number;
}

export interface WhatIfProgress {
  readonly done: number;
  readonly of: number;
}

/** More would not be read. */
export const ALTERNATIVES_MAX = 20;
const WARM_UP_MS = 5_000;
const COUNTED_REQUESTS = 20_000;
const COUNTED_MS_LEAST = 10_000;
const COUNTED_MS_MOST = 3_600_000;
/** What remains where so many requests come that more cannot be had: some memories of strategies. */
const SHORT_MS = { counted: 4_000, warmUp: 2_000 };
const REQUESTS_MAX = 100_000_000;
/** First attempts of a second: a run that counts fewer says nothing of anything. */
const COUNTED_LEAST = 100;

/** Throws a `ModelError` when the question cannot be answered; its message says what could be. */
export function whatIf(question: WhatIfQuestion): WhatIf {
  const steps = whatIfSteps(question);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same in steps. */
export function* whatIfSteps(question: WhatIfQuestion): Generator<WhatIfProgress, WhatIf> {
  const { model, alternatives, seeds = SEEDS_LEAST } = question;
  if (!Number.isInteger(seeds) || seeds < SEEDS_LEAST || seeds > SEEDS_MOST)
    throw new ModelError('seeds', `expected a whole number from ${SEEDS_LEAST} to ${SEEDS_MOST}`);
  if (alternatives.length > ALTERNATIVES_MAX)
    throw new ModelError('alternatives', `expected ${ALTERNATIVES_MAX} at most`);
  checked(model, '');
  const models = [model, ...alternatives.map(({ name, changes }) => checked(applyChanges(model, changes), name))];
  const { warmUpMs, countedMs } = spanOf(question, models, seeds);
  const figures: RunFigures[][] = models.map(() => []);
  let requests = 0;
  const of = models.length * seeds;
  for (let seed = 1; seed <= seeds; seed++) {
    for (const [at, each] of models.entries()) {
      yield { done: (seed - 1) * models.length + at, of };
      const run = new Run(each, seed, warmUpMs, countedMs);
      run.go(new ExchangeCourse(run));
      requests += run.requests;
      (figures[at] as RunFigures[]).push(figuresOf(run, countedMs));
    }
  }
  const method: SimulationMethod = { seeds, countedMs, warmUpMs, requests, says: METHOD_SAYS };
  const now = figures[0] as RunFigures[];
  return {
    now: predictionOf(model, now),
    alternatives: alternatives.map(({ name, changes }, at): Alternative => {
      const then = figures[at + 1] as RunFigures[];
      const prediction = predictionOf(models[at + 1] as SimulationModel, then);
      return { name, changes, ...prediction, difference: differenceOf(then, now) };
    }),
    method,
  };
}

/** How many requests a question would take to answer, and over what time. */
function spanOf(
  question: WhatIfQuestion,
  models: readonly SimulationModel[],
  seeds: number,
): { warmUpMs: number; countedMs: number } {
  const { requestsMax = REQUESTS_MAX } = question;
  const rates = models.map(meanRate);
  const perMs = (rates.reduce((sum, rate) => sum + rate, 0) * seeds) / 1000;
  const wanted = (COUNTED_REQUESTS / meanRate(question.model)) * 1000;
  let countedMs = question.countedMs ?? Math.min(COUNTED_MS_MOST, Math.max(COUNTED_MS_LEAST, wanted));
  let warmUpMs = question.warmUpMs ?? WARM_UP_MS;
  if (question.countedMs === undefined && perMs * (countedMs + warmUpMs) > requestsMax) {
    warmUpMs = Math.min(warmUpMs, SHORT_MS.warmUp);
    countedMs = Math.max(SHORT_MS.counted, requestsMax / perMs - warmUpMs);
  }
  countedMs = Math.round(countedMs);
  if (perMs * (countedMs + warmUpMs) > requestsMax * 1.001) {
    const would = Math.round(perMs * (countedMs + warmUpMs));
    const how = 'ask for fewer seeds, alternatives or seconds, or for a lower rate';
    throw new ModelError('', `this would simulate ${would} requests, and ${requestsMax} are the most; ${how}`);
  }
  if ((meanRate(question.model) * countedMs) / 1000 < COUNTED_LEAST)
    throw new ModelError(
      'seconds',
      `so few requests come that a run would count fewer than ${COUNTED_LEAST}; ask for more seconds, or a higher rate`,
    );
  return { warmUpMs, countedMs };
}

/** Requests a second, over all steps of time. */
function meanRate({ traffic: { ratesPerSecond } }: SimulationModel): number {
  return ratesPerSecond.reduce((sum, rate) => sum + rate, 0) / ratesPerSecond.length;
}

function checked(model: SimulationModel, name: string): SimulationModel {
  const [problem] = modelProblems(model);
  if (problem === undefined) return model;
  throw new ModelError(problem.path, `${name === '' ? '' : `${name}: `}${problem.message}`);
}
