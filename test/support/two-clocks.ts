/** Time by hand, at once: timers obey the monotonic clock, and the wall clock can be put forward and back beside it. */
import type { Cancel, Timers } from '#core/ports.ts';

interface Waiting {
  readonly atMs: number;
  readonly run: () => void;
}

export class TwoClocks implements Timers {
  /** Wall clock less monotonic clock. */
  offsetMs: number;
  #nowMs = 0;
  #waiting: readonly Waiting[] = [];

  constructor(wallMs = Date.UTC(2026, 0, 1)) {
    this.offsetMs = wallMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs + this.offsetMs;
  }

  after(delayMs: number, run: () => void): Cancel {
    const waiting = { atMs: this.#nowMs + delayMs, run };
    this.#waiting = [...this.#waiting, waiting];
    return () => void (this.#waiting = this.#waiting.filter((one) => one !== waiting));
  }

  get pending(): number {
    return this.#waiting.length;
  }

  /** Time goes on by itself, as where a call takes long: what falls due meanwhile fires late. */
  pass(ms: number): void {
    this.#nowMs += ms;
  }

  /** Moves time on; whatever falls due fires in its turn. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const next = this.#waiting.reduce<Waiting | null>((a, b) => (a === null || b.atMs < a.atMs ? b : a), null);
      if (next === null || next.atMs > endMs) break;
      this.#waiting = this.#waiting.filter((one) => one !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
    }
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }
}
