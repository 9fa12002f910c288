/**
 * What backends and traffic are like in a simulation: the eight situations of docs/strategies.md, and the parts to make
 * others from. Eight backends of four slots at 25 ms a request serve 1,280 requests a second at most.
 */
import type { BackendModel, FailurePeriod, SpeedChange } from './backend.ts';
import { bimodal, deterministic, exponential, lognormal, type ServiceTime } from './service-times.ts';

export interface Scenario {
  readonly name: string;
  readonly summary: string;
  /** May draw chance events, such as when a backend pauses; `random` is uniform in [0, 1). */
  readonly backends: (random: () => number) => readonly BackendModel[];
  readonly service: ServiceTime;
  readonly ratePerSecond: number;
  readonly durationMs: number;
  /** Only requests that arrive in this stretch of time are counted. */
  readonly countedMs: readonly [from: number, to: number];
  /** How many different keys the requests carry. */
  readonly keys: number;
}

const DURATION_MS = 20_000;
/** When the disturbance of brown-out and failure begins and ends. */
export const DISTURBED_MS = [5_000, 15_000] as const;

export function backend(model: Partial<BackendModel> = {}): BackendModel {
  return {
    slots: 4,
    speed: 1,
    weight: 1,
    changes: [],
    failures: [],
    coldMs: 0,
    coolsMs: 500,
    joinsMs: 0,
    slowStartMs: 0,
    ...model,
  };
}

export function backends(count: number, model: (at: number) => Partial<BackendModel> = () => ({})): BackendModel[] {
  return Array.from({ length: count }, (_, at) => backend(model(at)));
}

export function scenario(parts: Partial<Scenario> & Pick<Scenario, 'name' | 'summary'>): Scenario {
  return {
    backends: () => backends(8),
    service: exponential(25),
    ratePerSecond: 960,
    durationMs: DURATION_MS,
    countedMs: [0, DURATION_MS],
    keys: 100_000,
    ...parts,
  };
}

/** Slower by `factor` during the disturbance. */
export function brownOut(factor: number, speed = 1): SpeedChange[] {
  return [
    { fromMs: DISTURBED_MS[0], speed: speed / factor },
    { fromMs: DISTURBED_MS[1], speed },
  ];
}

/** Answers errors within a millisecond during the disturbance, to all requests or a share of them. */
export function fastErrors(share = 1): FailurePeriod[] {
  return [{ fromMs: DISTURBED_MS[0], toMs: DISTURBED_MS[1], answerMs: 1, share }];
}

/** Freezes for `pauseMs` again and again, after exponential times of `everyMs` on average. */
export function pauses(
  random: () => number,
  pauseMs: number,
  everyMs: number,
  durationMs = DURATION_MS,
): SpeedChange[] {
  const changes: SpeedChange[] = [];
  for (let at = 0; ;) {
    at -= everyMs * Math.log(1 - random());
    if (at > durationMs) return changes;
    changes.push({ fromMs: at, speed: 0 }, { fromMs: at + pauseMs, speed: 1 });
    at += pauseMs;
  }
}

export const SCENARIOS: readonly Scenario[] = [
  scenario({ name: 'homog', summary: '8 equal backends, exponential 25 ms, 75 % busy' }),
  scenario({
    name: 'hetero',
    summary: '4 of 8 backends are 2 times slower, 60 % busy',
    backends: () => backends(8, (at) => ({ speed: at < 4 ? 1 : 0.5 })),
    ratePerSecond: 576,
  }),
  scenario({
    name: 'hetk',
    summary: 'backends serve 8, 8, 4, 4, 4, 4, 1 and 1 requests at once, 56 % busy',
    backends: () => backends(8, (at) => ({ slots: [8, 8, 4, 4, 4, 4, 1, 1][at] })),
    ratePerSecond: 760,
  }),
  scenario({
    name: 'brown',
    summary: '1 of 8 backends becomes 8 times slower for 10 s (only those 10 s count), 60 % busy',
    backends: () => backends(8, (at) => ({ changes: at === 0 ? brownOut(8) : [] })),
    ratePerSecond: 768,
    countedMs: DISTURBED_MS,
  }),
  scenario({
    name: 'fail',
    summary: '1 of 8 backends answers errors in 1 ms for 10 s (only those 10 s count), 60 % busy',
    backends: () => backends(8, (at) => ({ failures: at === 0 ? fastErrors() : [] })),
    ratePerSecond: 768,
    countedMs: DISTURBED_MS,
  }),
  scenario({
    name: 'heavy',
    summary: '5 % of requests take 280 ms, the rest 12 ms; 71 % busy',
    service: bimodal(12, 280, 0.05),
    ratePerSecond: 896,
  }),
  scenario({ name: 'lognorm', summary: 'lognormal 25 ms with sigma 1.3, 75 % busy', service: lognormal(25, 1.3) }),
  scenario({
    name: 'gcpause',
    summary: 'every backend freezes for 250 ms about every 4 s, 60 % busy',
    backends: (random) => backends(8, () => ({ changes: pauses(random, 250, 4000) })),
    ratePerSecond: 768,
  }),
  scenario({ name: 'determ', summary: 'every request takes 25 ms, 75 % busy', service: deterministic(25) }),
];
