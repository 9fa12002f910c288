/**
 * Which steps an answer has. They begin at multiples of their length since 1970, so that two answers show the same steps. A
 * step is a divisor of a minute (seconds are kept for the past hour) or whole minutes (kept for a day). What was wished
 * becomes the next coarser of these that keeps the answer small; the answer says which.
 */

/** How far back steps of a minute reach. */
export const HISTORY_SPAN_S = 86_400;
/** How far back steps under a minute reach. */
export const HISTORY_FINE_SPAN_S = 3_600;
/** Steps in an answer at most: more than a screen has columns. */
export const HISTORY_STEPS_MAX = 2_000;
export const HISTORY_STEP_MAX_S = HISTORY_SPAN_S;
/** A range "of the past hour" has been asked for a moment ago, and begins with a whole step. */
export const FINE_SLACK_S = 120;

/** Without a wish, an answer has about as many steps as a chart can show. */
const STEPS_WANTED = 300;
const FINE_STEPS_S = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30];
/** What people find round. */
const ROUND_STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600];
const MINUTE_S = 60;

/** Seconds since 1970. */
export interface Wish {
  readonly fromS: number;
  readonly toS: number;
  /** Null: whatever is round. */
  readonly stepS: number | null;
}

/** Seconds since 1970; multiples of `stepS`, one step at least. */
export interface Range {
  readonly fromS: number;
  readonly toS: number;
  readonly stepS: number;
}

/** `fineFromS` is where steps under a minute begin to be there. What lies outside the past day is left out. */
export function rangeOf(wish: Wish, nowS: number, fineFromS: number): Range {
  const toS = Math.min(wish.toS, nowS + 1);
  const fromS = Math.min(Math.max(wish.fromS, nowS - HISTORY_SPAN_S), toS);
  const spanS = toS - fromS;
  const stepS = stepFor(wish.stepS ?? roundStep(spanS), spanS, fromS - FINE_SLACK_S / 4 >= fineFromS);
  const beginS = Math.floor(fromS / stepS) * stepS;
  return { fromS: beginS, toS: Math.max(Math.ceil(toS / stepS) * stepS, beginS + stepS), stepS };
}

function stepFor(wishS: number, spanS: number, fine: boolean): number {
  const least = Math.min(Math.max(wishS, spanS / (HISTORY_STEPS_MAX - 1)), HISTORY_STEP_MAX_S);
  const fineStep = fine ? FINE_STEPS_S.find((step) => step >= least) : undefined;
  return fineStep ?? Math.max(1, Math.ceil(least / MINUTE_S)) * MINUTE_S;
}

function roundStep(spanS: number): number {
  return ROUND_STEPS_S.find((step) => spanS / step <= STEPS_WANTED) ?? MINUTE_S;
}
