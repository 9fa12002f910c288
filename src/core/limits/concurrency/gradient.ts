/**
 * Gradient: the limit falls in proportion to how far latency has risen above its base, and gets its square root on top as
 * room for a queue, so that it rises while latency stays where it is.
 *
 * It comes to rest where both are equal: at about `TOLERANCE` times what the pool can do at one time, and a short queue.
 * The tolerance is what makes it robust: latencies of real work scatter, and a pool whose backends are each full at
 * different moments needs more in flight than they can do together. Cuts are smoothed, since one slow window may be chance;
 * growth is small by itself.
 * Source: Gradient2 of Netflix's concurrency-limits.
 */
import type { Seen } from './adaptive-limit.ts';

/** Latency may rise so far above its base before the limit falls. */
const TOLERANCE = 1.5;
/** One window says "halve" at most. */
const GRADIENT_LEAST = 0.5;
/** Weight of a window that says "less". */
const CUT_WEIGHT = 0.25;

export function gradient(limit: number, { latencyMs, baseMs }: Seen): number {
  const slope = latencyMs <= 0 ? 1 : Math.max(GRADIENT_LEAST, Math.min(1, (TOLERANCE * baseMs) / latencyMs));
  const wanted = limit * slope + Math.sqrt(limit);
  return wanted >= limit ? wanted : limit + (wanted - limit) * CUT_WEIGHT;
}
