/** The shapes of answers about recorded requests, as schemas; see contract/requests.ts. */
import { z } from 'zod';
import { REQUEST_LISTS, REQUEST_REASONS, type RequestAnswer, type RequestsAnswer } from '#contract/requests.ts';
import { amount, count, time } from './answers.ts';

const text = z.string();
const optionalText = z.string().nullable();
const millis = amount.meta({ description: 'Milliseconds' });
const numbers = z.record(text, z.number());
const missingWorkers = z
  .array(count)
  .meta({ description: 'Workers that have not answered: what they recorded is missing' });

const entry = {
  id: text,
  at: time,
  why: z.enum(REQUEST_REASONS),
  worker: count,
  client: optionalText,
  listener: text,
  route: text,
  method: text,
  host: text,
  target: text,
  status: count,
  reason: optionalText,
  fault: optionalText,
  pool: text,
  backend: text,
  durationMs: millis,
  queueMs: millis.nullable(),
  attempts: count,
};

export const requestsAnswer: z.ZodType<RequestsAnswer> = z.strictObject({
  list: z.enum(REQUEST_LISTS),
  sample: amount.nullable(),
  requests: z.array(z.strictObject(entry)),
  missingWorkers,
});

const decision = z.strictObject({
  strategy: text,
  params: z.record(text, z.union([z.number(), z.string(), z.boolean()])),
  way: text,
  says: text,
  score: text,
  wins: z.enum(['least', 'chance']),
  chosen: optionalText,
  panic: z.boolean(),
  lastResort: z.boolean(),
  candidates: z.array(
    z.strictObject({
      backend: text,
      score: z.number().nullable(),
      inFlight: count,
      weight: amount,
      drawn: z.boolean(),
      chosen: z.boolean(),
      inputs: numbers,
    }),
  ),
  moreCandidates: count,
  excluded: z.array(z.strictObject({ backend: text, why: text, says: text })),
  moreExcluded: count,
  draws: z.array(z.number()),
  key: count.nullable(),
  state: numbers,
  reproduced: z.boolean().nullable(),
});

export const requestAnswer: z.ZodType<RequestAnswer> = z.strictObject({
  ...entry,
  protocol: text,
  userAgent: text,
  traceId: text,
  bytesIn: count,
  bytesOut: count,
  attempts: z.array(
    z.strictObject({
      backend: text,
      reason: text,
      outcome: text,
      status: count.nullable(),
      startMs: millis,
      backoffMs: millis.nullable(),
      connectMs: millis.nullable(),
      firstByteMs: millis.nullable(),
      ms: millis,
      decision: decision.nullable(),
    }),
  ),
  moreAttempts: count,
  refused: decision.nullable(),
  missingWorkers,
});
