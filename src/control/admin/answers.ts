/** The shapes of answers as schemas: what the OpenAPI document says, and what tests hold real answers to. */
import { z } from 'zod';
import {
  BACKEND_STATES,
  STATUS_CLASSES,
  type BackendsAnswer,
  type MetricsAnswer,
  type OverviewAnswer,
  type ProblemAnswer,
  type StrategyAnswer,
} from '#contract/admin.ts';
import type { DriftEntry } from '#contract/control.ts';

export const count = z.int().min(0);
export const amount = z.number().min(0);
export const time = z.iso.datetime();
export const lines = z.array(z.string());

export const problemAnswer: z.ZodType<ProblemAnswer> = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string(),
    errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).exactOptional(),
  })
  .meta({ description: 'RFC 9457' });

const drift: z.ZodType<DriftEntry> = z.strictObject({
  file: z.string().nullable(),
  wins: z.enum(['file', 'live']),
  diff: lines,
  setAside: z.int().nullable(),
  says: z.string(),
});

export const overviewAnswer: z.ZodType<OverviewAnswer> = z.strictObject({
  version: z.string(),
  uptime: amount.meta({ description: 'seconds' }),
  startedAt: time,
  draining: z.boolean(),
  revision: count,
  reloads: z.strictObject({ ok: count, failed: count }),
  workers: z.array(
    z.strictObject({
      worker: count,
      state: z.string(),
      engine: z.string(),
      revision: count,
      connections: count,
      inFlight: count,
    }),
  ),
  workerRestarts: count,
  listeners: z.array(
    z.strictObject({
      name: z.string(),
      address: z.string(),
      tls: z
        .strictObject({
          minVersion: z.enum(['TLSv1.2', 'TLSv1.3']),
          clientCertificates: z.boolean(),
          certificates: z.array(
            z.strictObject({
              file: z.string(),
              names: z.array(z.string()),
              issuer: z.string(),
              notAfter: time,
              fingerprint: z.string(),
            }),
          ),
        })
        .nullable(),
    }),
  ),
  drift,
  totals: z.strictObject({
    requests: count,
    inFlight: count,
    connections: count,
    bytesIn: count,
    bytesOut: count,
    backends: count,
    backendsUp: count,
  }),
});

const percentiles = z.strictObject({ p50: amount, p90: amount, p95: amount, p99: amount, p999: amount });

const backendEntry = z.strictObject({
  id: z.string(),
  url: z.string(),
  weight: amount,
  effectiveWeight: amount,
  tier: count,
  state: z.enum(BACKEND_STATES),
  circuit: z.enum(['closed', 'open', 'half-open']),
  circuitChange: z.strictObject({ at: time, cause: z.string(), detail: z.string() }).nullable(),
  inFlight: count,
  requests: count,
  failures: count,
  share: z.number().min(0).max(1),
  latencyMs: percentiles,
  lastProbe: z.strictObject({ at: time, ok: z.boolean(), ms: amount, detail: z.string() }).nullable(),
  addresses: z.array(z.string()),
  discovered: z.boolean().meta({ description: 'Found by discovery, and not listed' }),
});

const discoveryEntry = z.strictObject({
  source: z.enum(['dns', 'srv', 'file', 'ecs', 'cloudMap', 'kubernetes']),
  state: z.enum(['waiting', 'current', 'kept', 'expired']).meta({
    description: 'kept: the source fails, and its last good answer is in use; expired: for too long',
  }),
  members: count,
  answeredAt: time.nullable(),
  problem: z.string(),
  failures: count,
});

export const backendsAnswer: z.ZodType<BackendsAnswer> = z.strictObject({
  pools: z.array(
    z.strictObject({
      name: z.string(),
      strategy: z.string(),
      panic: z.boolean(),
      discovery: discoveryEntry.nullable().meta({ description: 'What finds its backends; null: they are listed' }),
      backends: z.array(backendEntry),
    }),
  ),
});

export const metricsAnswer: z.ZodType<MetricsAnswer> = z.strictObject({
  totalRequests: count,
  inFlight: count,
  retries: count,
  failovers: count,
  upstreamErrors: count,
  circuitOpens: count,
  rateLimited: count,
  statusClasses: z.record(z.enum(STATUS_CLASSES), count),
  backendSelection: z.record(z.string(), count),
  routes: z.array(
    z.strictObject({
      route: z.string(),
      method: z.string(),
      samples: count,
      avgLatencyMs: amount,
      p50: amount,
      p90: amount,
      p95: amount,
      p99: amount,
      p999: amount,
    }),
  ),
});

const paramValue = z.union([z.number(), z.string(), z.boolean()]);
const strategyKey = z.union([z.string(), z.record(z.string(), z.string())]);
export const strategyInForce = z.strictObject({
  name: z.string(),
  params: z.record(z.string(), paramValue),
  on: strategyKey.exactOptional(),
});

const described = { name: z.string(), summary: z.string() };
const strategyParam = z.discriminatedUnion('type', [
  z.strictObject({
    ...described,
    type: z.literal('number'),
    default: z.number(),
    min: z.number(),
    max: z.number(),
    integer: z.boolean(),
  }),
  z.strictObject({ ...described, type: z.literal('boolean'), default: z.boolean() }),
  z.strictObject({ ...described, type: z.literal('choice'), default: z.string(), choices: lines }),
]);

export const strategyAnswer: z.ZodType<StrategyAnswer> = z.strictObject({
  pools: z.record(z.string(), strategyInForce),
  available: z.array(
    z.strictObject({
      ...described,
      bestWhen: z.string(),
      params: z.array(strategyParam),
      on: strategyKey.exactOptional(),
    }),
  ),
});

export const statusAnswer = z.strictObject({ status: z.string(), reason: z.string().exactOptional() });
