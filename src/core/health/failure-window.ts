/**
 * How many of a backend's attempts failed lately: eighths of the window, each with the time it stands for, so that what is
 * old expires by time and not by traffic; one failure after a silent hour is one of one. One row per worker, plain stores;
 * adding the rows of all workers gives the whole, and a dead worker's row fades by itself.
 */
const PARTS = 8;
/** tick, attempts, failures */
const STRIDE = 3;

/** f64 cells of one slot in one worker's row. */
export const WINDOW_CELLS: number = PARTS * STRIDE;

export class FailureWindow {
  /** The last `sum`. */
  attempts = 0;
  failures = 0;
  readonly #rows: readonly Float64Array[];
  readonly #own: Float64Array;
  readonly #partMs: number;

  constructor(rows: readonly Float64Array[], worker: number, windowMs: number) {
    this.#rows = rows;
    this.#own = rows[worker] as Float64Array;
    this.#partMs = windowMs / PARTS;
  }

  record(slot: number, failed: boolean, nowMs: number): void {
    const own = this.#own;
    const tick = Math.floor(nowMs / this.#partMs);
    const at = slot * WINDOW_CELLS + (tick % PARTS) * STRIDE;
    if (own[at] !== tick) {
      own[at] = tick;
      own[at + 1] = 0;
      own[at + 2] = 0;
    }
    own[at + 1]! += 1;
    if (failed) own[at + 2]! += 1;
  }

  /** Adds up what all workers saw in the window that ends now, but not before `fromMs`, into `attempts` and `failures`. */
  sum(slot: number, nowMs: number, fromMs: number): void {
    const newest = Math.floor(nowMs / this.#partMs);
    // The part in which `fromMs` falls began before it.
    const oldest = Math.max(newest - PARTS, Math.floor(fromMs / this.#partMs)) + 1;
    let attempts = 0;
    let failures = 0;
    for (const row of this.#rows) {
      for (let at = slot * WINDOW_CELLS, end = at + WINDOW_CELLS; at < end; at += STRIDE) {
        const tick = row[at] as number;
        // Another worker's clock read may be a little later.
        if (tick < oldest || tick > newest + 1) continue;
        attempts += row[at + 1] as number;
        failures += row[at + 2] as number;
      }
    }
    this.attempts = attempts;
    this.failures = failures;
  }
}
