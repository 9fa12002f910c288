/** Reads what another replica has told of itself. It may be of another version: what it says beyond this is left out. */
import { z } from 'zod';
import { BACKEND_STATES } from '#contract/admin.ts';
import { OUT_MAX, type ReplicaReport } from '#contract/replicas.ts';
import { count, time } from '../admin/answers.ts';
import { figureFields, latencyFields, rateFields } from '../admin/answers-events.ts';

const name = z.string().max(300);

const figures = z.object({
  ...figureFields,
  perSecond: z.object(rateFields),
  latencyMs: z.object(latencyFields).nullable(),
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
  startedAt: time,
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
