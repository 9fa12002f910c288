/**
 * The numbers that balancing draws, from one source for a worker, and what was drawn for a pick that is recorded. Where none
 * is, drawing costs one branch more.
 */
import type { Random } from '../ports.ts';

/** Numbers that one pick draws at most: two-choices, whose `pickAmong` may draw nine. */
const DRAWS_MAX = 16;

export class DrawTape {
  /** Uniform in [0, 1). */
  readonly random: Random;
  /** Drawn since `begin`; what is beyond DRAWS_MAX is counted only. */
  readonly drawn: Float64Array = new Float64Array(DRAWS_MAX);
  count = 0;
  #recording = false;

  constructor(source: Random) {
    this.random = () => {
      const number = source();
      if (this.#recording) this.#note(number);
      return number;
    };
  }

  begin(): void {
    this.#recording = true;
    this.count = 0;
  }

  end(): void {
    this.#recording = false;
  }

  #note(number: number): void {
    if (this.count < DRAWS_MAX) this.drawn[this.count] = number;
    this.count += 1;
  }
}
