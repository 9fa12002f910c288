/**
 * Peak EWMA: two backends are drawn by weight, and the one whose latency, multiplied by its requests in flight, is less
 * gets the request.
 *
 * Why: latency tells a slow backend from a fast one before its queue does. The average is biased on purpose: a latency
 * above it counts in full at once, one below it only slowly, so that a backend which turns slow is left alone at once
 * and comes back with care.
 * Precedence: cost * (in flight / weight + 1) decides, weights being relative to their mean; when the two are about equal
 * the first draw wins, which was made by weight. Unequal weights are drawn with replacement: of two different ones the
 * lighter would win half of the time, however light it is.
 * Errors: each doubles the backend's cost, so one that fails fast does not look fast, and a single error weighs little.
 * A client that left counts only if it had waited longer than usual.
 * Cold start: a backend without a cost is free, so it gets one request; until the head of that one's answer has come it counts
 * as very dear and gets no second one. The end of an answer may be hours away: where all answers are streams or tunnels,
 * backends would stay unknown, and the one that is known would get everything.
 * Equal backends: costs within a millisecond of each other are the same, and an attempt that finds its backend cold counts as
 * no slower than usual (warmth.ts); else those that are idle would look slow and stay idle.
 * Recovery: costs fade towards 0 while nothing is observed, so an avoided backend gets cheaper until it is tried again:
 * none starves.
 * Workers: each writes what it observed in rows of its own, beginning from the newest value of any worker, so that the
 * newest row is the one average of all.
 *
 * Source: Finagle's PeakEwma; decay of 10 s as there.
 */
import { exp } from '../math/elementary.ts';
import { isFailure, Outcome } from '../outcome.ts';
import type { PickView, Strategy, StrategyDefinition, StrategyEnv } from '../strategy.ts';
import { WeightedIndex } from '../math/weighted-index.ts';
import { CandidateList } from './candidate-list.ts';
import { drawAmong } from './draw.ts';
import { Warmth } from './warmth.ts';

/** Cost, in milliseconds, of a backend that has requests in flight and was never heard of. */
const UNKNOWN_COST_MS = 1e9;
/** An error doubles a backend's cost, from a usual success's latency on up to this many times that. */
const ERROR_TIMES_MAX = 64;
/**
 * The second draw wins only if it is cheaper by more than this. Costs fade with time, so of two equal backends the one
 * with the smaller weight, which is asked more seldom, would always look a little cheaper.
 */
const ALIKE = 0.8;
/** Costs that differ by no more milliseconds are the same, and requests in flight decide: see comparison.ts. */
const RESOLUTION_MS = 1;
/** Share of each success in the usual latency. */
const USUAL_SHARE = 1 / 64;

class PeakEwma implements Strategy {
  readonly compared: Int32Array = new Int32Array(2);
  readonly #env: StrategyEnv;
  readonly #decayMs: number;
  readonly #candidates = new CandidateList();
  readonly #index = new WeightedIndex();
  /** The newest cost that any worker wrote, as far as this one knows, and when; by slot. */
  readonly #cost: Float64Array;
  readonly #at: Float64Array;
  readonly #warmth: Warmth;
  #meanWeight = 1;
  /** A usual success's latency; 0 before the first. */
  #usualMs = 0;

  constructor(env: StrategyEnv) {
    this.#env = env;
    this.#decayMs = env.params['decayMs'] as number;
    this.#cost = new Float64Array(env.weight.length);
    this.#at = new Float64Array(env.weight.length);
    this.#warmth = new Warmth(env.weight.length);
  }

  update(slots: Int32Array, count: number): void {
    const { weight } = this.#env;
    if (this.#candidates.set(slots, count, weight) && count > 0) this.#index.set(slots, count, weight);
    this.#meanWeight = this.#index.total / count;
    this.refresh();
  }

  pick(_key: number, nowMs: number): number {
    const { slots, count, even } = this.#candidates;
    const { random } = this.#env;
    if (count === 1) return this.#cheaper(slots[0], slots[0], nowMs);
    const first = this.#index.at(random());
    const second = even ? this.#index.atExcept(random(), first) : this.#index.at(random());
    return this.#cheaper(slots[first], slots[second], nowMs);
  }

  pickAmong(slots: Int32Array, count: number, _key: number, nowMs: number): number {
    const { weight, random } = this.#env;
    const first = drawAmong(slots, count, weight, random());
    return this.#cheaper(first, drawAmong(slots, count, weight, random()), nowMs);
  }

  begin(slot: number, inFlightBefore: number, nowMs: number): void {
    if (inFlightBefore === 0) this.#warmth.wake(slot, this.#at[slot], nowMs);
  }

  heard(slot: number, elapsedMs: number, nowMs: number): void {
    if (this.#cost[slot] === 0 && elapsedMs > 0) this.#write(slot, elapsedMs, nowMs);
  }

  settle(slot: number, _inFlightBefore: number, elapsedMs: number, outcome: Outcome, nowMs: number): void {
    const failed = isFailure(outcome);
    const cold = this.#warmth.settle(slot, elapsedMs, nowMs) && this.#usualMs > 0;
    let latencyMs = cold ? Math.min(elapsedMs, this.#usualMs) : elapsedMs;
    const keep = this.#fade(slot, nowMs);
    const costMs = this.#cost[slot] * keep;
    if (outcome === Outcome.cancelled) {
      if (latencyMs <= costMs) return;
    } else if (failed) latencyMs = Math.max(latencyMs, this.#errorCost(costMs));
    else if (!cold) this.#usualMs += (elapsedMs - this.#usualMs) * (this.#usualMs === 0 ? 1 : USUAL_SHARE);
    const cost = latencyMs > costMs ? latencyMs : costMs + latencyMs * (1 - keep);
    this.#write(slot, cost, nowMs);
  }

  refresh(): void {
    const { slots, count } = this.#candidates;
    const { rows } = this.#env;
    const costs = rows['cost'];
    const times = rows['at'];
    for (let at = 0; at < count; at++) {
      const slot = slots[at];
      let newest = 0;
      for (let worker = 1; worker < times.length; worker++) {
        if (times[worker][slot] > times[newest][slot]) newest = worker;
      }
      this.#cost[slot] = costs[newest][slot];
      this.#at[slot] = times[newest][slot];
    }
  }

  explain(slots: Int32Array, count: number, _key: number, nowMs: number, into: PickView): void {
    const [cost, at] = into.inputs;
    for (let position = 0; position < count; position++) {
      const slot = slots[position];
      into.score[position] = this.#costNow(slot, nowMs) * this.#busy(slot);
      cost[position] = this.#cost[slot];
      at[position] = this.#at[slot];
    }
  }

  restore(slots: Int32Array, count: number, { inputs: [cost, at] }: PickView): void {
    for (let position = 0; position < count; position++) {
      this.#cost[slots[position]] = cost[position];
      this.#at[slots[position]] = at[position];
    }
  }

  #errorCost(costMs: number): number {
    return Math.min(2 * Math.max(costMs, this.#usualMs), ERROR_TIMES_MAX * this.#usualMs);
  }

  #cheaper(first: number, second: number, nowMs: number): number {
    this.compared[0] = first;
    this.compared[1] = second;
    const one = this.#costNow(first, nowMs);
    const other = this.#costNow(second, nowMs);
    const oneLoad = Math.max(one, Math.min(other, one + RESOLUTION_MS)) * this.#busy(first);
    const otherLoad = Math.max(other, Math.min(one, other + RESOLUTION_MS)) * this.#busy(second);
    return otherLoad < ALIKE * oneLoad ? second : first;
  }

  #costNow(slot: number, nowMs: number): number {
    const cost = this.#cost[slot];
    if (cost === 0 && this.#env.inFlight[slot] > 0) return UNKNOWN_COST_MS;
    return cost * this.#fade(slot, nowMs);
  }

  #busy(slot: number): number {
    return (this.#env.inFlight[slot] * this.#meanWeight) / this.#env.weight[slot] + 1;
  }

  /** What is left of a cost since it was written; workers' clocks may differ a little. */
  #fade(slot: number, nowMs: number): number {
    const ageMs = nowMs - this.#at[slot];
    return ageMs > 0 ? exp(-ageMs / this.#decayMs) : 1;
  }

  #write(slot: number, cost: number, nowMs: number): void {
    const { rows, worker } = this.#env;
    this.#cost[slot] = cost;
    this.#at[slot] = nowMs;
    rows['cost'][worker][slot] = cost;
    rows['at'][worker][slot] = nowMs;
  }
}

export const peakEwma: StrategyDefinition = {
  name: 'peak-ewma',
  summary: 'Draws two backends and takes the one with less recent peak latency times requests in flight.',
  bestWhen: 'Backends differ in speed and several balancers, which cannot see each other, share them.',
  params: [
    {
      name: 'decayMs',
      type: 'number',
      summary: 'How fast a latency is forgotten, in milliseconds: after this long a third of it is left.',
      default: 10_000,
      min: 100,
      max: 600_000,
      integer: true,
    },
  ],
  memory: { rows: ['cost', 'at'], words: [] },
  explains: {
    score: 'recent peak latency in ms, times requests in flight and one, of the two that were drawn',
    wins: 'least',
    inputs: ['costMs', 'atMs'],
    state: [],
  },
  key: null,
  weighted: true,
  refreshMs: 20,
  create: (env) => new PeakEwma(env),
};
