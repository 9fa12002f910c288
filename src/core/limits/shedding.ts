/**
 * Which share of requests a worker refuses for the process's own sake: because its event loop is late, or because the
 * process is about to run out of memory.
 *
 * Why: a worker that has more to do than it can makes everyone wait, and gets through less and less of it. Refusing some
 * requests at their head costs a few microseconds each and keeps the others fast. A process at its limit of memory is
 * killed, with everything that runs in it.
 * Conditions: nothing is refused below a bound; from there the share rises in a straight line, so that one request more
 * never decides about all. Lateness: from the bound to twice the bound. Memory: from nine tenths of the bound to the bound.
 * Lateness is smoothed over about four looks, and no look counts for more than twice the bound: one long turn of the loop
 * (a garbage collection, a configuration that is read) or a process that was stopped sheds nothing; a loop that is late
 * again and again sheds from the third look on. Memory is not smoothed: it moves slowly.
 * Precedence: memory before lateness, for it ends worse. Cold start: on time. Recovery: a loop that is on time again sheds
 * nothing after three looks.
 */

/** Share of the bound of memory at which shedding begins. */
const MEMORY_FROM = 0.9;
/** Weight of the last look at the loop. */
const LOOK_WEIGHT = 0.25;

/** Share of requests to refuse, 0 to 1, at a resident size of `residentBytes`. A bound of 0 never refuses. */
export function memoryShare(residentBytes: number, boundBytes: number): number {
  return boundBytes > 0 ? ramp(residentBytes, MEMORY_FROM * boundBytes, boundBytes) : 0;
}

/** How late the loop is, looked at every so often. */
export class Lateness {
  readonly #boundMs: number;
  #lateMs = 0;

  /** `boundMs`: where shedding begins; 0: never. */
  constructor(boundMs: number) {
    this.#boundMs = boundMs;
  }

  /** The loop was `lateMs` late. */
  look(lateMs: number): void {
    const counted = Math.min(2 * this.#boundMs, Math.max(0, lateMs));
    this.#lateMs += (counted - this.#lateMs) * LOOK_WEIGHT;
  }

  /** Share of requests to refuse, 0 to 1. */
  get share(): number {
    return this.#boundMs > 0 ? ramp(this.#lateMs, this.#boundMs, 2 * this.#boundMs) : 0;
  }
}

function ramp(value: number, from: number, to: number): number {
  return Math.min(1, Math.max(0, (value - from) / (to - from)));
}
