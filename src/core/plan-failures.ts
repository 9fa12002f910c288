/** The part of the plan that bounds failure: circuits, retries, hedges, limits by rate and by load. Units as in plan.ts. */
import type { Outcome } from './outcome.ts';

/** When requests take a backend out, and when they bring it back. */
export interface CircuitPlan {
  /** Failures in a row, over all workers, that open it. */
  readonly consecutiveFailures: number;
  /** Share of failures among the attempts of the window that opens it, 0 to 1. */
  readonly failureRatio: number;
  /** Attempts in the window below which the share says nothing. */
  readonly minRequests: number;
  readonly windowMs: number;
  /** Whether a backend that does much worse than its pool's others is taken out too. */
  readonly outlier: boolean;
  readonly openForMs: number;
  readonly maxOpenForMs: number;
  /** Trials that must succeed to close it, and that may go on at one time. */
  readonly trials: number;
  /** Share of the pool's backends that may be open at one time, 0 to 1. */
  readonly maxOpen: number;
  /** After this long a trial that has not ended counts as lost with its worker, and another may begin. */
  readonly trialMs: number;
}

/** Which failed attempts are made again, where, and how many of them. */
export interface RetryPlan {
  /** Attempts after the first. */
  readonly attempts: number;
  /** Outcomes without a status that are tried again. */
  readonly outcomes: readonly Outcome[];
  /** Statuses that are tried again. */
  readonly statuses: readonly number[];
  /** Methods that may be repeated once something was sent. Upper case. */
  readonly methods: readonly string[];
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  /** Retries allowed beside first attempts, 0 to 1. */
  readonly budgetShare: number;
  /** Retries a second that are allowed besides. */
  readonly budgetPerSecond: number;
  /** Longest request body that is kept for another attempt, what frames chunks apart. */
  readonly bodyBytes: number;
}

export interface HedgePlan {
  /** A second backend is asked after this share of answers would have begun (0 to 1), or after fixed milliseconds. */
  readonly after: { readonly quantile: number } | { readonly ms: number };
  /** Share of requests that may be asked twice, 0 to 1. */
  readonly budget: number;
}

export type ConcurrencyAlgorithm = 'gradient' | 'vegas' | 'aimd';

/** A limit of requests in flight in a pool that finds itself. */
export interface ConcurrencyPlan {
  readonly algorithm: ConcurrencyAlgorithm;
}

/** Who shares one allowance. */
export type LimitKeyPlan =
  { readonly from: 'client-ip' | 'global' | 'route' } | { readonly from: 'header' | 'cookie'; readonly name: string };

/** A token bucket for each key: `burst` tokens at most, refilled at `perSecond`. */
export interface RateLimitPlan {
  readonly name: string;
  /** Its row in the metrics tables, which is also what tells its keys from another limit's; kept over reloads by name. */
  readonly row: number;
  readonly key: LimitKeyPlan;
  readonly perSecond: number;
  readonly burst: number;
  /** Counted, never enforced. */
  readonly dryRun: boolean;
  /** Tokens of a key of which nothing is known here, where replicas share the limit; null: it is this process's alone. */
  readonly lease: number | null;
}

/** When a worker or the process has more to do than it can: requests are refused before they cost anything. */
export interface OverloadPlan {
  /** Shedding begins when the event loop is this late, and is complete at twice that; 0: never. */
  readonly eventLoopLagMs: number;
  /** Shedding begins at nine tenths of this resident size of the process, and is complete there; 0: never. */
  readonly memoryBytes: number;
}

/** Which exchanges are recorded to be explained later. */
export interface RequestsPlan {
  /** Share of requests that are recorded with how each backend was picked, 0 to 1. */
  readonly sample: number;
  /** Records of these that each worker keeps; a quarter as many of failed ones, and of those that were tried again. */
  readonly keep: number;
}

export interface AccessLogPlan {
  /** A file's path, or `-` for standard output. */
  readonly to: string;
  /** JSON, the combined log format, or text with `$name` in it (observe/access-template.ts). */
  readonly format: 'json' | 'clf' | { readonly template: string };
  /** Share of requests that are logged, 0 to 1; errors and the slowest always are. */
  readonly sample: number;
}
