/**
 * Says of each request whether this worker must refuse it for the process's own sake (core/limits/shedding.ts). It looks at
 * the loop whenever the clock of deadlines ticks, and at the process's memory in the shared tables; what a request asks is
 * one comparison while all is well.
 */
import { Lateness, memoryShare } from '#core/limits/shedding.ts';
import type { OverloadPlan } from '#core/plan-failures.ts';
import type { Random } from '#core/ports.ts';
import type { ProcessTable } from '#memory/process-table.ts';

/** Why a request is refused. */
export const Shed = { none: 0, lag: 1, memory: 2 } as const;
export type Shed = (typeof Shed)[keyof typeof Shed];

export class LoadGuard {
  /** How much later than it was meant to the last tick came, in milliseconds. */
  lateMs = 0;
  readonly #process: ProcessTable;
  readonly #random: Random;
  readonly #tickMs: number;
  #plan: OverloadPlan | null = null;
  #lateness = new Lateness(0);
  #tickedMs: number;
  #memoryShare = 0;
  #lagShare = 0;
  #sheds = false;

  /** `tickMs`: how often `tick` is meant to be called. */
  constructor(process: ProcessTable, random: Random, tickMs: number, nowMs: number) {
    this.#process = process;
    this.#random = random;
    this.#tickMs = tickMs;
    this.#tickedMs = nowMs;
  }

  /** Obeys `plan` from now on; null: refuses nothing. */
  obey(plan: OverloadPlan | null): void {
    if (plan?.eventLoopLagMs !== this.#plan?.eventLoopLagMs) this.#lateness = new Lateness(plan?.eventLoopLagMs ?? 0);
    this.#plan = plan;
    this.#weigh();
  }

  /** Call every `tickMs`, before whatever else is done then. */
  tick(nowMs: number): void {
    this.lateMs = nowMs - this.#tickedMs - this.#tickMs;
    this.#tickedMs = nowMs;
    if (this.#plan === null) return;
    this.#lateness.look(this.lateMs);
    this.#weigh();
  }

  /** Whether the request that begins now is refused. */
  shed(): Shed {
    if (!this.#sheds) return Shed.none;
    // One draw for both: a request is spared only if neither wants it gone.
    const drawn = this.#random();
    if (drawn < this.#memoryShare) return Shed.memory;
    return drawn < this.#lagShare ? Shed.lag : Shed.none;
  }

  #weigh(): void {
    this.#memoryShare = memoryShare(this.#process.residentBytes, this.#plan?.memoryBytes ?? 0);
    this.#lagShare = this.#plan === null ? 0 : this.#lateness.share;
    this.#sheds = this.#memoryShare > 0 || this.#lagShare > 0;
  }
}
