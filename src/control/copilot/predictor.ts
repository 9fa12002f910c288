/** What the simulator says of a change, in the figures that the copilot tells: as `POST /admin/simulate` would answer. */
import type { PredictedEffect, PredictedFigure } from '#contract/copilot.ts';
import type { Estimate } from '#contract/simulate.ts';
import { prepare, type PredictionFacts } from '../simulate/prediction-request.ts';
import { simulations } from '../simulate/simulation.ts';
import type { Predict } from './copilot.ts';

/** The copilot counts as one who asks: it never takes more than one of the places. */
const ASKER = 'copilot';

export function predictor(facts: () => PredictionFacts): Predict {
  return async (pool, changes) => {
    const { question, answer } = prepare({ pool, changes }, facts());
    const started = simulations.start(question, ASKER);
    if (typeof started === 'string') throw new Error(`the simulator is ${started}`);
    const { now, then, basis } = answer(await started.answer);
    if (then === null) return null;
    const [p50Ms, p99Ms] = [figure(now.p50Ms, then.p50Ms), figure(now.p99Ms, then.p99Ms)];
    // So few good answers came that there is no such quantile.
    if (p50Ms === null || p99Ms === null) return null;
    const effect: PredictedEffect = {
      pool,
      changes,
      p50Ms,
      p99Ms,
      errors: { now: now.errors, then: then.errors },
      warnings: [...then.warnings, ...basis.limits],
    };
    return effect;
  };
}

function figure(now: Estimate | null, then: Estimate | null): PredictedFigure | null {
  return now === null || then === null ? null : { now, then };
}
