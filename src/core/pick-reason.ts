/**
 * Why an attempt was made where it was made: what the balancer says of a pick beside its strategy. One reason for each
 * attempt, the most particular that applies, in the order of the list from its end.
 */
export const PickReason = {
  /** The exchange's first attempt. */
  first: 0,
  /** Made again, at a backend that this exchange has been to. */
  retry: 1,
  /** Made again, at another backend. */
  failover: 2,
  /** A second copy, while the first is still going on. */
  hedge: 3,
  /** Lets a half-open circuit find out whether its backend works. */
  trial: 4,
  /** Nobody was eligible: in panic, or at one that answers although its probes fail. */
  lastResort: 5,
} as const;
export type PickReason = (typeof PickReason)[keyof typeof PickReason];

export const PICK_REASON_NAMES = ['first', 'retry', 'failover', 'hedge', 'trial', 'last-resort'] as const;
