/**
 * Whether a request's body still arrives as it should: never silent for a whole period, and over each period at no less than
 * the listener's pace. Silence alone would let a client that sends a byte now and then hold a backend for ever. It is looked
 * at when a deadline falls due; a read costs one store.
 */
import { Fault, type FaultCode } from '#core/fault.ts';
import type { ListenerPlan } from '#core/plan.ts';

export class BodyPace {
  /** When the client last sent some of the body. */
  readMs = 0;
  /** When the period began, and what had arrived by then. */
  #fromMs = 0;
  #fromBytes = 0;

  /** A period begins, with `bytes` of the body here. */
  begin(nowMs: number, bytes: number): void {
    this.readMs = nowMs;
    this.#fromMs = nowMs;
    this.#fromBytes = bytes;
  }

  /** What is wrong with a body of which `bytes` are here now; 0: nothing. Call when `dueMs` has come. */
  judge(nowMs: number, bytes: number, { limits, timeouts }: ListenerPlan): FaultCode {
    if (nowMs - this.readMs >= timeouts.bodyMs) return Fault.bodyTimeout;
    if (nowMs - this.#fromMs < timeouts.bodyMs) return 0;
    if (bytes - this.#fromBytes < (limits.bodyBytesPerSecond * timeouts.bodyMs) / 1000) return Fault.bodyTooSlow;
    this.#fromMs = nowMs;
    this.#fromBytes = bytes;
    return 0;
  }

  /** When to look next. */
  dueMs({ timeouts }: ListenerPlan): number {
    return Math.min(this.#fromMs, this.readMs) + timeouts.bodyMs;
  }
}
