/** The shape of a recording as a schema. */
import { z } from 'zod';
import type { RecordingAnswer, SizeCount } from '#contract/recording.ts';
import type { SimulationModel } from '#contract/simulate.ts';
import { OUTCOME_NAMES } from '#core/outcome.ts';
import { amount, count } from './answers.ts';

const sizes = z.array(z.tuple([amount, count]) as unknown as z.ZodType<SizeCount>).meta({
  description: '`[bytes, how many had less and at least half]`',
});

const backend = z.strictObject({
  id: z.string(),
  levels: z
    .array(z.strictObject({ inFlight: amount, attempts: count, meanMs: amount, varianceMs2: amount }))
    .meta({ description: 'Good answers by how many others were at the backend when they began' }),
  times: z.array(
    z.strictObject({
      from: count,
      to: count.nullable(),
      cells: z.array(z.tuple([amount, amount, count])).meta({ description: '`[from ms, to ms, how many]`' }),
    }),
  ),
  outcomes: z.array(z.strictObject({ outcome: z.enum(OUTCOME_NAMES), attempts: count, meanMs: amount })),
});

export const recordingAnswer: z.ZodType<RecordingAnswer> = z.strictObject({
  version: z.literal(1),
  kind: z.literal('recording'),
  at: z.string(),
  pools: z.array(
    z.strictObject({
      pool: z.string(),
      arrivals: z.strictObject({ stepMs: amount, counts: z.array(count) }),
      keys: z
        .strictObject({ cells: count, counts: z.array(count) })
        .nullable()
        .meta({ description: 'By the hash of the key' }),
      sizes: z.strictObject({ requests: sizes, answers: sizes }),
      backends: z.array(backend),
    }),
  ),
  models: z.array(z.looseObject({ version: z.literal(1) }) as unknown as z.ZodType<SimulationModel>).meta({
    description: 'Of the pools of which enough is known: `edgebalancer simulate --from` runs them',
  }),
});
