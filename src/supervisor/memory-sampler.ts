/**
 * Tells the workers how large the process is, twice a second: only one thread need ask the system, and shedding by memory
 * (core/limits/shedding.ts) must not wait for a report.
 */
import type { Cancel, Timers } from '#core/ports.ts';
import type { ProcessTable } from '#memory/process-table.ts';

const SAMPLE_MS = 500;

export class MemorySampler {
  readonly #table: ProcessTable;
  readonly #timers: Timers;
  readonly #residentBytes: () => number;
  #cancel: Cancel | null = null;

  constructor(table: ProcessTable, timers: Timers, residentBytes: () => number = () => process.memoryUsage.rss()) {
    this.#table = table;
    this.#timers = timers;
    this.#residentBytes = residentBytes;
  }

  start(): void {
    this.#table.residentBytes = this.#residentBytes();
    this.#cancel = this.#timers.after(SAMPLE_MS, () => this.start());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
