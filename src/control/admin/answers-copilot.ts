/** The copilot's answers as schemas. */
import { z } from 'zod';
import {
  CITED_UNITS,
  COPILOT_PROVIDERS,
  SEVERITIES,
  type CitedValue,
  type CopilotAnswer,
  type CopilotLine,
  type Finding,
} from '#contract/copilot.ts';
import { CHANGE_KINDS, type Estimate, type SimulatedChange } from '#contract/simulate.ts';
import { lines, time } from './answers.ts';

const cited: z.ZodType<CitedValue> = z
  .strictObject({
    metric: z.string(),
    labels: z.record(z.string(), z.string()),
    value: z.number(),
    unit: z.enum(CITED_UNITS),
    windowS: z
      .number()
      .nullable()
      .meta({ description: 'seconds that it was counted over; null: as it is now, or as it is configured' }),
    source: z.string().meta({ description: 'the call that gives it' }),
    get of() {
      return z.array(cited);
    },
  })
  .meta({ id: 'CitedValue' });

const citation = z.strictObject({
  metric: z.string(),
  labels: z.record(z.string(), z.string()),
  value: z.number(),
  unit: z.enum(CITED_UNITS),
  windowS: z.number().nullable(),
  source: z.string(),
  of: z.array(cited),
  shown: z.string(),
});
export const told = z.strictObject({ text: z.string(), cites: z.array(citation) });

const place = z.strictObject({
  pool: z.string().exactOptional(),
  backend: z.string().exactOptional(),
  route: z.string().exactOptional(),
  listener: z.string().exactOptional(),
  rateLimit: z.string().exactOptional(),
});

const change = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('set'), set: z.array(z.strictObject({ path: lines, value: z.unknown() })) }),
  z.strictObject({
    kind: z.literal('call'),
    method: z.enum(['PATCH', 'PUT', 'POST']),
    path: z.string(),
    body: z.record(z.string(), z.unknown()),
  }),
]);

const estimate: z.ZodType<Estimate> = z.strictObject({ mean: z.number(), low: z.number(), high: z.number() });
const figure = z.strictObject({ now: estimate, then: estimate });
// What may be changed is the simulator's to say.
const simulated = z.looseObject({ kind: z.enum(CHANGE_KINDS) }) as unknown as z.ZodType<SimulatedChange>;

export const finding: z.ZodType<Finding> = z.strictObject({
  id: z.string(),
  rule: z.string(),
  severity: z.enum(SEVERITIES),
  place,
  title: told,
  why: told,
  evidence: z.array(cited),
  symptoms: z.array(z.strictObject({ rule: z.string(), place, title: told })),
  recommendation: z.strictObject({ says: told, change: change.nullable() }).nullable(),
  predicted: z
    .strictObject({
      pool: z.string(),
      changes: z.array(simulated),
      p50Ms: figure,
      p99Ms: figure,
      errors: figure,
      warnings: lines,
    })
    .nullable(),
  cost: z.strictObject({ currency: z.string(), now: cited, then: cited }).nullable(),
});

const provider = z.enum(COPILOT_PROVIDERS);

export const copilotAnswer: z.ZodType<CopilotAnswer> = z.strictObject({
  provider,
  model: z.string().nullable(),
  at: time,
  windowS: z.number(),
  coveredS: z.number(),
  findings: z.array(finding),
  rules: z.array(z.strictObject({ name: z.string(), summary: z.string() })),
  gaps: lines,
});

export const copilotLine: z.ZodType<CopilotLine> = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('begin'),
    provider,
    model: z.string().nullable(),
    at: time,
    question: z.string(),
  }),
  z.strictObject({ type: z.literal('text'), told }),
  z.strictObject({ type: z.literal('finding'), finding }),
  z.strictObject({ type: z.literal('delta'), text: z.string() }),
  z.strictObject({ type: z.literal('tool'), name: z.string() }),
  z.strictObject({ type: z.literal('proposal'), says: z.string(), change }),
  z.strictObject({ type: z.literal('notice'), text: z.string() }),
  z.strictObject({
    type: z.literal('end'),
    answered: z.boolean(),
    canAnswer: lines,
    uncited: z.array(z.strictObject({ text: z.string(), from: z.number(), to: z.number() })),
    tokens: z.strictObject({ input: z.number(), output: z.number() }).nullable(),
  }),
]);
