/**
 * Least connections: the backend with the fewest requests in flight for its weight.
 *
 * Why: requests in flight are the one signal that is always fresh; a backend that slows down keeps its requests longer
 * and so gets fewer. The counts come from shared memory, so they are those of all workers together: with a count of its
 * own each worker would balance well and all of them badly.
 * Precedence: in flight / weight decides. Ties (on a quiet pool: all backends) are taken in turn, by a cursor that all
 * workers share: in order when weights are equal, else in a smooth order by weight, as nginx breaks ties by smooth
 * weighted round-robin.
 * Large pools: above 128 candidates the best of 64 is taken: neighbours in a random order, from a random place on. The least of 64
 * and the least of 1,000 differ by a fraction of a request (docs/strategies.md shows it), and the cost stays flat.
 * Cold start: an idle backend gets requests until it is as busy as the others; weights ramp during slow start.
 * Recovery: a backend that answers is idle again, so it is chosen again: none starves.
 * Known weakness: a backend that fails fast looks idle; circuits must take it out.
 */
import type { PickView, Strategy, StrategyDefinition, StrategyEnv } from '../strategy.ts';
import { CandidateList } from './candidate-list.ts';
import { drawAmong, weyl } from './draw.ts';

/** All candidates are looked at up to so many, and so many of them above. */
const SCANNED_MAX = 128;
const WINDOW = 64;
/** Ties beyond so many are left out. */
const TIES_MAX = 128;

class LeastConnections implements Strategy {
  readonly #env: StrategyEnv;
  readonly #candidates = new CandidateList();
  readonly #cursor: Int32Array;
  readonly #ties = new Int32Array(TIES_MAX);
  /** The candidates in a random order, if they are many. */
  #scattered: Int32Array = new Int32Array(0);
  /** The least load of the present scan, and how many candidates in `#ties` have it. */
  #fewest = 0;
  #found = 0;

  constructor(env: StrategyEnv) {
    this.#env = env;
    this.#cursor = env.words['cursor'] as Int32Array;
  }

  update(slots: Int32Array, count: number): void {
    const candidates = this.#candidates;
    candidates.set(slots, count, this.#env.weight);
    if (count > SCANNED_MAX && candidates.moved) this.#scattered = candidates.scattered(this.#env.random);
  }

  pick(): number {
    const { slots, count, even } = this.#candidates;
    if (count === 1) return slots[0];
    this.#fewest = Infinity;
    this.#found = 0;
    if (count <= SCANNED_MAX) this.#scan(slots, 0, count, even);
    else {
      const start = (this.#env.random() * count) | 0;
      const end = start + WINDOW;
      this.#scan(this.#scattered, start, end < count ? end : count, even);
      if (end > count) this.#scan(this.#scattered, 0, end - count, even);
    }
    return this.#take(even);
  }

  pickAmong(slots: Int32Array, count: number): number {
    this.#fewest = Infinity;
    this.#found = 0;
    this.#scan(slots, 0, count, false);
    return this.#take(false);
  }

  explain(slots: Int32Array, count: number, _key: number, _nowMs: number, into: PickView): void {
    const { inFlight, weight } = this.#env;
    for (let at = 0; at < count; at++) into.score[at] = inFlight[slots[at]] / weight[slots[at]];
    into.state[0] = Atomics.load(this.#cursor, 0);
  }

  restore(_slots: Int32Array, _count: number, { state }: PickView): void {
    Atomics.store(this.#cursor, 0, state[0]);
  }

  #scan(slots: Int32Array, from: number, to: number, even: boolean): void {
    const { inFlight, weight } = this.#env;
    const ties = this.#ties;
    let fewest = this.#fewest;
    let found = this.#found;
    for (let at = from; at < to; at++) {
      const slot = slots[at];
      const load = even ? inFlight[slot] : inFlight[slot] / weight[slot];
      if (load < fewest) {
        fewest = load;
        found = 1;
        ties[0] = slot;
      } else if (load === fewest && found < TIES_MAX) ties[found++] = slot;
    }
    this.#fewest = fewest;
    this.#found = found;
  }

  #take(even: boolean): number {
    const ties = this.#ties;
    const found = this.#found;
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
  explains: { score: 'in flight per weight', wins: 'least', inputs: [], state: ['cursor'] },
  key: null,
  weighted: true,
  refreshMs: 0,
  create: (env) => new LeastConnections(env),
};
