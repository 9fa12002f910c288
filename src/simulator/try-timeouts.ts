/**
 * Attempts whose time may be over before their backend has done with them. All have the same time, so that they stand in line in
 * the order in which it ends: no event of the agenda is needed for those that end in time.
 */
import type { AttemptTable } from './live-table.ts';

const LINE_FIRST = 1024;

export class TryTimeouts {
  /** When the next attempt that still goes on is late; Infinity: none will be. */
  nextMs = Infinity;
  readonly #timeoutMs: number;
  readonly #attempts: AttemptTable;
  #line = new Int32Array(LINE_FIRST);
  /** What tells an attempt from a later one in its row. */
  #startedMs = new Float64Array(LINE_FIRST);
  #first = 0;
  #count = 0;

  /** `timeoutMs` 0: there is none. */
  constructor(timeoutMs: number, attempts: AttemptTable) {
    this.#timeoutMs = timeoutMs > 0 ? timeoutMs : Infinity;
    this.#attempts = attempts;
  }

  /** An attempt began now, and will be done at `doneMs`; Infinity: that is not known yet. */
  watch(attempt: number, nowMs: number, doneMs: number): void {
    if (doneMs - nowMs <= this.#timeoutMs || this.#timeoutMs === Infinity) return;
    this.#skipEnded();
    if (this.#count === this.#line.length) this.#grow();
    const at = (this.#first + this.#count++) & (this.#line.length - 1);
    this.#line[at] = attempt;
    this.#startedMs[at] = nowMs;
    if (this.#count === 1) this.nextMs = nowMs + this.#timeoutMs;
  }

  /** Takes the first; -1: it has ended meanwhile. */
  take(): number {
    const attempt = this.#goesOn() ? (this.#line[this.#first] as number) : -1;
    this.#leave();
    this.#skipEnded();
    return attempt;
  }

  #goesOn(): boolean {
    const { startedMs, ended } = this.#attempts;
    const attempt = this.#line[this.#first] as number;
    return startedMs[attempt] === this.#startedMs[this.#first] && ended[attempt] === 0;
  }

  #leave(): void {
    this.#first = (this.#first + 1) & (this.#line.length - 1);
    this.#count--;
  }

  #skipEnded(): void {
    while (this.#count > 0 && !this.#goesOn()) this.#leave();
    this.nextMs = this.#count > 0 ? (this.#startedMs[this.#first] as number) + this.#timeoutMs : Infinity;
  }

  #grow(): void {
    const { length } = this.#line;
    const line = new Int32Array(length * 2);
    const started = new Float64Array(length * 2);
    for (let at = 0; at < length; at++) {
      const from = (this.#first + at) & (length - 1);
      line[at] = this.#line[from] as number;
      started[at] = this.#startedMs[from] as number;
    }
    this.#line = line;
    this.#startedMs = started;
    this.#first = 0;
  }
}
