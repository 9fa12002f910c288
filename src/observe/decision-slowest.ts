/**
 * The slowest exchanges lately: of each window of WINDOW_MS the SLOWEST_MAX that took longest, and those of the window before,
 * so that one bad minute does not hide all that comes after it, and is still there to be looked at.
 *
 * Conditions: while a window has not had so many, all are among the slowest; from then on an exchange must have taken longer
 * than the fastest of them. That is the one comparison which all other exchanges cost.
 */

export const SLOWEST_MAX = 100;
const WINDOW_MS = 300_000;

interface Lasting {
  readonly durationMs: number;
}

export class DecisionSlowest<T extends Lasting> {
  /** Exchanges that took no longer are not among the slowest. */
  floorMs = 0;
  /** Rising by their time. */
  #now: T[] = [];
  #before: readonly T[] = [];
  #endsMs = -Infinity;

  /** To be called now and then, so that a window ends when its time is over. */
  turn(nowMs: number): void {
    if (nowMs < this.#endsMs) return;
    this.#before = nowMs < this.#endsMs + WINDOW_MS ? this.#now : [];
    this.#now = [];
    this.#endsMs = nowMs + WINDOW_MS;
    this.floorMs = 0;
  }

  put(record: T): void {
    const kept = this.#now;
    let at = kept.length;
    while (at > 0 && (kept[at - 1] as T).durationMs > record.durationMs) at--;
    kept.splice(at, 0, record);
    if (kept.length > SLOWEST_MAX) kept.shift();
    if (kept.length === SLOWEST_MAX) this.floorMs = (kept[0] as T).durationMs;
  }

  /** The slowest first. */
  get list(): readonly T[] {
    return [...this.#now, ...this.#before].toSorted((a, b) => b.durationMs - a.durationMs);
  }
}
