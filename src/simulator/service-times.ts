/**
 * How long a request takes on an idle, undisturbed backend, as a distribution. Times are milliseconds.
 */

/** Draws one service time; `random` is uniform in [0, 1). */
export type ServiceTime = (random: () => number) => number;

/** Memoryless: many short ones, few long ones; its standard deviation is its mean. */
export function exponential(meanMs: number): ServiceTime {
  return (random) => -meanMs * Math.log(1 - random());
}

/** Heavy-tailed: the logarithm is normal with standard deviation `sigma`. */
export function lognormal(meanMs: number, sigma: number): ServiceTime {
  const mu = Math.log(meanMs) - (sigma * sigma) / 2;
  return (random) => Math.exp(mu + sigma * normal(random));
}

export function deterministic(ms: number): ServiceTime {
  return () => ms;
}

/** A share of long requests among short ones. */
export function bimodal(shortMs: number, longMs: number, longShare: number): ServiceTime {
  return (random) => (random() < longShare ? longMs : shortMs);
}

/** Box and Muller, 1958; always two draws, so that streams stay in step. */
function normal(random: () => number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return radius * Math.cos(2 * Math.PI * random());
}
