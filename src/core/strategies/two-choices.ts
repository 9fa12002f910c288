/**
 * Two choices: two different backends are drawn by weight, and the one with fewer requests in flight for its weight
 * gets the request.
 *
 * Why: one more draw turns the longest queue from about ln n / ln ln n into ln ln n (Azar, Broder, Karlin, Upfal 1999;
 * Mitzenmacher 2001), at a cost that does not grow with the number of backends; and since the draws differ, balancers
 * that do not know of each other do not all run to the same backend. The draws are distinct: drawing one backend twice
 * would be a single random choice for 1/n of the requests.
 * Precedence: in flight per weight decides; on a tie the first draw wins, which was made by weight.
 * Cold start: an idle backend wins its draws until it is as busy as the others; weights ramp during slow start.
 * Recovery: every backend is drawn for ever, so none starves.
 */
import type { PickView, Strategy, StrategyDefinition, StrategyEnv } from '../strategy.ts';
import { WeightedIndex } from '../math/weighted-index.ts';
import { CandidateList } from './candidate-list.ts';
import { drawAmong } from './draw.ts';

class TwoChoices implements Strategy {
  readonly compared: Int32Array = new Int32Array(2);
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
    const { random } = this.#env;
    if (count === 1) return this.#lighter(slots[0], slots[0]);
    if (!even) {
      const first = this.#index.at(random());
      return this.#lighter(slots[first], slots[this.#index.atExcept(random(), first)]);
    }
    const first = (random() * count) | 0;
    const second = (random() * (count - 1)) | 0;
    return this.#lighter(slots[first], slots[second < first ? second : second + 1]);
  }

  pickAmong(slots: Int32Array, count: number): number {
    const { weight, random } = this.#env;
    const first = drawAmong(slots, count, weight, random());
    // A few draws find another one; when one weight outweighs all others, one choice is as good as two.
    for (let tries = 0; tries < 8 && count > 1; tries++) {
      const second = drawAmong(slots, count, weight, random());
      if (second !== first) return this.#lighter(first, second);
    }
    return this.#lighter(first, first);
  }

  explain(slots: Int32Array, count: number, _key: number, _nowMs: number, into: PickView): void {
    const { inFlight, weight } = this.#env;
    for (let at = 0; at < count; at++) into.score[at] = inFlight[slots[at]] / weight[slots[at]];
  }

  #lighter(first: number, second: number): number {
    const { inFlight, weight } = this.#env;
    this.compared[0] = first;
    this.compared[1] = second;
    return inFlight[second] * weight[first] < inFlight[first] * weight[second] ? second : first;
  }
}

export const twoChoices: StrategyDefinition = {
  name: 'two-choices',
  summary: 'Draws two backends by weight and takes the one with fewer requests in flight.',
  bestWhen: 'Several balancers, which cannot see each other, share the same backends.',
  params: [],
  memory: { rows: [], words: [] },
  explains: { score: 'in flight per weight, of the two that were drawn', wins: 'least', inputs: [], state: [] },
  key: null,
  weighted: true,
  refreshMs: 0,
  create: (env) => new TwoChoices(env),
};
