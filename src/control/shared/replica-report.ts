/** Reads what another replica has told of itself. It may be of another version: what it says beyond this is left out. */
import { z } from 'zod';
import { BACKEND_STATES, STATUS_CLASSES } from '#contract/admin.ts';
import { OUT_MAX, type ReplicaReport } from '#contract/replicas.ts';

const count = z.int().min(0);
const amount = z.number().min(0);
const name = z.string().max(300);
const classes = z.record(z.enum(STATUS_CLASSES), amount);

const figures = z.object({
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
  seconds: amount,
  perSecond: z.object({
    requests: amount,
    retries: amount,
    failovers: amount,
    upstreamErrors: amount,
    circuitOpens: amount,
    rateLimited: amount,
    bytesIn: amount,
    bytesOut: amount,
    statusClasses: classes,
  }),
  latencyMs: z.object({ p50: amount, p99: amount }).nullable(),
});

export const outEntry = z.object({
  pool: name,
  backend: name,
  url: z.string().max(2000),
  state: z.enum(BACKEND_STATES),
  circuit: z.enum(['closed', 'open', 'half-open']),
  seen: z.boolean(),
});

export const replicaReport = z.object({
  name,
  version: name,
  startedAt: z.iso.datetime(),
  draining: z.boolean(),
  revision: count,
  configVersion: count,
  workers: count,
  figures,
  out: z.array(outEntry).max(OUT_MAX),
  outMore: count,
});

/** Null: it is none. */
export function readReport(text: string): ReplicaReport | null {
  try {
    return replicaReport.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
