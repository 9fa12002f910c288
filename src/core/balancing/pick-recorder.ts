/**
 * Records one pick: who could be picked, what the strategy knew of each, what was drawn, who was chosen and by which way, and
 * why the others could not be. The inputs are taken just before the strategy is asked, into memory that is used again for
 * every record; `take` copies them out, cut to size. What another worker changes in the microseconds between is not seen, so
 * a record of a busy pool may now and then not reproduce its pick.
 */
import type { Circuits } from '../health/circuits.ts';
import { EXPLAINED_MAX, type PickView, type Strategy } from '../strategy.ts';
import type { DrawTape } from './draw-tape.ts';
import { EXCLUSIONS, exclusionOf, type Exclusion } from './exclusion.ts';
import type { Members, SlotViews } from './members.ts';

/** Candidates that a record tells of, and members that were excluded: as many as strategies look at one by one. */
export const CANDIDATES_MAX = 128;
export const EXCLUDED_MAX = 128;

/** By which way a slot was picked. */
export const PICK_WAYS = [
  /** By the strategy, among all candidates. */
  'strategy',
  /** By the strategy, among those that had room and were not tried. */
  'among',
  /** It was due for a trial of its circuit. */
  'trial',
  /** No candidate was left: the least busy of another tier. */
  'other-tier',
  /** All were tried: the one that failed last, again. */
  'again',
  /** Nobody could be picked. */
  'none',
] as const;
export type PickWay = (typeof PICK_WAYS)[number];

/** Plain data, so that threads can hand it to each other. Arrays are by position among the candidates. */
export interface PickRecord {
  readonly way: PickWay;
  /** The slot; negative: nobody could be picked (selector.ts). */
  readonly chosen: number;
  /** The request's hash, where the strategy places requests by one; else 0. */
  readonly key: number;
  /** Of the worker's clock. */
  readonly nowMs: number;
  readonly panic: boolean;
  /** The candidates are a last resort: probes call them down, and they answered lately. */
  readonly resort: boolean;
  readonly slots: Int32Array;
  /** Candidates beyond CANDIDATES_MAX, and members beyond EXCLUDED_MAX. */
  readonly moreCandidates: number;
  readonly moreExcluded: number;
  readonly inFlight: Int32Array;
  readonly weight: Float64Array;
  readonly score: Float64Array;
  /** One column after the other, as `Explains.inputs`. */
  readonly inputs: Float64Array;
  readonly state: Float64Array;
  /** Of `among`: those that were left to pick from. */
  readonly subset: Int32Array;
  readonly draws: Float64Array;
  /** All numbers drawn are in `draws`. */
  readonly drawsWhole: boolean;
  readonly compared: Int32Array;
  /** Slot and place in EXCLUSIONS, one behind the other. */
  readonly excluded: Int32Array;
}

export class PickRecorder {
  readonly #tape: DrawTape;
  readonly #view: PickView;
  readonly #slots = new Int32Array(CANDIDATES_MAX);
  readonly #inFlight = new Int32Array(CANDIDATES_MAX);
  readonly #weight = new Float64Array(CANDIDATES_MAX);
  readonly #subset = new Int32Array(CANDIDATES_MAX);
  readonly #excluded = new Int32Array(2 * EXCLUDED_MAX);
  #count = 0;
  #moreCandidates = 0;
  #subsetCount = 0;
  #excludedCount = 0;
  #moreExcluded = 0;
  #way: PickWay = 'none';
  #key = 0;
  #nowMs = 0;
  #asked: Strategy | null = null;

  constructor(tape: DrawTape) {
    const column = (): Float64Array => new Float64Array(CANDIDATES_MAX);
    this.#tape = tape;
    this.#view = {
      score: column(),
      inputs: Array.from({ length: EXPLAINED_MAX }, column),
      state: new Float64Array(EXPLAINED_MAX),
    };
  }

  /** A pick begins among `slots[0..count)`. Called again when it is made anew. */
  begin(
    strategy: Strategy,
    slots: Int32Array,
    count: number,
    members: { readonly views: Pick<SlotViews, 'total' | 'weight'> },
    key: number,
    nowMs: number,
  ): void {
    const kept = Math.min(count, CANDIDATES_MAX);
    const { total, weight } = members.views;
    this.#count = kept;
    this.#moreCandidates = count - kept;
    for (let at = 0; at < kept; at++) {
      const slot = slots[at] as number;
      this.#slots[at] = slot;
      this.#inFlight[at] = total[slot] as number;
      this.#weight[at] = weight[slot] as number;
    }
    this.#way = 'none';
    this.#key = key;
    this.#nowMs = nowMs;
    this.#subsetCount = 0;
    this.#excludedCount = 0;
    this.#moreExcluded = 0;
    this.#explain(strategy);
    this.#asked = null;
    this.#tape.begin();
  }

  /** The strategy is asked now; `subset[0..count)` where it has to leave some out. */
  ask(strategy: Strategy, subset: Int32Array | null, count: number): void {
    this.#asked = strategy;
    this.#way = subset === null ? 'strategy' : 'among';
    if (subset !== null) {
      this.#subsetCount = Math.min(count, CANDIDATES_MAX);
      this.#subset.set(subset.subarray(0, this.#subsetCount));
      // What it was asked before has moved it on.
      this.#explain(strategy);
      this.#admitSubset();
    }
    this.#tape.begin();
  }

  /** The slot was not taken by asking the strategy. */
  by(way: PickWay): void {
    this.#way = way;
    this.#asked = null;
  }

  /** A candidate that could not be picked, seen while the others were narrowed down. */
  exclude(slot: number, why: Exclusion): void {
    if (this.#excludedCount === EXCLUDED_MAX) {
      this.#moreExcluded += 1;
      return;
    }
    this.#excluded[2 * this.#excludedCount] = slot;
    this.#excluded[2 * this.#excludedCount + 1] = EXCLUSIONS.indexOf(why);
    this.#excludedCount += 1;
  }

  /** The members that are no candidates, `slots[0..count)`. */
  excludeOthers(members: Members, circuits: Circuits | null, slots: Int32Array, count: number): void {
    const candidates = new Set(slots.subarray(0, count));
    for (const { slot } of members.list)
      if (!candidates.has(slot)) this.exclude(slot, exclusionOf(members, circuits, slot));
  }

  /** The record of the pick that began last, now that `chosen` is known. */
  take(chosen: number, panic: boolean, resort: boolean, columns: number, states: number): PickRecord {
    const tape = this.#tape;
    tape.end();
    const count = this.#count;
    const { score, inputs, state } = this.#view;
    const columnsOut = new Float64Array(columns * count);
    for (let column = 0; column < columns; column++)
      columnsOut.set((inputs[column] as Float64Array).subarray(0, count), column * count);
    return {
      way: chosen < 0 ? 'none' : this.#way,
      chosen,
      key: this.#key,
      nowMs: this.#nowMs,
      panic,
      resort,
      slots: this.#slots.slice(0, count),
      moreCandidates: this.#moreCandidates,
      moreExcluded: this.#moreExcluded,
      inFlight: this.#inFlight.slice(0, count),
      weight: this.#weight.slice(0, count),
      score: score.slice(0, count),
      inputs: columnsOut,
      state: state.slice(0, states),
      subset: this.#subset.slice(0, this.#subsetCount),
      draws: tape.drawn.slice(0, tape.count),
      drawsWhole: tape.count <= tape.drawn.length,
      compared: this.#asked?.compared?.slice() ?? new Int32Array(0),
      excluded: this.#excluded.slice(0, 2 * this.#excludedCount),
    };
  }

  /** Those that are tried once more are not excluded any longer. */
  #admitSubset(): void {
    const subset = this.#subset.subarray(0, this.#subsetCount);
    let kept = 0;
    for (let at = 0; at < this.#excludedCount; at++) {
      const slot = this.#excluded[2 * at] as number;
      if (subset.includes(slot)) continue;
      this.#excluded[2 * kept] = slot;
      this.#excluded[2 * kept + 1] = this.#excluded[2 * at + 1] as number;
      kept += 1;
    }
    this.#excludedCount = kept;
  }

  #explain(strategy: Strategy): void {
    // A record that leaves candidates out can be read, but the strategy cannot be asked for a part of them.
    this.#view.score.fill(NaN);
    if (this.#moreCandidates === 0) strategy.explain?.(this.#slots, this.#count, this.#key, this.#nowMs, this.#view);
  }
}
