/**
 * Which traces that begin here are recorded: those whose id, as a number of its last 56 bits, is not below a threshold. Those
 * bits are random, so a share of traces is recorded; and whoever else samples the same way by the same share, another worker
 * or another replica, decides alike about the same trace, without a word between them. It is OpenTelemetry's consistent
 * probability sampling: a trace that one of two shares records, the larger share records too.
 */
import type { TraceContext } from './trace-context.ts';

const LOW_RANGE = 2 ** 32;
const HIGH_MASK = 0xffffff;

export class TraceSampler {
  #high = 0;
  #low = 0;

  /** `share`: of traces that are recorded, 0 to 1. */
  constructor(share: number) {
    // 2^56 does not fit a double's 53 bits in general; its product with 1 - share has no more bits than that has.
    const threshold = (1 - share) * 2 ** 56;
    this.#high = Math.floor(threshold / LOW_RANGE);
    this.#low = threshold % LOW_RANGE;
  }

  samples({ id }: TraceContext): boolean {
    const high = (id[2] as number) & HIGH_MASK;
    return high > this.#high || (high === this.#high && (id[3] as number) >= this.#low);
  }
}
