/**
 * Which attempts found their backend cold: idle for so long that connections were closed, caches emptied and code paged out.
 *
 * Why: what an idle backend takes for its next request says little of what it would take for many. A strategy that learns
 * latency from it shuts the backend out, which leaves it idle, so that the next look at it is cold too: of four equal
 * backends one then gets all requests of a quiet pool, and keeps them. A latency-aware strategy therefore gives a cold
 * attempt the benefit of the doubt: it counts as no slower than what is usual in the pool. A backend that was avoided thus
 * comes to look usual after a few looks and gets requests again, and what those find, now warm, is believed.
 * Conditions: cold are the attempts that begin after an idle time of a second at least, and twice what the pool's requests
 * usually find at an idle backend, until the first of them has ended. A pool that is asked seldom has no warm backends to be
 * compared with, and would otherwise learn nothing. A backend never heard of is cold.
 * Workers: each judges its own attempts; when a backend fell idle it is told, as all workers know it.
 */

/** Idle times below this leave a backend warm: exploration comes back to an idle one about as often. */
const COLD_AFTER_MS = 1000;
/** How many times longer than usual an idle time must be. */
const COLD_GAPS = 2;
/** Share of each idle time in the usual one, and how many times that it counts for at most: one long night is not usual. */
const GAP_SHARE = 1 / 16;
const GAP_TIMES_MAX = 2;

export class Warmth {
  /** Attempts that began before this found the backend cold; Infinity until the first of them has ended. By slot. */
  readonly #warmFromMs: Float64Array;
  /** What a request usually finds: how long an idle backend has been idle. */
  #gapMs = 0;

  constructor(slots: number) {
    this.#warmFromMs = new Float64Array(slots).fill(-Infinity);
  }

  /** An attempt begins at a backend that has been idle since `sinceMs`, 0: it was never heard of. */
  wake(slot: number, sinceMs: number, nowMs: number): void {
    const idleMs = sinceMs === 0 ? Infinity : nowMs - sinceMs;
    const coldAfterMs = Math.max(COLD_AFTER_MS, COLD_GAPS * this.#gapMs);
    if (idleMs > coldAfterMs) this.#warmFromMs[slot] = Infinity;
    const counted = Math.min(idleMs, GAP_TIMES_MAX * coldAfterMs);
    if (counted > 0) this.#gapMs += (counted - this.#gapMs) * GAP_SHARE;
  }

  /** An attempt that lasted `elapsedMs` ended: whether it found its backend cold. */
  settle(slot: number, elapsedMs: number, nowMs: number): boolean {
    const fromMs = this.#warmFromMs[slot];
    if (fromMs === Infinity) this.#warmFromMs[slot] = nowMs;
    return nowMs - elapsedMs < fromMs;
  }
}
