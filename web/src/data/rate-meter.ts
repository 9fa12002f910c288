/** Counters to rates: what each has risen by a second, over the past few seconds. The API counts since the start. */

/** Single seconds jump about. */
const SPAN_MS = 5_000;
/** A change of state brings an answer early; so short a time says little of a rate. */
const STEP_MIN_MS = 700;
/** Nobody looked for a while: what came in that time is no rate of now. */
const STEP_MAX_MS = 5_000;

export class RateMeter {
  #samples: { readonly atMs: number; readonly counts: ReadonlyMap<string, number> }[] = [];

  /** Takes what every counter stands at. */
  take(atMs: number, counts: ReadonlyMap<string, number>): void {
    const last = this.#samples.at(-1);
    if (last !== undefined) {
      const stepMs = atMs - last.atMs;
      if (stepMs >= 0 && stepMs < STEP_MIN_MS) return;
      // Another process counts from zero.
      const restarted = [...counts].some(([name, count]) => count < (last.counts.get(name) ?? 0));
      if (stepMs < 0 || stepMs > STEP_MAX_MS || restarted) this.#samples = [];
    }
    this.#samples.push({ atMs, counts });
    const oldest = atMs - SPAN_MS;
    while (this.#samples.length > 2 && (this.#samples[0]?.atMs ?? 0) < oldest) this.#samples.shift();
  }

  /** A second; null: not known yet, or there is no such counter. */
  rate(name: string): number | null {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    const count = last?.counts.get(name);
    if (first === undefined || last === undefined || first === last || count === undefined) return null;
    return ((count - (first.counts.get(name) ?? 0)) * 1000) / (last.atMs - first.atMs);
  }
}
