/** What the supervisor knows of the whole process and workers act on: plain stores by the supervisor alone. */
import type { Layout } from './layout.ts';

export class ProcessTable {
  readonly #words: Float64Array;

  constructor(layout: Layout) {
    this.#words = layout.f64(1);
  }

  /** Resident memory of the process; 0 until it was measured. */
  get residentBytes(): number {
    return this.#words[0] as number;
  }

  set residentBytes(bytes: number) {
    this.#words[0] = bytes;
  }
}
