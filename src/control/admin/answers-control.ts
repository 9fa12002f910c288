/** The shapes of answers about configuration, revisions, the audit, tokens, sessions, cost and history, as schemas. */
import { z } from 'zod';
import type {
  AuditAnswer,
  ChangeAnswer,
  ConfigAnswer,
  RevisionAnswer,
  RevisionsAnswer,
  SessionAnswer,
  StrategyChangeAnswer,
  TokenCreatedAnswer,
  TokensAnswer,
} from '#contract/control.ts';
import type { CostAnswer } from '#contract/cost.ts';
import { HISTORY_COUNTERS, HISTORY_GAUGES, type HistoryAnswer } from '#contract/history.ts';
import { amount, count, lines, strategyInForce, time } from './answers.ts';

const role = z.enum(['viewer', 'operator']);
const by = z.strictObject({ name: z.string(), from: z.string() });
/** A configuration as it is written. */
const config = z.unknown().meta({ description: 'The configuration; secrets read `***`' });

const change = {
  revision: count,
  dryRun: z.boolean(),
  changed: z.boolean(),
  diff: lines,
  warnings: lines,
  obeyed: z.boolean(),
  kept: z.boolean(),
  watchedUntil: time.exactOptional(),
};
export const changeAnswer: z.ZodType<ChangeAnswer> = z.strictObject(change);
export const strategyChangeAnswer: z.ZodType<StrategyChangeAnswer> = z.strictObject({
  ...change,
  pool: z.string(),
  strategy: strategyInForce,
});

export const configAnswer: z.ZodType<ConfigAnswer> = z.strictObject({ revision: count, config });

const revision = {
  revision: count,
  at: time,
  by,
  source: z.enum(['file', 'api', 'rollback', 'shared']),
  summary: z.string(),
  diff: lines,
  inForce: z.boolean(),
};
export const revisionsAnswer: z.ZodType<RevisionsAnswer> = z.strictObject({
  revisions: z.array(z.strictObject(revision)),
});
export const revisionAnswer: z.ZodType<RevisionAnswer> = z.strictObject({ ...revision, config });

export const auditAnswer: z.ZodType<AuditAnswer> = z.strictObject({
  entries: z.array(
    z.strictObject({
      at: time,
      by,
      action: z.string(),
      summary: z.string(),
      revision: count.nullable(),
      ok: z.boolean(),
    }),
  ),
});

const token = {
  name: z.string(),
  role,
  kept: z.enum(['configuration', 'environment', 'state']),
  createdAt: time.nullable(),
  expiresAt: time.nullable(),
  lastUsedAt: time.nullable(),
};
export const tokensAnswer: z.ZodType<TokensAnswer> = z.strictObject({ tokens: z.array(z.strictObject(token)) });
export const tokenCreatedAnswer: z.ZodType<TokenCreatedAnswer> = z.strictObject({
  ...token,
  token: z.string().meta({ description: 'Shown this once' }),
});

export const sessionAnswer: z.ZodType<SessionAnswer> = z.strictObject({
  name: z.string(),
  role,
  expiresAt: time.nullable(),
  publicRead: z.boolean(),
});

const costShare = z.strictObject({
  name: z.string(),
  requests: amount,
  monthly: amount,
  perMillionRequests: amount.nullable(),
});
export const costAnswer: z.ZodType<CostAnswer> = z.strictObject({
  currency: z.string(),
  monthly: amount,
  perMillionRequests: amount.nullable(),
  items: z.array(
    z.strictObject({
      name: z.string(),
      quantity: amount,
      unit: z.string(),
      unitPrice: amount,
      monthly: amount,
      basis: z.string(),
    }),
  ),
  routes: z.array(costShare),
  unassigned: amount,
  retries: costShare,
  requests: amount.nullable(),
  deployment: z
    .strictObject({
      tasks: amount,
      vcpu: amount,
      memoryGiB: amount,
      architecture: z.enum(['x86', 'arm']),
      zones: amount,
    })
    .nullable(),
  assumptions: lines,
  pricesAsOf: z.string(),
  region: z.string(),
  platform: z.string(),
});

const series = z.array(z.number());
export const historyAnswer: z.ZodType<HistoryAnswer> = z.strictObject({
  from: time,
  to: time,
  step: amount.meta({ description: 'seconds' }),
  at: series.meta({ description: 'beginnings of steps, in seconds since 1970' }),
  series: z.record(z.enum([...HISTORY_COUNTERS, ...HISTORY_GAUGES]), series),
  latency: z
    .array(z.strictObject({ fromMs: amount, toMs: amount.nullable(), counts: series }))
    .meta({ description: 'requests by how long they took, in milliseconds' }),
  backendSelection: z.record(z.string(), series),
});
