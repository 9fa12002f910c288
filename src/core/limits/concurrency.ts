/** Placeholder until the algorithms land. */
import type { Outcome } from '../outcome.ts';
import type { ConcurrencyAlgorithm } from '../plan-failures.ts';
export interface ConcurrencyLimit {
  readonly limit: number;
  admit(inFlight: number): boolean;
  settle(elapsedMs: number, inFlight: number, outcome: Outcome, nowMs: number): void;
}
export function createLimit(_algorithm: ConcurrencyAlgorithm): ConcurrencyLimit {
  return { limit: Infinity, admit: () => true, settle: () => {} };
}
