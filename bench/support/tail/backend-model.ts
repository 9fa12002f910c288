import { Chance } from './chance.ts';
import {
  BACKENDS,
  BROWN_SLOWNESS,
  FAIL_AFTER_MS,
  PAUSE_EVERY_MS,
  PAUSE_MS,
  WINDOW,
  scenarioOf,
  type Run,
  type Scenario,
} from './scenarios.ts';

/** A stretch of time in which a backend works at another pace; 0 is frozen. */
interface Pace {
  readonly fromMs: number;
  readonly toMs: number;
  readonly speed: number;
}

/** When a request will be answered, and how. */
export interface Verdict {
  readonly atMs: number;
  readonly failed: boolean;
}

/**
 * One backend as a queue with k servers (M/G/k). The end of each request's work is worked out at its arrival, in exact
 * time: a timer that fires late delays one answer, never those that queue behind it.
 */
export class BackendModel {
  readonly #run: Run;
  readonly #scenario: Scenario;
  readonly #index: number;
  readonly #freeAtMs: Float64Array;
  readonly #paces: readonly Pace[];
  readonly #failing: Pace | null;

  constructor(run: Run, index: number) {
    this.#run = run;
    this.#scenario = scenarioOf(run.scenario);
    this.#index = index;
    this.#freeAtMs = new Float64Array(this.#scenario.slots[index]!);
    const lengthMs = run.seconds * 1000;
    const fromMs = run.startAtMs + WINDOW.from * lengthMs;
    const toMs = run.startAtMs + WINDOW.to * lengthMs;
    const { trouble } = this.#scenario;
    this.#failing = trouble === 'fail' && index === 0 ? { fromMs, toMs, speed: 0 } : null;
    if (trouble === 'brown' && index === 0) this.#paces = [{ fromMs, toMs, speed: 1 / BROWN_SLOWNESS }];
    else this.#paces = trouble === 'pauses' ? pauses(run, index) : [];
  }

  /** A request with its number arrives: takes the slot that is free first. */
  arrive(number: number, nowMs: number): Verdict {
    if (this.#failing !== null && nowMs >= this.#failing.fromMs && nowMs < this.#failing.toMs) {
      return { atMs: nowMs + FAIL_AFTER_MS, failed: true };
    }
    const chance = new Chance(this.#run.seed, number, this.#run.independent ? this.#index : -1);
    const workMs = this.#scenario.workMs(chance) * this.#scenario.slowness[this.#index]!;
    let first = 0;
    for (let slot = 1; slot < this.#freeAtMs.length; slot++) {
      if (this.#freeAtMs[slot]! < this.#freeAtMs[first]!) first = slot;
    }
    const atMs = this.finish(Math.max(nowMs, this.#freeAtMs[first]!), workMs);
    this.#freeAtMs[first] = atMs;
    return { atMs, failed: false };
  }

  /** When work begun at a time ends, slow stretches and freezes included. */
  finish(startMs: number, workMs: number): number {
    let atMs = startMs;
    let leftMs = workMs;
    for (const pace of this.#paces) {
      if (pace.toMs <= atMs) continue;
      const beforeMs = Math.max(0, pace.fromMs - atMs);
      if (beforeMs > 0 && leftMs <= beforeMs) break;
      leftMs -= beforeMs;
      atMs += beforeMs;
      const capacityMs = (pace.toMs - atMs) * pace.speed;
      if (leftMs < capacityMs) return atMs + leftMs / pace.speed;
      leftMs -= capacityMs;
      atMs = pace.toMs;
    }
    return atMs + leftMs;
  }
}

/**
 * Freezes at random times, but as many in every run as are expected: their number decides whether more than 1 % of the
 * requests meet one, hence p99, and drawn freely (24 to 48 in 20 s) it would tell seeds apart rather than targets.
 */
function pauses(run: Run, index: number): Pace[] {
  const chance = new Chance(run.seed, 7919, index);
  const lengthMs = run.seconds * 1000;
  const total = Math.round((BACKENDS * lengthMs) / (PAUSE_EVERY_MS + PAUSE_MS));
  const count = Math.floor((total + BACKENDS - 1 - index) / BACKENDS);
  // Uniform times in what is left when the freezes are taken out, then put back: none overlap.
  const times = Array.from({ length: count }, () => chance.unit() * (lengthMs - count * PAUSE_MS)).sort(
    (a, b) => a - b,
  );
  return times.map((time, at) => {
    const fromMs = run.startAtMs + time + at * PAUSE_MS;
    return { fromMs, toMs: fromMs + PAUSE_MS, speed: 0 };
  });
}
