/** Which window and which bin of the traffic recording a time lies in. Every thread counts them from the same beginning. */
import { BIN_MS, WINDOW_MS } from '#memory/traffic-table.ts';

export class TrafficClock {
  readonly #originMs: number;
  #window = 0;
  #windowEndsMs = -Infinity;

  /** `originMs`: what must be added to the times that it is asked about to have milliseconds since 1970. */
  constructor(originMs: number) {
    this.#originMs = originMs;
  }

  /** Modulo 2^32, as an i32: only differences say something. */
  bin(nowMs: number): number {
    return ((nowMs + this.#originMs) / BIN_MS) | 0;
  }

  /** Positive; asked in order of time, near enough. */
  window(nowMs: number): number {
    if (nowMs >= this.#windowEndsMs) {
      this.#window = Math.floor((nowMs + this.#originMs) / WINDOW_MS);
      this.#windowEndsMs = (this.#window + 1) * WINDOW_MS - this.#originMs;
    }
    return this.#window;
  }
}
