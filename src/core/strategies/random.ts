/**
 * Random: each request goes to a backend drawn by weight, whatever has gone before.
 *
 * Why: it needs no memory at all, so any number of workers and of balancers agree without talking. It is the yardstick
 * for the rest: by chance alone some backends get crowded, and nothing is learned from it.
 * Cold start: none. Recovery: none needed; nothing is ever avoided.
 */
import type { PickView, Strategy, StrategyDefinition, StrategyEnv } from '../strategy.ts';
import { WeightedIndex } from '../math/weighted-index.ts';
import { CandidateList } from './candidate-list.ts';
import { drawAmong, sharesOf } from './draw.ts';

class Random implements Strategy {
  readonly #env: StrategyEnv;
  readonly #candidates = new CandidateList();
  readonly #index = new WeightedIndex();

  constructor(env: StrategyEnv) {
    this.#env = env;
  }

  update(slots: Int32Array, count: number): void {
    const { weight } = this.#env;
    if (this.#candidates.set(slots, count, weight) && count > 0) this.#index.set(slots, count, weight);
  }

  pick(): number {
    const { slots, count, even } = this.#candidates;
    const point = this.#env.random();
    return slots[even ? (point * count) | 0 : this.#index.at(point)];
  }

  pickAmong(slots: Int32Array, count: number): number {
    return drawAmong(slots, count, this.#env.weight, this.#env.random());
  }

  explain(slots: Int32Array, count: number, _key: number, _nowMs: number, into: PickView): void {
    sharesOf(slots, count, this.#env.weight, into.score);
  }
}

export const random: StrategyDefinition = {
  name: 'random',
  summary: 'Draws a backend at random, by weight.',
  bestWhen: 'Many balancers share the same backends and nothing better can be agreed on.',
  params: [],
  memory: { rows: [], words: [] },
  explains: { score: 'share of the weights', wins: 'chance', inputs: [], state: [] },
  key: null,
  weighted: true,
  refreshMs: 0,
  create: (env) => new Random(env),
};
