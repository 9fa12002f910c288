/** What the watch remembers of each slot's circuit by itself, without asking the tables. */
export class Memories {
  /** When the present state began; of a half-open one, when its last trial did. */
  readonly sinceMs: Float64Array;
  readonly trialMs: Float64Array;
  /** The last success that counted. */
  readonly goodMs: Float64Array;
  /** Failures in a row. */
  readonly streak: Int32Array;
  /** Trials of the present generation that have not ended, those of dead workers included. */
  readonly trials: Int32Array;
  readonly #ends: { readonly atMs: number; readonly failed: boolean }[][];

  constructor(slots: number) {
    this.sinceMs = new Float64Array(slots).fill(-Infinity);
    this.trialMs = new Float64Array(slots).fill(-Infinity);
    this.goodMs = new Float64Array(slots).fill(-Infinity);
    this.streak = new Int32Array(slots);
    this.trials = new Int32Array(slots);
    this.#ends = Array.from({ length: slots }, () => []);
  }

  clear(slot: number): void {
    for (const times of [this.sinceMs, this.trialMs, this.goodMs]) times[slot] = -Infinity;
    this.streak[slot] = 0;
    this.trials[slot] = 0;
    this.#ends[slot] = [];
  }

  /** An attempt ended that counts. */
  count(slot: number, failed: boolean, nowMs: number, windowMs: number): void {
    this.streak[slot] = failed ? this.streak[slot]! + 1 : 0;
    if (!failed) this.goodMs[slot] = nowMs;
    const ends = this.#ends[slot]!;
    ends.push({ atMs: nowMs, failed });
    // Twice what is asked for, so that the list is not cut at every step.
    if (ends.length > 64 && ends[ends.length >> 1]!.atMs < nowMs - 2 * windowMs) ends.splice(0, ends.length >> 1);
  }

  /** The state changed. */
  moved(slot: number, nowMs: number): void {
    this.sinceMs[slot] = nowMs;
    this.streak[slot] = 0;
    this.trials[slot] = 0;
  }

  /** Attempts that counted since `fromMs`. */
  since(slot: number, fromMs: number): { attempts: number; failures: number } {
    let attempts = 0;
    let failures = 0;
    const ends = this.#ends[slot]!;
    for (let at = ends.length - 1; at >= 0 && ends[at]!.atMs >= fromMs; at--) {
      attempts += 1;
      if (ends[at]!.failed) failures += 1;
    }
    return { attempts, failures };
  }
}
