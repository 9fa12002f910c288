/** Adaptive limits of requests in flight in a pool, by the name of their algorithm. */
import type { Outcome } from '../outcome.ts';
import type { ConcurrencyAlgorithm } from '../plan-failures.ts';
import { AdaptiveLimit, type Peers } from './concurrency/adaptive-limit.ts';
import { aimd } from './concurrency/aimd.ts';
import { gradient } from './concurrency/gradient.ts';
import { vegas } from './concurrency/vegas.ts';

export interface ConcurrencyLimit {
  /** Attempts that may be in flight; not always whole. */
  readonly limit: number;
  /** Whether one more may begin while `inFlight` are going on. Refusals are noted: ask once for each pick. */
  admit(inFlight: number): boolean;
  /** An attempt ended after `elapsedMs`; `inFlight` were going on until now, itself included. */
  settle(elapsedMs: number, inFlight: number, outcome: Outcome, nowMs: number): void;
}

const STEPS = { gradient, vegas, aimd } as const;

/** `peers`: the other workers that send to the same pool. */
export function createLimit(algorithm: ConcurrencyAlgorithm, peers?: Peers): ConcurrencyLimit {
  return new AdaptiveLimit(STEPS[algorithm], peers);
}
