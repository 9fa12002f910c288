/**
 * Slow start: a backend that comes back from unhealthy gets its share of traffic back little by little, because caches are
 * cold, connections closed and code not yet compiled. Its effective weight rises in a straight line from a tenth to the
 * whole over `slowStartMs`.
 *
 * It never applies when the process starts, nor to a first probe: then every backend is equally new, and holding all back
 * would only shed load. A weight that an operator changes meanwhile takes effect at once, at the ramp's present share.
 * Source: the `slow_start` of nginx and HAProxy's `slowstart`; the floor keeps a backend from starving at a share of 0.
 */
const FLOOR_SHARE = 0.1;

/** How often ramping weights are worked out anew, in milliseconds. */
export const RAMP_STEP_MS = 250;

/** The share of its weight that a backend has `sinceMs` after it came back; 1 once the ramp is over. */
export function rampShare(sinceMs: number, slowStartMs: number): number {
  if (!(slowStartMs > 0) || sinceMs >= slowStartMs) return 1;
  return FLOOR_SHARE + (1 - FLOOR_SHARE) * (Math.max(0, sinceMs) / slowStartMs);
}
