/**
 * One backend's circuit: what its requests say of it, as a pure step over one 32-bit word that all workers change by
 * compare-and-swap only.
 *
 * - Closed: requests go through. Failures in a row are counted in the word; a success takes the count back to 0.
 * - Open: no requests. It lasts `openForMs`, doubled with each opening in a row, up to `maxOpenForMs`, give or take a tenth,
 *   so that backends opened together are not tried together.
 * - Half-open: up to `trials` requests go through at one time. Once so many have succeeded the circuit closes; one that
 *   fails opens it again. A trial that says nothing for `trialMs` was lost with its worker: the circuit then becomes half-open
 *   anew, and what the lost one may still say is not listened to.
 *
 * Every change of state moves the word's generation. An attempt remembers the word it began under, and its end counts only
 * while the generation is the same: late answers of requests sent before the circuit opened neither open it again nor
 * close it.
 * Cold start: a word of 0 is a closed circuit without a past. Recovery: openings count as "in a row" until the circuit has
 * held for longer than it was out (and for the window).
 * Sources: Nygard, Release It! (2007); Finagle's failure accrual; Envoy's outlier detection, whose later ejections took
 * more errors than configured because counts outlived states (envoyproxy/envoy #40697).
 */
import type { CircuitPlan } from '../plan-failures.ts';
import { mix32 } from '../math/hash.ts';

export const CircuitState = { closed: 0, open: 1, halfOpen: 2 } as const;
export type CircuitState = (typeof CircuitState)[keyof typeof CircuitState];
export const CIRCUIT_STATE_NAMES = ['closed', 'open', 'half-open'] as const;

/** state: bits 0-1; level: 2-6; generation: 7-17; closed: failures in a row 18-31; half-open: trials on 18-24, good 25-31. */
const LEVEL_AT = 2;
const LEVEL_MAX = 31;
const GENERATION_AT = 7;
const GENERATION_MASK = 0x7ff;
const COUNT_AT = 18;
const TRIAL_MASK = 0x7f;
const GOOD_AT = 25;

/** The most failures in a row that a word can count. */
export const STREAK_MAX = 10_000;
/** The most trials that a word can count. */
export const TRIALS_MAX = 100;

/** How much sooner or later than planned a circuit may be tried, as a share of the plan. */
const JITTER = 0.1;

export function stateOf(word: number): CircuitState {
  return (word & 3) as CircuitState;
}

/** Openings in a row so far. */
export function levelOf(word: number): number {
  return (word >>> LEVEL_AT) & LEVEL_MAX;
}

/** Moves with every change of state. */
export function generationOf(word: number): number {
  return (word >>> GENERATION_AT) & GENERATION_MASK;
}

/** Failures in a row of a closed circuit. */
export function streakOf(word: number): number {
  return word >>> COUNT_AT;
}

/** Trials of a half-open circuit that have not ended. */
export function trialsOf(word: number): number {
  return (word >>> COUNT_AT) & TRIAL_MASK;
}

/** Trials of a half-open circuit that have succeeded. */
export function goodOf(word: number): number {
  return word >>> GOOD_AT;
}

/** A closed circuit after one more failure. */
export function withFailure(word: number): number {
  return streakOf(word) >= STREAK_MAX ? word : (word + (1 << COUNT_AT)) | 0;
}

/** A closed circuit after a success. */
export function withSuccess(word: number): number {
  return (word << (32 - COUNT_AT)) >>> (32 - COUNT_AT);
}

/** The circuit opens; `anew`: openings before this one no longer count. */
export function opened(word: number, anew: boolean): number {
  return make(CircuitState.open, anew ? 1 : Math.min(LEVEL_MAX, levelOf(word) + 1), generationOf(word) + 1, 0);
}

/** The circuit becomes half-open with its first trial. */
export function halfOpened(word: number): number {
  return make(CircuitState.halfOpen, levelOf(word), generationOf(word) + 1, 1);
}

/** A half-open circuit lets one more trial through. */
export function withTrial(word: number): number {
  return (word + (1 << COUNT_AT)) | 0;
}

/** A half-open circuit whose trial succeeded: still half-open, or closed once `trials` have. */
export function withGoodTrial(word: number, trials: number): number {
  const good = goodOf(word) + 1;
  if (good >= trials) return make(CircuitState.closed, levelOf(word), generationOf(word) + 1, 0);
  return (word - (1 << COUNT_AT) + (1 << GOOD_AT)) | 0;
}

/** A half-open circuit whose trial ended without saying anything: its client went away. */
export function withoutTrial(word: number): number {
  return (word - (1 << COUNT_AT)) | 0;
}

function make(state: CircuitState, level: number, generation: number, count: number): number {
  return state | (level << LEVEL_AT) | ((generation & GENERATION_MASK) << GENERATION_AT) | (count << COUNT_AT);
}

/** How long an open circuit stays so, in milliseconds: the same for every worker that asks. */
export function openMs(word: number, slot: number, plan: Pick<CircuitPlan, 'openForMs' | 'maxOpenForMs'>): number {
  const planned = Math.min(plan.maxOpenForMs, plan.openForMs * 2 ** Math.max(0, levelOf(word) - 1));
  const chance = mix32(Math.imul(slot + 1, 0x9e3779b1) ^ generationOf(word)) / 0x1_0000_0000;
  return planned * (1 - JITTER + 2 * JITTER * chance);
}

/** Whether an opening after `closedMs` in the closed state begins a new row of openings. */
export function opensAnew(
  word: number,
  closedMs: number,
  plan: Pick<CircuitPlan, 'openForMs' | 'maxOpenForMs' | 'windowMs'>,
): boolean {
  const wasOpenMs = Math.min(plan.maxOpenForMs, plan.openForMs * 2 ** Math.max(0, levelOf(word) - 1));
  return levelOf(word) === 0 || closedMs > Math.max(plan.windowMs, wasOpenMs);
}
