/**
 * Adaptive: the backend with the least expected work, where "expected" is learned from latency, errors and silence.
 *
 * Why: requests in flight are the freshest signal, but they are noisy and blind: a backend that is twice as slow, or
 * serves one request at a time instead of eight, gets too much until its queue has grown; one that fails at once looks
 * idle; one that froze looks like any other until it is full. Plain moving averages of latency see these things, but
 * also see differences where there is only noise, and are worse than least connections when all backends are equal.
 *
 * The score of a backend, least wins, ties drawn by weight, over all candidates (64 of them in large pools):
 *
 *     (in flight / weight + parallelism) * slowness * errors * silence
 *
 * - slowness (observations.ts, comparison.ts): how many times slower than the typical backend. From the mean of log
 *   latencies, after the wait that the queue explains is taken off; counted only as far as chance is ruled out. The memory
 *   is long (3 s), but is dropped when the last samples contradict it, so a change is seen after some thirty requests.
 * - errors: the share of failed attempts beyond that of the best backend, up to a factor of 90. An error never counts as
 *   faster than what the backend usually takes.
 * - silence: requests are in flight, and none has ended for several times as long as one should take. It is looked at
 *   when the backend is about to be picked, so a pause is noticed within a few service times.
 * - parallelism softens the count: below it, a backend serves requests side by side and another one costs nothing.
 * - weight, relative to the pool's mean, says how many requests in flight weigh like one. On a quiet pool it decides alone
 *   among backends that are about equally fast.
 *
 * All of it is relative to the pool and shared by all workers, each adding its own observations in rows of its own.
 * On a quiet pool of fast backends latencies say more of who was asked last than of who is fast: an idle backend has to open
 * connections and fill caches, the one in use does not. So differences of a millisecond do not count (comparison.ts), and
 * an attempt that finds its backend cold counts as no slower than the typical one (warmth.ts). Else one backend would get
 * nearly everything and keep it, and the death of another would be noticed late.
 * Cold start: an unknown backend counts as typical, and its requests in flight, which then grow, protect it; weights
 * ramp during slow start. With no samples at all this is least connections.
 * Recovery: observations fade, so an avoided backend slowly counts as typical again; and an idle backend of which nobody
 * has heard for a second gets a request of its own (`explore` bounds their share), so that none is starved or given up,
 * and one that has recovered is back within seconds.
 * Known weaknesses: on a pool asked a few times a second, a slow backend gets up to a third of its share, since it falls
 * idle and is given the benefit of the doubt every few seconds. Within an extreme mix of short and very long requests,
 * silence says little, and traffic is spread less evenly than by least connections.
 *
 * Sources: peak EWMA (Finagle) for latency times load; soft thresholds and the constants are measured in
 * docs/strategies.md, over the situations listed there.
 */
import { ln } from '../math/elementary.ts';
import { isFailure, Outcome } from '../outcome.ts';
import type { PickView, Strategy, StrategyDefinition, StrategyEnv } from '../strategy.ts';
import { CandidateList } from './candidate-list.ts';
import { Cheapest } from './cheapest.ts';
import { Comparison } from './comparison.ts';
import { Observations, OBSERVATION_ROWS } from './observations.ts';
import { Warmth } from './warmth.ts';

/** How many cells of the workers' rows one refresh merges at most; more are merged by turns. */
const REFRESH_CELLS = 2048;
/** How long nobody must have heard of an idle backend before it gets a request for that reason alone. */
const FORGOTTEN_MS = 1000;
/**
 * Of the wait that the queue explains, the share (as a power) that is believed, and for how many rounds of waiting: with
 * all of it, nothing would hold back a backend whose latency does not grow with its load.
 */
const QUEUE_POWER = 0.9;
const QUEUE_ROUNDS_MAX = 2;
/** Of the usual requests in flight, the share that is taken to be served rather than waiting. */
const USUAL_SERVED = 0.7;
/** Share of the present mean in flight in `#usual`, by refresh: it follows within a second. */
const USUAL_SHARE = 0.02;
/** A silence counts from so many expected ends of attempts on, as a factor of itself, up to the greatest. */
const SILENCE_LEAST = 4;
const SILENCE_MAX = 8;
/** How often a pick looks again because the backend that it found has just fallen silent. */
const LOOKS_MAX = 3;
const ELAPSED_MS_LEAST = 0.05;
/** A weight that ramps up from little does not say that the backend is little. */
const SHARE_LEAST = 0.2;

class Adaptive implements Strategy {
  readonly #env: StrategyEnv;
  readonly #parallelism: number;
  readonly #explore: number;
  /** Requests in flight at a backend, smoothed; and how many one is taken to serve well: that, or `parallelism` if more. */
  #usual = 0;
  #servers: number;
  readonly #candidates = new CandidateList();
  readonly #observations: Observations;
  readonly #comparison: Comparison;
  readonly #warmth: Warmth;
  /** How many times worse each backend is to be thought of because it has fallen silent, by slot. */
  readonly #silence: Float64Array;
  /** Weight relative to the mean of the candidates, by slot. */
  readonly #share: Float64Array;
  readonly #cheapest: Cheapest;
  /** Position where the next refresh goes on to merge. */
  #merged = 0;
  #refreshed = false;
  /** The idle backend of which nobody has heard for longest, if for long enough; -1: none. */
  #forgotten = -1;
  /** Requests that may go to forgotten backends: each pick earns a little, one at most is saved. */
  #credit = 0;

  constructor(env: StrategyEnv) {
    this.#env = env;
    this.#parallelism = env.params['parallelism'] as number;
    this.#servers = this.#parallelism;
    this.#explore = env.params['explore'] as number;
    this.#observations = new Observations(env, env.params['memoryMs'] as number);
    this.#comparison = new Comparison(env.weight.length);
    this.#warmth = new Warmth(env.weight.length);
    this.#silence = new Float64Array(env.weight.length).fill(1);
    this.#share = new Float64Array(env.weight.length).fill(1);
    this.#cheapest = new Cheapest(env);
  }

  update(slots: Int32Array, count: number, nowMs: number): void {
    const { weight } = this.#env;
    this.#candidates.set(slots, count, weight);
    this.#cheapest.update(this.#candidates);
    this.#forgotten = -1;
    // Not from the start: weights that ramp come more often than a large pool is merged once.
    if (this.#merged >= count) this.#merged = 0;
    let total = 0;
    for (let at = 0; at < count; at++) total += weight[slots[at]];
    for (let at = 0; at < count; at++) {
      this.#share[slots[at]] = (weight[slots[at]] * count) / total;
      this.#setScore(slots[at]);
    }
    // What others learned before this strategy was made counts at once.
    if (!this.#refreshed) this.refresh(nowMs);
    this.#refreshed = true;
  }

  pick(_key: number, nowMs: number): number {
    this.#credit += this.#explore;
    if (this.#credit >= 1) {
      const slot = this.#forgotten;
      this.#forgotten = -1;
      this.#credit = slot < 0 ? 1 : 0;
      if (slot >= 0 && this.#env.inFlight[slot] === 0) return slot;
    }
    const cheapest = this.#cheapest;
    let slot = cheapest.of(this.#candidates);
    for (let looks = 0; looks < LOOKS_MAX && this.#fellSilent(slot, nowMs); looks++)
      slot = cheapest.of(this.#candidates);
    return slot;
  }

  pickAmong(slots: Int32Array, count: number, _key: number, nowMs: number): number {
    const cheapest = this.#cheapest;
    let slot = cheapest.among(slots, count);
    for (let looks = 0; looks < LOOKS_MAX && this.#fellSilent(slot, nowMs); looks++)
      slot = cheapest.among(slots, count);
    return slot;
  }

  begin(slot: number, inFlightBefore: number, nowMs: number): void {
    if (inFlightBefore > 0) return;
    this.#warmth.wake(slot, this.#observations.silentSince(slot), nowMs);
    this.#observations.wake(slot, nowMs);
  }

  settle(slot: number, inFlightBefore: number, elapsedMs: number, outcome: Outcome, nowMs: number): void {
    const observations = this.#observations;
    const servers = this.#servers * Math.max(SHARE_LEAST, this.#share[slot]);
    const queue = 1 + Math.min(QUEUE_ROUNDS_MAX, inFlightBefore / servers);
    let x = ln(Math.max(ELAPSED_MS_LEAST, elapsedMs)) - QUEUE_POWER * ln(queue);
    const { typical } = this.#comparison;
    // NaN while nothing is typical yet: then it tells nothing of latency.
    if (this.#warmth.settle(slot, elapsedMs, nowMs) && !(x <= typical)) x = typical;
    const usual = observations.samples[slot] > 0 ? observations.mean[slot] : typical;
    if (outcome === Outcome.cancelled) {
      if (x > usual) observations.outwait(slot, x, nowMs);
      return;
    }
    const failed = isFailure(outcome);
    if (failed && x < usual) x = usual;
    observations.end(slot, x, failed, nowMs);
    if (this.#silence[slot] === 1) return;
    this.#silence[slot] = 1;
    this.#setScore(slot);
  }

  refresh(nowMs: number): void {
    const { slots, count } = this.#candidates;
    const { rows } = this.#env;
    const workers = (rows['at'] as readonly Float64Array[]).length;
    const end = Math.min(count, this.#merged + Math.ceil(REFRESH_CELLS / workers));
    const { deviation } = this.#comparison;
    for (let at = this.#merged; at < end; at++) this.#observations.merge(slots[at], deviation, nowMs);
    this.#merged = end;
    if (end === count) {
      this.#merged = 0;
      this.#observations.calibrate(slots, count);
      this.#comparison.compare(slots, count, this.#observations);
      this.#forgotten = this.#mostForgotten(nowMs);
    }
    this.#score(slots, count, nowMs);
  }

  explain(slots: Int32Array, count: number, _key: number, nowMs: number, into: PickView): void {
    const { inFlight } = this.#env;
    const { factor, pace } = this.#comparison;
    const [slowness, silence, since, latest, paces, shares] = into.inputs;
    for (let at = 0; at < count; at++) {
      const slot = slots[at];
      slowness[at] = factor[slot];
      silence[at] = this.#silence[slot];
      since[at] = this.#observations.since[slot];
      latest[at] = this.#observations.latestOf(slot);
      paces[at] = pace[slot];
      shares[at] = this.#share[slot];
      // As the pick would see it: a silence is looked at when the backend is about to be picked.
      const busy = inFlight[slot] > 0;
      const now = busy ? Math.max(silence[at], this.#silenceAfter(slot, nowMs - latest[at])) : silence[at];
      into.score[at] = factor[slot] * now * (this.#servers + inFlight[slot] / shares[at]);
    }
    into.state[0] = this.#servers;
    into.state[1] = this.#credit;
    into.state[2] = this.#forgotten;
  }

  restore(slots: Int32Array, count: number, { inputs, state }: PickView): void {
    const { rows, worker } = this.#env;
    const [slowness, silence, since, latest, paces, shares] = inputs;
    this.#servers = state[0];
    this.#credit = state[1];
    this.#forgotten = state[2];
    for (let at = 0; at < count; at++) {
      const slot = slots[at];
      this.#comparison.factor[slot] = slowness[at];
      this.#comparison.pace[slot] = paces[at];
      this.#silence[slot] = silence[at];
      this.#share[slot] = shares[at];
      this.#observations.since[slot] = since[at];
      rows['since'][worker][slot] = latest[at];
      this.#setScore(slot);
    }
  }

  /** Whether the slot has become more silent since its score was set; if so, raises it. */
  #fellSilent(slot: number, nowMs: number): boolean {
    if (this.#env.inFlight[slot] === 0 || this.#silenceOf(slot, nowMs) <= this.#silence[slot]) return false;
    // Another worker may have heard of it.
    this.#observations.silentSince(slot);
    const silence = this.#silenceOf(slot, nowMs);
    if (silence <= this.#silence[slot]) return false;
    this.#silence[slot] = silence;
    this.#setScore(slot);
    return true;
  }

  /** The factor for having requests in flight of which none has ended for long. */
  #silenceOf(slot: number, nowMs: number): number {
    return this.#silenceAfter(slot, nowMs - this.#observations.since[slot]);
  }

  #silenceAfter(slot: number, silentMs: number): number {
    const served = Math.min(this.#env.inFlight[slot], this.#parallelism);
    const missed = silentMs * served * this.#comparison.pace[slot];
    return missed > SILENCE_LEAST ? Math.min(SILENCE_MAX, missed) : 1;
  }

  #score(slots: Int32Array, count: number, nowMs: number): void {
    const { inFlight } = this.#env;
    let total = 0;
    for (let at = 0; at < count; at++) {
      const slot = slots[at];
      total += inFlight[slot];
      this.#silence[slot] = inFlight[slot] > 0 ? this.#silenceOf(slot, nowMs) : 1;
      this.#setScore(slot);
    }
    if (count > 0) this.#usual += (total / count - this.#usual) * USUAL_SHARE;
    this.#servers = Math.max(this.#parallelism, USUAL_SERVED * this.#usual);
  }

  #setScore(slot: number): void {
    const price = this.#comparison.factor[slot] * this.#silence[slot];
    this.#cheapest.base[slot] = price * this.#servers;
    this.#cheapest.rise[slot] = price / this.#share[slot];
  }

  #mostForgotten(nowMs: number): number {
    const { slots, count } = this.#candidates;
    let forgotten = -1;
    let longest = nowMs - FORGOTTEN_MS;
    for (let at = 0; at < count; at++) {
      const slot = slots[at];
      const since = this.#observations.since[slot];
      if (this.#env.inFlight[slot] > 0 || since > longest) continue;
      forgotten = slot;
      longest = since;
    }
    return forgotten;
  }
}

export const adaptive: StrategyDefinition = {
  name: 'adaptive',
  summary: 'Takes the backend with the least expected work, learned from latency, errors and silence.',
  bestWhen: 'Nearly always: backends differ, slow down, pause or fail, and nobody wants to tune weights.',
  params: [
    {
      name: 'parallelism',
      type: 'number',
      summary: 'Requests that one backend serves well side by side.',
      default: 4,
      min: 1,
      max: 256,
      integer: true,
    },
    {
      name: 'memoryMs',
      type: 'number',
      summary: 'How long latencies and errors are remembered, in milliseconds.',
      default: 3000,
      min: 100,
      max: 600_000,
      integer: true,
    },
    {
      name: 'explore',
      type: 'number',
      summary: 'Share of requests, at most, that go to idle backends not heard of for a second.',
      default: 0.005,
      min: 0,
      max: 0.1,
      integer: false,
    },
  ],
  memory: { rows: OBSERVATION_ROWS, words: [] },
  explains: {
    score: 'expected work: (in flight / weight + parallelism) * slowness with errors * silence',
    wins: 'least',
    inputs: ['slowness', 'silence', 'sinceMs', 'heardMs', 'endsPerMs', 'share'],
    state: ['parallelism', 'exploreCredit', 'forgotten'],
  },
  key: null,
  weighted: true,
  refreshMs: 20,
  create: (env) => new Adaptive(env),
};
