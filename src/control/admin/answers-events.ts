/** The data of events as schemas, for the document and for tests; see contract/events.ts. */
import { z } from 'zod';
import { BACKEND_STATES, STATUS_CLASSES } from '#contract/admin.ts';
import { GAP_REASONS, WORKER_STATES, type EventData } from '#contract/events.ts';
import { amount, count, lines, time } from './answers.ts';

const classes = z.record(z.enum(STATUS_CLASSES), amount);
const place = { at: time, pool: z.string(), backend: z.string() };
const state = z.enum(BACKEND_STATES);
const rates = {
  requests: amount,
  retries: amount,
  failovers: amount,
  upstreamErrors: amount,
  circuitOpens: amount,
  rateLimited: amount,
  bytesIn: amount,
  bytesOut: amount,
};

/** What `metrics` says beside when, field by field: replicas tell each other the same (shared/replica-report.ts). */
export const figureFields = {
  totalRequests: count,
  inFlight: count,
  retries: count,
  failovers: count,
  upstreamErrors: count,
  circuitOpens: count,
  rateLimited: count,
  statusClasses: classes,
  connections: count,
  backends: count,
  backendsUp: count,
  seconds: amount.meta({ description: 'how long the time was that the rates are of' }),
};
export const rateFields = { ...rates, statusClasses: classes };
export const latencyFields = { p50: amount, p99: amount };

export const eventData: { readonly [Type in keyof EventData]: z.ZodType<EventData[Type]> } = {
  metrics: z.strictObject({
    at: time,
    ...figureFields,
    perSecond: z.strictObject(rateFields),
    latencyMs: z.strictObject(latencyFields).nullable(),
  }),
  health: z.strictObject({ ...place, from: state, to: state, reason: z.string() }),
  circuit: z.strictObject({
    ...place,
    circuit: z.enum(['closed', 'open', 'half-open']),
    cause: z.string(),
    detail: z.string(),
  }),
  panic: z.strictObject({ at: time, pool: z.string(), panic: z.boolean() }),
  config: z.strictObject({
    at: time,
    revision: count,
    by: z.strictObject({ name: z.string(), from: z.string() }),
    source: z.enum(['file', 'api', 'rollback', 'shared']),
    summary: z.string(),
  }),
  worker: z.strictObject({ at: time, worker: count, state: z.enum(WORKER_STATES), reason: z.string() }),
  reload: z.strictObject({ at: time, revision: count, problems: lines }),
  drain: z.strictObject({ at: time, graceMs: amount }),
  gap: z.strictObject({ at: time, reason: z.enum(GAP_REASONS), missed: count.nullable() }),
};

/** The stream, as far as the document can say it: text, in which the data of each type is JSON of this shape. */
export const eventStream: z.ZodType = z.string().meta({
  description: 'Server-sent events (WHATWG HTML, 9.2); `contentSchema` has the data of each type.',
  contentMediaType: 'text/event-stream',
  contentSchema: z.toJSONSchema(z.strictObject(eventData)),
});
