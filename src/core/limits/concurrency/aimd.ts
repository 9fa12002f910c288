/**
 * AIMD: one tenth less when a window was bad, a little more when it was not. Bad is a window in which attempts were dropped
 * (timed out, or refused by the backend), or in which latency was far above its base. The simplest of the three; its limit
 * swings like a saw.
 * Source: TCP Reno's congestion avoidance (Jacobson 1988), as in Netflix's concurrency-limits.
 */
import type { Seen } from './adaptive-limit.ts';

/** Latency this far above its base is bad. */
const SLOW = 2;
/** So is this share of attempts dropped; a single one is not. */
const DROPPED_LEAST = 0.1;
const CUT = 0.9;
const GROWTH = 2;

export function aimd(limit: number, { latencyMs, baseMs, droppedShare }: Seen): number {
  const bad = droppedShare >= DROPPED_LEAST || latencyMs > SLOW * baseMs;
  return bad ? limit * CUT : limit + GROWTH;
}
