/**
 * Least connections: the backend with the fewest requests in flight for its weight.
 *
 * Why: requests in flight are the one signal that is always fresh; a backend that slows down keeps its requests longer
 * and so gets fewer. The counts come from shared memory, so they are those of all workers together: with a count of its
 * own each worker would balance well and all of them badly.
 * Precedence: in flight / weight decides. Ties (on a quiet pool: all backends) are taken in turn, by a cursor that all
 * workers share: in order when weights are equal, else in a smooth order by weight, as nginx breaks ties by smooth
 * weighted round-robin.
 * Large pools: above 256 candidates the best of 256 neighbours is taken, beginning at a random place. The least of 256
 * and the least of 1,000 differ by a fraction of a request (strategies.md shows it), and the cost stays flat.
 * Cold start: an idle backend gets requests until it is as busy as the others; weights ramp during slow start.
 * Recovery: a backend that answers is idle again, so it is chosen again: none starves.
 * Known weakness: a backend that fails fast looks idle; circuits must take it out.
 */
import type { Strategy, StrategyDefinition, StrategyEnv } from '../strategy.ts';
import { Candidates } from './candidates.ts';
import { drawAmong, weyl } from './draw.ts';

/** How many candidates one pick looks at. */
const WINDOW = 256;

class LeastConnections implements Strategy {
  readonly #env: StrategyEnv;
  readonly #candidates = new Candidates();
  readonly #cursor: Int32Array;
  readonly #ties = new Int32Array(WINDOW);

  constructor(env: StrategyEnv) {
    this.#env = env;
    this.#cursor = env.words['cursor'] as Int32Array;
  }

  update(slots: Int32Array, count: number): void {
    this.#candidates.set(slots, count, this.#env.weight);
  }

  pick(): number {
    const { slots, count, even } = this.#candidates;
    if (count === 1) return slots[0];
    const ties = even ? this.#leastEven(slots, count) : this.#leastWeighted(slots, count);
    return this.#turn(ties, even);
  }

  pickAmong(slots: Int32Array, count: number): number {
    return this.#turn(this.#leastWeighted(slots, count), false);
  }

  /** Collects the candidates with the fewest in flight; returns how many they are. */
  #leastEven(slots: Int32Array, count: number): number {
    const { inFlight } = this.#env;
    const ties = this.#ties;
    let least = 0x7fffffff;
    let found = 0;
    let at = this.#start(count);
    for (let left = count < WINDOW ? count : WINDOW; left > 0; left--) {
      const slot = slots[at];
      if (++at === count) at = 0;
      const load = inFlight[slot];
      if (load > least) continue;
      if (load < least) {
        least = load;
        found = 0;
      }
      ties[found++] = slot;
    }
    return found;
  }

  #leastWeighted(slots: Int32Array, count: number): number {
    const { inFlight, weight } = this.#env;
    const ties = this.#ties;
    let least = Infinity;
    let found = 0;
    let at = this.#start(count);
    for (let left = count < WINDOW ? count : WINDOW; left > 0; left--) {
      const slot = slots[at];
      if (++at === count) at = 0;
      const load = inFlight[slot] / weight[slot];
      if (load > least) continue;
      if (load < least) {
        least = load;
        found = 0;
      }
      ties[found++] = slot;
    }
    return found;
  }

  #start(count: number): number {
    return count <= WINDOW ? 0 : (this.#env.random() * count) | 0;
  }

  #turn(found: number, even: boolean): number {
    const ties = this.#ties;
    if (found === 1) return ties[0];
    const turn = Atomics.add(this.#cursor, 0, 1);
    return even ? ties[(turn >>> 0) % found] : drawAmong(ties, found, this.#env.weight, weyl(turn));
  }
}

export const leastConnections: StrategyDefinition = {
  name: 'least-connections',
  summary: 'Takes the backend with the fewest requests in flight for its weight, all workers together.',
  bestWhen: 'Requests differ much in length and all backends are of one kind.',
  params: [],
  memory: { rows: [], words: ['cursor'] },
  key: null,
  weighted: true,
  refreshMs: 0,
  create: (env) => new LeastConnections(env),
};
