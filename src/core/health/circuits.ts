/**
 * The circuits of one pool as one worker sees them: every step of circuit.ts applied to the shared words by compare-and-swap.
 *
 * A circuit opens after failures in a row, by the share of failures in a window, or because the backend is an outlier. It
 * stays closed, whatever it has earned, while opening it would leave the pool without an eligible backend or put more than
 * `maxOpen` of its members out (one may always be out while another is eligible). Counting members and opening must be one
 * step, so a worker holds a lock meanwhile; one that finds it taken leaves the opening to the next failure, since no thread
 * may wait on the path of a request.
 *
 * Where other replicas have opened theirs for the same backend, one failure here is enough: what they say is believed once it
 * has been seen, so that a replica whose own network is broken takes nothing from the others.
 */
import type { Members } from '../balancing/members.ts';
import { isFailure, Outcome } from '../outcome.ts';
import type { CircuitPlan } from '../plan-failures.ts';
import * as circuit from './circuit.ts';
import { CircuitState } from './circuit.ts';
import { FailureWindow } from './failure-window.ts';
import { isOutlier, OTHERS_LEAST } from './outlier.ts';

/** What circuits keep in memory, by slot; all cells start at 0. */
export interface CircuitViews {
  readonly words: Int32Array;
  /** Two cells a slot, by the generation's last bit: when the present state began, in ms modulo 2^32. */
  readonly since: Int32Array;
  /** [0]: 0, or 1 + the worker that is opening a circuit. */
  readonly lock: Int32Array;
  /** How many other replicas have opened theirs, each for failures that it has seen itself. */
  readonly elsewhere: Int32Array;
  /** A row per worker of `WINDOW_CELLS` a slot. */
  readonly windows: readonly Float64Array[];
}

/** Why a circuit changed its state, or did not. */
export const CircuitCause = {
  /** Failures in a row. */
  streak: 0,
  /** Share of failures in the window. */
  ratio: 1,
  /** Fails much more often than the pool's others. */
  outlier: 2,
  /** The time to wait is over: a trial goes through. */
  due: 3,
  /** The trials went well. */
  recovered: 4,
  trialFailed: 5,
  /** A trial was not heard of again. */
  trialLost: 6,
  /** Stays closed: no other backend is eligible. */
  last: 7,
  /** Stays closed: as many are open as may be. */
  maxOpen: 8,
  /** Failed here too, after other replicas have opened theirs. */
  elsewhere: 9,
} as const;
export type CircuitCause = (typeof CircuitCause)[keyof typeof CircuitCause];
export const CIRCUIT_CAUSE_NAMES = [
  'failures-in-a-row',
  'failure-ratio',
  'outlier',
  'due',
  'recovered',
  'trial-failed',
  'trial-lost',
  'last-eligible',
  'max-open',
  'other-replicas',
] as const;

export interface CircuitEvent {
  readonly slot: number;
  /** The state it has now. */
  readonly state: CircuitState;
  readonly cause: CircuitCause;
  /** Failures and attempts that the cause speaks of; 0 where it does not. */
  readonly failures: number;
  readonly attempts: number;
}
export type OnCircuit = (event: CircuitEvent) => void;

/** How often a worker compares a pool's backends with each other at most. */
const OUTLIER_EVERY_MS = 100;

const EVER = -Infinity;
/** Reads of one clock by two threads never differ by so much. */
const CLOCK_SKEW_MS = 60_000;
/** Longer than 2^31 ms: as long as matters. */
const WRAPPED_MS = 0x8000_0000;

export class Circuits {
  readonly plan: CircuitPlan;
  /** The permit of the trial taken last: its word as that trial made it, whatever others have made of it since. */
  trialPermit = 0;
  readonly #views: CircuitViews;
  readonly #members: Members;
  readonly #worker: number;
  readonly #window: FailureWindow;
  readonly #onEvent: OnCircuit;
  #comparedMs = -Infinity;

  constructor(plan: CircuitPlan, views: CircuitViews, members: Members, worker: number, onEvent: OnCircuit) {
    this.plan = plan;
    this.#views = views;
    this.#members = members;
    this.#worker = worker;
    this.#window = new FailureWindow(views.windows, worker, plan.windowMs);
    this.#onEvent = onEvent;
  }

  isClosed(slot: number): boolean {
    return ((this.#views.words[slot] as number) & 3) === CircuitState.closed;
  }

  /** What an attempt that begins now must remember of the circuit. */
  permit(slot: number): number {
    return this.#views.words[slot] as number;
  }

  /** When a circuit that is not closed may next be tried, or since when it may. */
  dueMs(slot: number, nowMs: number): number {
    const word = Atomics.load(this.#views.words, slot);
    const state = circuit.stateOf(word);
    if (state === CircuitState.closed) return Infinity;
    const lasted = this.#lastedMs(slot, word, nowMs);
    if (state === CircuitState.open) return nowMs + circuit.openMs(word, slot, this.plan) - lasted;
    if (this.#hasRoom(word)) return nowMs - lasted;
    return nowMs + this.plan.trialMs - lasted;
  }

  /** Takes a trial at a circuit that is not closed, when one is due: to be settled as one, under `trialPermit`. */
  takeTrial(slot: number, nowMs: number): boolean {
    const { words } = this.#views;
    const word = Atomics.load(words, slot);
    const state = circuit.stateOf(word);
    if (state === CircuitState.closed) return false;
    const lasted = this.#lastedMs(slot, word, nowMs);
    if (state === CircuitState.halfOpen && this.#hasRoom(word)) {
      Atomics.store(this.#views.since, sinceCell(slot, word), nowMs | 0);
      this.trialPermit = circuit.withTrial(word);
      return Atomics.compareExchange(words, slot, word, this.trialPermit) === word;
    }
    const open = state === CircuitState.open;
    if (lasted < (open ? circuit.openMs(word, slot, this.plan) : this.plan.trialMs)) return false;
    this.trialPermit = circuit.halfOpened(word);
    if (!this.#move(slot, word, this.trialPermit, nowMs)) return false;
    this.#onEvent({
      slot,
      state: CircuitState.halfOpen,
      cause: open ? CircuitCause.due : CircuitCause.trialLost,
      failures: 0,
      attempts: 0,
    });
    return true;
  }

  /**
   * An attempt that began under `permit` ended; or its answer began, if it is not settled again. Of a trial, and of what goes on
   * for hours, that is when it must be said: at its end a trial would long have counted as lost.
   */
  settle(slot: number, permit: number, trial: boolean, outcome: Outcome, nowMs: number): void {
    if (trial) {
      this.#settleTrial(slot, permit, outcome, nowMs);
      return;
    }
    if (outcome === Outcome.cancelled) return;
    const failed = isFailure(outcome);
    const word = this.#views.words[slot] as number;
    const generation = circuit.generationOf(permit);
    if ((word & 3) !== CircuitState.closed || circuit.generationOf(word) !== generation) return;
    this.#window.record(slot, failed, nowMs);
    if (failed) this.#onFailure(slot, generation, nowMs);
    else if (circuit.streakOf(word) > 0) this.#change(slot, circuit.withSuccess, generation);
  }

  /** Whether the slot answered some request well within the window. */
  answeredLately(slot: number, nowMs: number): boolean {
    this.#window.sum(slot, nowMs, EVER);
    return this.#window.attempts > this.#window.failures;
  }

  #settleTrial(slot: number, permit: number, outcome: Outcome, nowMs: number): void {
    const { words } = this.#views;
    const generation = circuit.generationOf(permit);
    for (;;) {
      const word = Atomics.load(words, slot);
      if (circuit.stateOf(word) !== CircuitState.halfOpen || circuit.generationOf(word) !== generation) return;
      if (outcome === Outcome.cancelled) {
        if (Atomics.compareExchange(words, slot, word, circuit.withoutTrial(word)) !== word) continue;
        // Another trial may begin at once: those who pick must look again.
        this.#members.views.moveEpoch();
        return;
      }
      if (isFailure(outcome)) {
        if (!this.#move(slot, word, circuit.opened(word, false), nowMs)) continue;
        this.#tell(slot, CircuitState.open, CircuitCause.trialFailed, 1, 1);
        return;
      }
      const next = circuit.withGoodTrial(word, this.plan.trials);
      if (circuit.stateOf(next) !== CircuitState.closed) {
        if (Atomics.compareExchange(words, slot, word, next) !== word) continue;
        this.#members.views.moveEpoch();
        return;
      }
      if (!this.#move(slot, word, next, nowMs)) continue;
      this.#tell(slot, CircuitState.closed, CircuitCause.recovered, 0, this.plan.trials);
      return;
    }
  }

  #onFailure(slot: number, generation: number, nowMs: number): void {
    const word = this.#change(slot, circuit.withFailure, generation);
    if (word === null) return;
    const streak = circuit.streakOf(word);
    if (streak >= this.plan.consecutiveFailures) {
      this.#open(slot, generation, CircuitCause.streak, streak, streak, nowMs);
      return;
    }
    if ((this.#views.elsewhere[slot] as number) > 0) {
      this.#open(slot, generation, CircuitCause.elsewhere, streak, streak, nowMs);
      return;
    }
    // What it did before it was out has been judged.
    this.#window.sum(slot, nowMs, circuit.levelOf(word) === 0 ? EVER : nowMs - this.#lastedMs(slot, word, nowMs));
    const { attempts, failures } = this.#window;
    if (attempts < this.plan.minRequests) return;
    if (failures >= this.plan.failureRatio * attempts)
      this.#open(slot, generation, CircuitCause.ratio, failures, attempts, nowMs);
    else if (this.plan.outlier && this.#isOutlier(slot, failures, attempts, nowMs))
      this.#open(slot, generation, CircuitCause.outlier, failures, attempts, nowMs);
  }

  #isOutlier(slot: number, failures: number, attempts: number, nowMs: number): boolean {
    if (nowMs - this.#comparedMs < OUTLIER_EVERY_MS) return false;
    this.#comparedMs = nowMs;
    let others = 0;
    let otherFailures = 0;
    let otherAttempts = 0;
    for (const member of this.#members.list) {
      if (member.slot === slot || !this.#members.isWell(member.slot)) continue;
      this.#window.sum(member.slot, nowMs, EVER);
      if (this.#window.attempts < this.plan.minRequests) continue;
      others += 1;
      otherFailures += this.#window.failures;
      otherAttempts += this.#window.attempts;
    }
    return others >= OTHERS_LEAST && isOutlier(failures, attempts, otherFailures, otherAttempts);
  }

  /**
   * Opens a circuit that is still closed in the generation that was judged, if the pool can do without the backend. Others may
   * have opened, tried and closed it meanwhile.
   */
  #open(
    slot: number,
    generation: number,
    cause: CircuitCause,
    failures: number,
    attempts: number,
    nowMs: number,
  ): void {
    const { words, lock } = this.#views;
    if (Atomics.compareExchange(lock, 0, 0, 1 + this.#worker) !== 0) return;
    const word = Atomics.load(words, slot);
    const stands = circuit.stateOf(word) === CircuitState.closed && circuit.generationOf(word) === generation;
    const forbidden = stands ? this.#whyNot(slot) : null;
    let moved = false;
    if (stands && forbidden === null) {
      const anew = circuit.opensAnew(word, this.#lastedMs(slot, word, nowMs), this.plan);
      moved = this.#move(slot, word, circuit.opened(word, anew), nowMs);
    }
    Atomics.store(lock, 0, 0);
    if (moved) this.#tell(slot, CircuitState.open, cause, failures, attempts);
    // Said when it happens, not at each failure that follows.
    else if (forbidden !== null && cause === CircuitCause.streak && failures === this.plan.consecutiveFailures)
      this.#tell(slot, CircuitState.closed, forbidden, failures, attempts);
  }

  /** What speaks against taking a backend out; null when nothing does. */
  #whyNot(slot: number): CircuitCause | null {
    let members = 0;
    let out = 0;
    let eligible = 0;
    for (const member of this.#members.list) {
      if (!this.#members.takesPart(member.slot)) continue;
      members += 1;
      if (!this.isClosed(member.slot)) out += 1;
      else if (member.slot !== slot && this.#members.isWell(member.slot)) eligible += 1;
    }
    if (eligible === 0) return CircuitCause.last;
    return out + 1 > Math.max(1, Math.floor(this.plan.maxOpen * members)) ? CircuitCause.maxOpen : null;
  }

  /** Applies a step to a closed circuit of this generation; null when it is not that any more. */
  #change(slot: number, step: (word: number) => number, generation: number): number | null {
    const { words } = this.#views;
    for (;;) {
      const word = Atomics.load(words, slot);
      if (circuit.stateOf(word) !== CircuitState.closed || circuit.generationOf(word) !== generation) return null;
      const next = step(word);
      if (next === word || Atomics.compareExchange(words, slot, word, next) === word) return next;
    }
  }

  /** Changes the state. The time goes first, into the cell of the new generation, so that whoever sees the state finds it. */
  #move(slot: number, word: number, next: number, nowMs: number): boolean {
    const { words, since } = this.#views;
    Atomics.store(since, sinceCell(slot, next), nowMs | 0);
    if (Atomics.compareExchange(words, slot, word, next | 0) !== word) return false;
    this.#members.views.moveEpoch();
    return true;
  }

  #lastedMs(slot: number, word: number, nowMs: number): number {
    const lasted = ((nowMs | 0) - Atomics.load(this.#views.since, sinceCell(slot, word))) | 0;
    // Another worker's clock read may be a little later; far below 0 it is a time that wrapped.
    if (lasted < -CLOCK_SKEW_MS) return WRAPPED_MS;
    return Math.max(0, lasted);
  }

  #hasRoom(word: number): boolean {
    return circuit.trialsOf(word) + circuit.goodOf(word) < this.plan.trials;
  }

  #tell(slot: number, state: CircuitState, cause: CircuitCause, failures: number, attempts: number): void {
    this.#onEvent({ slot, state, cause, failures, attempts });
  }
}

function sinceCell(slot: number, word: number): number {
  return slot * 2 + (circuit.generationOf(word) & 1);
}
