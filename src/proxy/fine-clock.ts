/**
 * A second wheel with a finer tick, for waits of a few milliseconds: backoff before a retry, the delay of a hedge, turns of
 * requests that wait for a backend. It ticks only while something waits, so that an idle worker sleeps.
 */
import { DeadlineWheel, type Timed } from './deadline.ts';

const TICK_MS = 2;

export class FineClock {
  readonly #wheel: DeadlineWheel;
  readonly #onTick: (nowMs: number) => boolean;
  #interval: NodeJS.Timeout | null = null;

  /** `onTick` is called at each tick; while it returns true the clock goes on though nothing is armed. */
  constructor(nowMs: number, onTick: (nowMs: number) => boolean) {
    this.#wheel = new DeadlineWheel(nowMs, TICK_MS);
    this.#onTick = onTick;
  }

  /** Never fires from inside this call, not even an entry that is due already: whoever arms has not finished yet. */
  arm(entry: Timed, atMs: number): void {
    this.wake();
    this.#wheel.arm(entry, atMs);
  }

  drop(entry: Timed): void {
    this.#wheel.drop(entry);
  }

  /** Ticks from now on, while something waits. */
  wake(): void {
    if (this.#interval !== null) return;
    // What passed while it slept is one round at most.
    this.#wheel.advance(performance.now());
    this.#interval = setInterval(() => this.#tick(), TICK_MS);
  }

  stop(): void {
    if (this.#interval !== null) clearInterval(this.#interval);
    this.#interval = null;
  }

  #tick(): void {
    const nowMs = performance.now();
    this.#wheel.advance(nowMs);
    if (!this.#onTick(nowMs) && this.#wheel.size === 0) this.stop();
  }
}
