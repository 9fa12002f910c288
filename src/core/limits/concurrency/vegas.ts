/**
 * Vegas: estimates how many attempts wait in queues (those in flight, times the share of their latency above its base) and
 * keeps that number within a narrow band. The gentlest of the three: the shortest queues, and the slowest to change.
 * Source: TCP Vegas (Brakmo, Peterson 1995), with the logarithmic band of Netflix's concurrency-limits.
 */
import type { Seen } from './adaptive-limit.ts';

/** Borders of the band, in steps. */
const QUEUE_LEAST = 3;
const QUEUE_MOST = 6;

export function vegas(limit: number, { latencyMs, baseMs }: Seen): number {
  const step = Math.max(1, Math.log2(limit));
  const queued = latencyMs <= 0 ? 0 : limit * Math.max(0, 1 - baseMs / latencyMs);
  if (queued <= step) return limit + QUEUE_MOST;
  if (queued < QUEUE_LEAST * step) return limit + step;
  return queued > QUEUE_MOST * step ? limit - step : limit;
}
