/**
 * How many of a backend's attempts failed lately: eighths of the window, each with the time when it began, so that what is
 * old expires by time and not by traffic; one failure after a silent hour is one of one. One row per worker, plain stores;
 * adding the rows of all workers gives the whole, and a dead worker's row fades by itself. Times are in milliseconds and not
 * in eighths, since workers may obey plans with windows of different lengths.
 */
const PARTS = 8;
/** When the part began, attempts, failures. */
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
    const beganMs = tick * this.#partMs;
    if (own[at] !== beganMs) {
      own[at] = beganMs;
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
    const firstMs = oldest * this.#partMs;
    // Another worker's clock read may be a little later.
    const lastMs = (newest + 1) * this.#partMs;
    let attempts = 0;
    let failures = 0;
    for (const row of this.#rows) {
      for (let at = slot * WINDOW_CELLS, end = at + WINDOW_CELLS; at < end; at += STRIDE) {
        const beganMs = row[at] as number;
        if (beganMs < firstMs || beganMs > lastMs) continue;
        attempts += row[at + 1] as number;
        failures += row[at + 2] as number;
      }
    }
    this.attempts = attempts;
    this.failures = failures;
  }
}
