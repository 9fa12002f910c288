/**
 * How long to wait before a dead worker is started again: not at all the first time, for most deaths are a single
 * accident; then 100 ms, doubling to 5 s, for a worker that dies at once would otherwise burn a core. A worker that lived
 * 10 s has proved itself, and its next death counts as the first again.
 */
const FIRST_WAIT_MS = 100;
const WAIT_MAX_MS = 5_000;
const PROVED_AFTER_MS = 10_000;

export class Backoff {
  #deaths = 0;

  /** Milliseconds to wait after a worker died that had lived `livedMs`. */
  next(livedMs: number): number {
    if (livedMs >= PROVED_AFTER_MS) this.#deaths = 0;
    this.#deaths += 1;
    if (this.#deaths === 1) return 0;
    return Math.min(WAIT_MAX_MS, FIRST_WAIT_MS * 2 ** Math.min(this.#deaths - 2, 16));
  }
}
