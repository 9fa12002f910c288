import type { Chance } from './chance.ts';

/** One kind of trouble: what eight backends are like, and what is asked of them. */
export interface Scenario {
  readonly id: string;
  readonly title: string;
  readonly perSecond: number;
  /** How many requests each backend works on at a time; the others wait in its queue. */
  readonly slots: readonly number[];
  /** How many times longer than normal each backend takes. */
  readonly slowness: readonly number[];
  readonly workMs: (chance: Chance) => number;
  /** What happens to the first backend in the window, or to all of them at random times. */
  readonly trouble: 'none' | 'brown' | 'fail' | 'pauses';
  /** p99 of `adaptive` to HAProxy leastconn in the same round, at most. */
  readonly goal: number;
  /** The same of `adaptive-hedge` when each backend draws its work anew (`--independent`). */
  readonly hedged?: { readonly p99: number; readonly p999?: number };
}

/** The window of trouble, as shares of the run: 10 s of 20. Only requests that arrive within it are then counted. */
export const WINDOW = { from: 0.25, to: 0.75 };
export const BROWN_SLOWNESS = 8;
export const FAIL_AFTER_MS = 1;
export const PAUSE_MS = 250;
export const PAUSE_EVERY_MS = 4000;

/** Of every scenario. */
export const BACKENDS = 8;

const EIGHT = [0, 1, 2, 3, 4, 5, 6, 7];
const FOUR_SLOTS = EIGHT.map(() => 4);
const NORMAL = EIGHT.map(() => 1);
const MEAN_MS = 25;
const exponential = (chance: Chance) => chance.exponential(MEAN_MS);
const base = { slots: FOUR_SLOTS, slowness: NORMAL, workMs: exponential, trouble: 'none' } as const;

export const SCENARIOS: readonly Scenario[] = [
  { ...base, id: 'homog', title: 'eight equal backends', perSecond: 960, goal: 1.03, hedged: { p99: 0.88 } },
  {
    ...base,
    id: 'hetero',
    title: 'four of them twice as slow',
    perSecond: 576,
    slowness: EIGHT.map((at) => (at < 4 ? 1 : 2)),
    goal: 0.78,
    hedged: { p99: 0.68 },
  },
  {
    ...base,
    id: 'hetk',
    title: '8, 8, 4, 4, 4, 4, 1, 1 slots',
    perSecond: 760,
    slots: [8, 8, 4, 4, 4, 4, 1, 1],
    goal: 0.77,
  },
  {
    ...base,
    id: 'brown',
    title: 'one 8 times slower for a while',
    perSecond: 768,
    trouble: 'brown',
    goal: 0.7,
    hedged: { p99: 0.6, p999: 0.35 },
  },
  { ...base, id: 'fail', title: 'one answers 500 in 1 ms for a while', perSecond: 768, trouble: 'fail', goal: 1.03 },
  {
    ...base,
    id: 'heavy',
    title: '5 % of requests take 280 ms, the others 12',
    perSecond: 896,
    workMs: (chance) => (chance.unit() < 0.05 ? 280 : 12),
    goal: 1.03,
  },
  {
    ...base,
    id: 'lognorm',
    title: 'log-normal work, sigma 1.3',
    perSecond: 960,
    workMs: (chance) => chance.logNormal(MEAN_MS, 1.3),
    goal: 1.03,
  },
  {
    ...base,
    id: 'gcpause',
    title: 'each freezes 250 ms about every 4 s',
    perSecond: 768,
    trouble: 'pauses',
    goal: 0.8,
    hedged: { p99: 0.6 },
  },
];

/** One run of a scenario; the same for every target of a round. */
export interface Run {
  readonly scenario: string;
  readonly seed: number;
  readonly seconds: number;
  /** Milliseconds since 1970 at which the first arrival is due. */
  readonly startAtMs: number;
  /** False: a request's work is its own, whichever backend gets it. True: each backend draws it anew. */
  readonly independent: boolean;
}

export function scenarioOf(id: string): Scenario {
  const scenario = SCENARIOS.find((each) => each.id === id);
  if (scenario === undefined)
    throw new Error(`no scenario ${id}; there are ${SCENARIOS.map((each) => each.id).join(', ')}`);
  return scenario;
}

/** Milliseconds since 1970, finer than Date. */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}
