/**
 * A simulated backend: `slots` requests are served side by side, the rest wait in line, first come first served. Its
 * speed changes at times fixed beforehand, so the end of a request is known when its service begins.
 */

/** From `fromMs` on, work goes on at `speed` (1 = as drawn, 0.125 = eight times slower, 0 = frozen). */
export interface SpeedChange {
  readonly fromMs: number;
  readonly speed: number;
}

/** While failing, this share of the requests is answered with an error after `answerMs`, without waiting in line. */
export interface FailurePeriod {
  readonly fromMs: number;
  readonly toMs: number;
  readonly answerMs: number;
  readonly share: number;
}

export interface BackendModel {
  readonly slots: number;
  /** Speed at the start. */
  readonly speed: number;
  readonly weight: number;
  /** In order of time. */
  readonly changes: readonly SpeedChange[];
  readonly failures: readonly FailurePeriod[];
  /**
   * How much more work a request is at a backend that has not ended one for long: connections to be made, caches to be
   * filled. It approaches `coldMs` as time goes by, by `coolsMs`; a backend begins cold.
   */
  readonly coldMs: number;
  readonly coolsMs: number;
  /** When the backend becomes a candidate, and how long its weight ramps up from a tenth. */
  readonly joinsMs: number;
  readonly slowStartMs: number;
}

export class SimulatedBackend {
  readonly model: BackendModel;
  #busy = 0;
  #endedMs = -Infinity;
  /** Requests that wait, and the work each brings. */
  readonly #waiting: { request: number; workMs: number }[] = [];
  #head = 0;

  constructor(model: BackendModel) {
    this.model = model;
  }

  /** The failure period that a request meets, if any; `fate` is the request's own chance, uniform in [0, 1). */
  failing(nowMs: number, fate: number): FailurePeriod | undefined {
    return this.model.failures.find(({ fromMs, toMs, share }) => nowMs >= fromMs && nowMs < toMs && fate < share);
  }

  /** Takes a request; returns when it will be done, or Infinity when it has to wait in line. */
  accept(request: number, workMs: number, nowMs: number): number {
    if (this.#busy === this.model.slots) {
      this.#waiting.push({ request, workMs });
      return Infinity;
    }
    this.#busy++;
    return this.#doneAt(nowMs, workMs + this.#coldMs(nowMs));
  }

  /** A request is done; gives the one that begins in its place and when that will be done. */
  release(nowMs: number): { request: number; doneMs: number } | undefined {
    this.#endedMs = nowMs;
    if (this.#head === this.#waiting.length) {
      this.#busy--;
      return undefined;
    }
    const { request, workMs } = this.#waiting[this.#head++];
    if (this.#head === 1024) {
      this.#waiting.splice(0, this.#head);
      this.#head = 0;
    }
    return { request, doneMs: this.#doneAt(nowMs, workMs) };
  }

  #coldMs(nowMs: number): number {
    const { coldMs, coolsMs } = this.model;
    return coldMs === 0 ? 0 : coldMs * (1 - Math.exp((this.#endedMs - nowMs) / coolsMs));
  }

  #doneAt(nowMs: number, workMs: number): number {
    let at = nowMs;
    let left = workMs;
    let speed = this.model.speed;
    for (const change of this.model.changes) {
      if (change.fromMs > at) {
        const done = at + left / speed;
        if (done <= change.fromMs) return done;
        left -= (change.fromMs - at) * speed;
        at = change.fromMs;
      }
      speed = change.speed;
    }
    return at + left / speed;
  }
}
