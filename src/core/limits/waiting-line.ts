/**
 * Requests that wait until a backend has room for them: one line per pool and worker.
 *
 * Why: a pool that is full for a moment need not refuse anybody, if whoever waits is served soon. A line that is long all
 * the time helps nobody, though: served in order, each would get its turn just before its client gives up, and all work
 * would be done for clients that are gone.
 * Conditions: oldest first while all is well. Once the oldest has waited for more than half of the time that it may, the
 * line is under stress and turns round: the newest is served, whose client is still there, and the oldest run out of time.
 * It turns back as soon as the oldest has waited for less than half.
 * Precedence: whoever's time is over is never served. Its bound, over all workers, is kept by whoever lets requests in
 * (memory/pool-table.ts). Cold start: an empty line is not under stress.
 * Source: adaptive LIFO, Maurer, Fail at Scale (ACM Queue 13(8), 2015).
 *
 * The line runs through the waiting objects themselves, so that it allocates nothing and anyone can leave from the middle.
 */

/** Something that can stand in one line at a time. The line alone changes the two links; they begin as null. */
export interface Waiter {
  /** When it came. Set it before `push`. */
  waitingSinceMs: number;
  previousWaiter: Waiter | null;
  nextWaiter: Waiter | null;
}

/** Share of the time to wait after which the oldest shows that the line moves too slowly. */
const STRESSED_FROM = 0.5;

export class WaitingLine<T extends Waiter> {
  /** How long one may wait; 0: without end, and so never under stress. */
  timeoutMs = 0;
  length = 0;
  /** Newest first, as of the last call that was told the time. */
  isStressed = false;
  #oldest: T | null = null;
  #newest: T | null = null;

  /** Puts it at the end. It must not stand in a line. */
  push(waiter: T): void {
    const newest = this.#newest;
    waiter.previousWaiter = newest;
    waiter.nextWaiter = null;
    if (newest === null) this.#oldest = waiter;
    else newest.nextWaiter = waiter;
    this.#newest = waiter;
    this.length += 1;
  }

  /** Whose turn it is; null when nobody waits who may still be served. */
  peek(nowMs: number): T | null {
    const oldest = this.#oldest;
    if (oldest === null) {
      this.isStressed = false;
      return null;
    }
    this.isStressed = this.timeoutMs > 0 && nowMs - oldest.waitingSinceMs > this.timeoutMs * STRESSED_FROM;
    const next = this.isStressed ? (this.#newest as T) : oldest;
    return this.#isLate(next, nowMs) ? null : next;
  }

  /** As `peek`, and takes it out. */
  shift(nowMs: number): T | null {
    const next = this.peek(nowMs);
    if (next !== null) this.remove(next);
    return next;
  }

  /** Takes out one whose time is over. Call until it returns null, before anyone is served. */
  expired(nowMs: number): T | null {
    const oldest = this.#oldest;
    if (oldest === null || !this.#isLate(oldest, nowMs)) return null;
    this.remove(oldest);
    return oldest;
  }

  /** Takes it out, wherever it stands; false when it does not stand in this line. */
  remove(waiter: T): boolean {
    const { previousWaiter: previous, nextWaiter: next } = waiter;
    if (previous === null && this.#oldest !== waiter) return false;
    if (previous === null) this.#oldest = next as T | null;
    else previous.nextWaiter = next;
    if (next === null) this.#newest = previous as T | null;
    else next.previousWaiter = previous;
    waiter.previousWaiter = null;
    waiter.nextWaiter = null;
    this.length -= 1;
    if (this.length === 0) this.isStressed = false;
    return true;
  }

  #isLate(waiter: T, nowMs: number): boolean {
    return this.timeoutMs > 0 && nowMs - waiter.waitingSinceMs >= this.timeoutMs;
  }
}
