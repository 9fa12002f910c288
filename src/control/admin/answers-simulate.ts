/** The shape of a prediction as a schema. */
import { z } from 'zod';
import type {
  Alternative,
  Estimate,
  PredictedFigures,
  Prediction,
  SimulateAnswer,
  SimulatedChange,
  SimulationModel,
} from '#contract/simulate.ts';
import { amount, count, lines } from './answers.ts';

const estimate: z.ZodType<Estimate> = z
  .strictObject({ mean: z.number(), low: z.number(), high: z.number() })
  .meta({ description: 'A mean over seeds, and its 95 % interval' });
const latency = estimate.nullable();

const figures = {
  ratePerSecond: estimate,
  p50Ms: latency,
  p95Ms: latency,
  p99Ms: latency,
  p999Ms: latency,
  errors: estimate,
  refused: estimate,
  retries: estimate,
  hedges: estimate,
  circuitOpens: estimate,
  imbalance: estimate,
};
const difference: z.ZodType<PredictedFigures> = z.strictObject(figures);

const prediction = {
  ...figures,
  backends: z.array(
    z.strictObject({
      id: z.string(),
      share: estimate,
      imbalance: estimate,
      utilisation: estimate.nullable(),
      inFlight: estimate,
      errors: estimate,
    }),
  ),
  warnings: lines,
};
const now: z.ZodType<Prediction> = z.strictObject(prediction);

const change = z.looseObject({ kind: z.string() }) as unknown as z.ZodType<SimulatedChange>;
const alternative: z.ZodType<Alternative> = z.strictObject({
  ...prediction,
  name: z.string(),
  changes: z.array(change),
  difference: difference.meta({ description: 'Seed by seed, over the same requests' }),
});

const model = z.looseObject({ version: z.literal(1) }).meta({
  description: 'What was simulated: the simulator of the dashboard and of `edgebalancer simulate --from` takes it',
}) as unknown as z.ZodType<SimulationModel>;

export const simulateAnswer: z.ZodType<SimulateAnswer> = z.strictObject({
  pool: z.string(),
  basis: z.strictObject({ from: lines, limits: lines, model }),
  now,
  then: alternative.nullable(),
  alternatives: z.array(alternative),
  method: z.strictObject({
    seeds: count,
    countedMs: amount,
    warmUpMs: amount,
    requests: count,
    says: z.string(),
  }),
});
