/**
 * Which backends answered lately, for a pool without circuits; circuits remember it for themselves. Probes that fail while the
 * application works must not cut all traffic, with circuits or without: what answered requests a moment ago serves as a last
 * resort (balancing/candidates.ts), and what has stopped to answer is down for good as soon as its good answers have left
 * the window. It lies in the memory that circuits would use, and reads the same.
 */
import { isFailure, Outcome } from '../outcome.ts';
import { FailureWindow } from './failure-window.ts';

/** As long as the window of circuits is by default. */
const WINDOW_MS = 10_000;
const EVER = -Infinity;

export class Answers {
  readonly #window: FailureWindow;

  /** `windows`: a row per worker, of which `worker` writes its own (`CircuitViews.windows`). */
  constructor(windows: readonly Float64Array[], worker: number) {
    this.#window = new FailureWindow(windows, worker, WINDOW_MS);
  }

  /** An attempt at `slot` ended, or its answer began if it is not told again. */
  settle(slot: number, outcome: Outcome, nowMs: number): void {
    if (outcome !== Outcome.cancelled) this.#window.record(slot, isFailure(outcome), nowMs);
  }

  /** Whether the slot answered some request well within the window. */
  answeredLately(slot: number, nowMs: number): boolean {
    this.#window.sum(slot, nowMs, EVER);
    return this.#window.attempts > this.#window.failures;
  }
}
