/**
 * Round-robin: every backend in turn, as often as its weight says, and as evenly spread as it can be (5, 1, 1 gives
 * a a b a c a a, never a a a a a b c).
 *
 * Why: it treats equal backends equally, exactly, and can be foretold. It looks at nothing, so it suits backends of
 * known speed and requests of one size.
 * One sequence for all workers: the order is worked out beforehand and the workers share a cursor into it, so four
 * workers that get one request each serve four different backends. With a cursor of its own, each worker would begin
 * with the same backend.
 * Three ways to write the order, by what the weights are:
 * - equal: the candidates as they stand;
 * - whole numbers with a cycle of moderate length: nginx's smooth sequence, written out (smooth-sequence.ts);
 * - anything else (weights that ramp during slow start, long cycles): points of a Weyl sequence on the line of weights,
 *   which needs no cycle, is exact for any weights in the long run and nearly as smooth (draw.ts).
 * Cold start: the first candidate. A change of candidates or weights writes the order anew; the cursor goes on, so no
 * backend is favoured by changes. Recovery: nothing is remembered, so nothing has to recover; none starves.
 */
import type { PickView, Strategy, StrategyDefinition, StrategyEnv } from '../strategy.ts';
import { WeightedIndex } from '../math/weighted-index.ts';
import { CandidateList } from './candidate-list.ts';
import { drawAmong, weyl } from './draw.ts';
import { smoothSequence } from './smooth-sequence.ts';

class RoundRobin implements Strategy {
  readonly #env: StrategyEnv;
  readonly #candidates = new CandidateList();
  readonly #index = new WeightedIndex();
  /** One cycle of slots; empty: the order is that of the Weyl sequence over `#index`. */
  #cycle = new Int32Array(0);
  readonly #cursor: Int32Array;
  /** Turns of `pickAmong`: it must not disturb the cycle that the others see. */
  readonly #detour: Int32Array;

  constructor(env: StrategyEnv) {
    this.#env = env;
    this.#cursor = env.words['cursor'] as Int32Array;
    this.#detour = env.words['detour'] as Int32Array;
  }

  update(slots: Int32Array, count: number): void {
    const candidates = this.#candidates;
    if (!candidates.set(slots, count, this.#env.weight) || count === 0) return;
    if (candidates.even) {
      this.#cycle = slots.slice(0, count);
      return;
    }
    const sequence = smoothSequence(count, (position) => candidates.weightAt(position));
    this.#cycle = sequence === null ? new Int32Array(0) : sequence.map((position) => slots[position]);
    if (sequence === null) this.#index.set(slots, count, this.#env.weight);
  }

  pick(): number {
    const turn = Atomics.add(this.#cursor, 0, 1);
    const cycle = this.#cycle;
    if (cycle.length > 0) return cycle[(turn >>> 0) % cycle.length];
    return this.#candidates.slots[this.#index.at(weyl(turn))];
  }

  pickAmong(slots: Int32Array, count: number): number {
    return drawAmong(slots, count, this.#env.weight, weyl(Atomics.add(this.#detour, 0, 1)));
  }

  explain(slots: Int32Array, count: number, _key: number, _nowMs: number, into: PickView): void {
    const cycle = this.#cycle;
    const turn = Atomics.load(this.#cursor, 0);
    into.state[0] = turn;
    into.state[1] = Atomics.load(this.#detour, 0);
    const { length } = cycle;
    const next = length > 0 ? -1 : this.#candidates.slots[this.#index.at(weyl(turn))];
    for (let at = 0; at < count; at++) {
      const slot = slots[at];
      into.score[at] = slot === next ? 0 : NaN;
      for (let turns = 0; turns < length; turns++) {
        if (cycle[((turn >>> 0) + turns) % length] !== slot) continue;
        into.score[at] = turns;
        break;
      }
    }
  }

  restore(_slots: Int32Array, _count: number, { state }: PickView): void {
    Atomics.store(this.#cursor, 0, state[0]);
    Atomics.store(this.#detour, 0, state[1]);
  }
}

export const roundRobin: StrategyDefinition = {
  name: 'round-robin',
  summary: 'Takes the backends in turn, spread smoothly by weight; one sequence for all workers.',
  bestWhen: 'Backends are of known, steady speed and requests are much alike.',
  params: [],
  memory: { rows: [], words: ['cursor', 'detour'] },
  explains: { score: 'turns until its own', wins: 'least', inputs: [], state: ['cursor', 'detour'] },
  key: null,
  weighted: true,
  refreshMs: 0,
  create: (env) => new RoundRobin(env),
};
