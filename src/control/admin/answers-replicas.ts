/** The shape of `GET /admin/replicas` (contract/replicas.ts), checked and documented. */
import { z } from 'zod';
import type { ReplicasAnswer } from '#contract/replicas.ts';
import { outEntry, replicaReport } from '../shared/replica-report.ts';
import { amount, count } from './answers.ts';

export const replicasAnswer: z.ZodType<ReplicasAnswer> = z.strictObject({
  shared: z.boolean().meta({ description: 'Whether `state.shared` is set' }),
  connected: z.boolean().meta({ description: 'Whether the others can be heard of now' }),
  replicas: z.array(
    replicaReport.extend({
      id: z.string(),
      here: z.boolean().meta({ description: 'The one that answers' }),
      age: amount.meta({ description: 'Seconds since it told of itself' }),
    }),
  ),
  totals: z.strictObject({
    totalRequests: count,
    inFlight: count,
    connections: count,
    upstreamErrors: count,
    requestsPerSecond: amount,
    upstreamErrorsPerSecond: amount,
  }),
  out: z
    .array(
      outEntry.pick({ pool: true, backend: true, url: true }).extend({
        at: z.array(outEntry.pick({ state: true, circuit: true }).extend({ replica: z.string() })),
      }),
    )
    .meta({ description: 'Backends that some replica keeps out, and which do' }),
});
