/**
 * How one attempt at a backend ended: the one classification that balancing, health, retries, metrics and logs share.
 * No status code is compared elsewhere.
 */
export const Outcome = {
  /** Answered, and not with a server error. */
  success: 0,
  /** Answered 500, 501 or 505 and above: the application's error. */
  serverError: 1,
  /** Answered 502, 503 or 504: the backend, or something behind it, cannot serve. */
  gatewayError: 2,
  connectFailure: 3,
  connectTimeout: 4,
  /** The connection ended before the answer's head was whole. */
  reset: 5,
  /** The answer's head did not come in time. */
  timeout: 6,
  /** The answer was not HTTP/1.1. */
  invalid: 7,
  /** The connection ended, or fell silent, inside the answer's body. */
  truncated: 8,
  /** The client went away first: says nothing about the backend. */
  cancelled: 9,
} as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

export const OUTCOME_NAMES = [
  'success',
  'server-error',
  'gateway-error',
  'connect-failure',
  'connect-timeout',
  'reset',
  'timeout',
  'invalid',
  'truncated',
  'cancelled',
] as const;
export const OUTCOME_COUNT = OUTCOME_NAMES.length;

/** The outcome of a whole answer with this status. */
export function outcomeOfStatus(status: number): Outcome {
  if (status < 500) return Outcome.success;
  return status >= 502 && status <= 504 ? Outcome.gatewayError : Outcome.serverError;
}

/** Whether the backend failed: everything but an answer below 500 and a client that left. */
export function isFailure(outcome: Outcome): boolean {
  return outcome !== Outcome.success && outcome !== Outcome.cancelled;
}

/** Whether the attempt ended without any answer from the application: counted as an upstream error. */
export function isUpstreamError(outcome: Outcome): boolean {
  return outcome >= Outcome.connectFailure && outcome !== Outcome.cancelled;
}
