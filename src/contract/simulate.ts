/**
 * What-if: the model that the simulator (`#simulator/what-if.ts`) runs, what may be changed in it, and what it predicts. Plain
 * data, so that a file, a worker thread and a browser can hold it. Times are milliseconds, shares 0 to 1.
 */
import type { OUTCOME_NAMES } from '#core/outcome.ts';
import type { PoolPlan } from '#core/plan.ts';

/** How long a backend works on a request, alone and undisturbed. */
export type ServiceTimes =
  | { readonly kind: 'constant'; readonly ms: number }
  | { readonly kind: 'exponential'; readonly meanMs: number }
  /** The logarithm is normal with standard deviation `sigma`. */
  | { readonly kind: 'lognormal'; readonly meanMs: number; readonly sigma: number }
  /** A share of long requests among short ones. */
  | { readonly kind: 'bimodal'; readonly shortMs: number; readonly longMs: number; readonly longShare: number }
  /**
   * The times below which given shares of requests lie, both ascending. Between them the logarithm rises in a straight line;
   * below the first and above the last share, the times there.
   */
  | { readonly kind: 'quantiles'; readonly shares: readonly number[]; readonly ms: readonly number[] };

export type FailureOutcome = Exclude<(typeof OUTCOME_NAMES)[number], 'success' | 'cancelled'>;

export interface FailureShare {
  readonly outcome: FailureOutcome;
  /** Of the attempts at the backend. */
  readonly share: number;
  /** When it fails, without work being done; null: when an answer would have been whole, after all the work. */
  readonly afterMs: number | null;
}

/** A backend as its requests find it. */
export interface BackendShape {
  readonly id: string;
  readonly service: ServiceTimes;
  /** Requests that it works on side by side, the others wait in it; null: however many come. */
  readonly concurrency: number | null;
  readonly failures: readonly FailureShare[];
}

/** What comes, and what it meets. */
export interface TrafficShape {
  /** Requests a second in one step of time after another, again from the first when all are over. */
  readonly ratesPerSecond: readonly number[];
  readonly stepMs: number;
  /**
   * Variance of the number that comes in a short time, in multiples of its mean (index of dispersion): 1: independent (Poisson);
   * 0: evenly spaced; above: in bunches that come at once.
   */
  readonly burstiness: number;
  /** Different keys that requests carry, and how uneven they are: key i comes in proportion to i^-skew (Zipf). */
  readonly keys: { readonly count: number; readonly skew: number };
  /** Where a slow answer comes from: `backend`: a second attempt is as if drawn anew; `request`: it takes as long again. */
  readonly slownessOf: 'backend' | 'request';
  /** Share of requests that may be asked twice: of a method that can be repeated, their body kept. */
  readonly repeatable: number;
  readonly backends: readonly BackendShape[];
}

/** A backend that cannot be reached for a while. Probes notice, and bring it back, as late as the pool's settings say. */
export interface Outage {
  readonly backend: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface PoolMember {
  readonly id: string;
  /** What hashing knows it by. */
  readonly authority: string;
  readonly weight: number;
  readonly tier: number;
  /** Backends that are not `active`, or that probes call down, get no requests. */
  readonly state: 'active' | 'draining' | 'maintenance' | 'unhealthy';
}

/** A pool as it is configured: sections of the plan (core/plan.ts) as they are. */
export interface SimulatedPool extends Pick<
  PoolPlan,
  'name' | 'circuit' | 'panicThreshold' | 'retry' | 'hedge' | 'concurrency' | 'slowStartMs' | 'limits'
> {
  readonly strategy: Pick<PoolPlan['strategy'], 'name' | 'params'>;
  readonly backends: readonly PoolMember[];
  /** How long probes take to call a backend down, and up again; null: there are none. */
  readonly probes: { readonly downMs: number; readonly upMs: number } | null;
  /** How long an attempt may take; 0: as long as it likes. */
  readonly tryTimeoutMs: number;
  /** Threads that share the pool's memory, and take requests in turn. */
  readonly workers: number;
}

/** All that a simulation needs. A file of `edgebalancer simulate --save` holds one. */
export interface SimulationModel {
  readonly version: 1;
  readonly pool: SimulatedPool;
  readonly traffic: TrafficShape;
  readonly outages: readonly Outage[];
}

/** One thing that is different. */
export type SimulatedChange =
  | {
      readonly kind: 'strategy';
      readonly name: string;
      readonly params?: Readonly<Record<string, number | string | boolean>>;
    }
  /** The backend is not there, as after draining it. */
  | { readonly kind: 'without'; readonly backend: string }
  | { readonly kind: 'state'; readonly backend: string; readonly state: PoolMember['state'] }
  | { readonly kind: 'weight'; readonly backend: string; readonly weight: number }
  | { readonly kind: 'tier'; readonly backend: string; readonly tier: number }
  /** So many more backends of the kind of `like`. */
  | { readonly kind: 'add'; readonly like: string; readonly count: number }
  /** It takes so many times longer; below 1: it is faster. */
  | { readonly kind: 'slower'; readonly backend: string; readonly times: number }
  | { readonly kind: 'rate'; readonly times: number }
  | { readonly kind: 'hedge'; readonly after: 'p50' | 'p90' | 'p95' | 'p99' | number; readonly budget: number }
  | { readonly kind: 'outage'; readonly backend: string; readonly fromMs: number; readonly toMs: number }
  /** Sections of the pool, merged as RFC 7396 says: null turns one off. In the plan's own terms. */
  | { readonly kind: 'patch'; readonly patch: Readonly<Record<string, unknown>> };

export const CHANGE_KINDS = [
  'strategy',
  'without',
  'state',
  'weight',
  'tier',
  'add',
  'slower',
  'rate',
  'hedge',
  'outage',
  'patch',
] as const satisfies readonly SimulatedChange['kind'][];

/** A mean over seeds, and the 95 % interval that it lies in. */
export interface Estimate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export interface BackendPrediction {
  readonly id: string;
  /** Of the pool's attempts. */
  readonly share: Estimate;
  /** What of `share` its weight would give it, as a multiple: 1: its fair share. */
  readonly imbalance: Estimate;
  /** Work done, in multiples of what it can do; null: it can do any amount. */
  readonly utilisation: Estimate | null;
  /** Attempts at it at one time, those that wait in it included. */
  readonly inFlight: Estimate;
  /** Share of the attempts at it that failed. */
  readonly errors: Estimate;
}

/** What clients would see, and what it would take. Latency is that of good answers, from arrival to their end; null: there are none. */
export interface PredictedFigures {
  readonly ratePerSecond: Estimate;
  readonly p50Ms: Estimate | null;
  readonly p95Ms: Estimate | null;
  readonly p99Ms: Estimate | null;
  readonly p999Ms: Estimate | null;
  /** Share of requests that got no good answer, those that were refused included. */
  readonly errors: Estimate;
  /** Share of requests that no backend was asked for. */
  readonly refused: Estimate;
  /** Attempts made again, and second copies, in shares of requests. */
  readonly retries: Estimate;
  readonly hedges: Estimate;
  /** Circuits that opened, in a minute. */
  readonly circuitOpens: Estimate;
  /** The busiest backend's share of attempts, in multiples of what its weight would give it. */
  readonly imbalance: Estimate;
}

export interface Prediction extends PredictedFigures {
  readonly backends: readonly BackendPrediction[];
  /** What must be known to read it, a sentence each: it never settles, too little was seen for p99.9, … */
  readonly warnings: readonly string[];
}

/** A prediction of something that differs from what is now. */
export interface Alternative extends Prediction {
  readonly name: string;
  readonly changes: readonly SimulatedChange[];
  /** Each figure less what it is now, seed by seed: both meet the same requests, so it is known better than either. */
  readonly difference: PredictedFigures;
}

export interface SimulationMethod {
  readonly seeds: number;
  /** Simulated time that counts, and that before it. */
  readonly countedMs: number;
  readonly warmUpMs: number;
  /** Requests simulated, all runs together. */
  readonly requests: number;
  /** How the intervals were found, in a sentence. */
  readonly says: string;
}

/** What the simulator gives. */
export interface WhatIf {
  readonly now: Prediction;
  readonly alternatives: readonly Alternative[];
  readonly method: SimulationMethod;
}

/** What a model was made from. */
export interface SimulationBasis {
  /** A sentence for each part: rates, times, errors. */
  readonly from: readonly string[];
  /** What it cannot know, a sentence each. */
  readonly limits: readonly string[];
  readonly model: SimulationModel;
}

/** `POST /admin/simulate` */
export interface SimulateAnswer extends Pick<WhatIf, 'now' | 'method'> {
  readonly pool: string;
  readonly basis: SimulationBasis;
  /** With `changes`; null: none were given. */
  readonly then: Alternative | null;
  /** One for each of `compare`. */
  readonly alternatives: readonly Alternative[];
}
