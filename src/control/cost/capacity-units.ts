/**
 * Capacity units of an Application Load Balancer. Four things are measured, and the one that takes the most units is paid.
 * https://aws.amazon.com/elasticloadbalancing/pricing/ (targets that are instances, containers or addresses)
 */

/** Averages over a month. */
export interface BalancerLoad {
  readonly newConnectionsPerSecond: number;
  readonly activeConnections: number;
  /** GB of 2^30 bytes, requests and answers together. */
  readonly gbPerHour: number;
  readonly requestsPerSecond: number;
  /** Rules that a request is held against. */
  readonly rules: number;
}

/** Rules of every request that cost nothing. */
const FREE_RULES = 10;

const DIMENSIONS = [
  { name: 'new connections', of: (load: BalancerLoad) => load.newConnectionsPerSecond / 25 },
  { name: 'active connections', of: (load: BalancerLoad) => load.activeConnections / 3000 },
  { name: 'processed bytes', of: (load: BalancerLoad) => load.gbPerHour / 1 },
  {
    name: 'rule evaluations',
    of: (load: BalancerLoad) => (load.requestsPerSecond * Math.max(0, load.rules - FREE_RULES)) / 1000,
  },
] as const;

export type Dimension = (typeof DIMENSIONS)[number]['name'];

export interface CapacityUnits {
  readonly units: number;
  /** The one that is paid. */
  readonly dimension: Dimension;
  readonly each: readonly { readonly name: Dimension; readonly units: number }[];
}

export function capacityUnits(load: BalancerLoad): CapacityUnits {
  const each = DIMENSIONS.map(({ name, of }) => ({ name, units: of(load) }));
  const largest = each.reduce((most, one) => (one.units > most.units ? one : most));
  return { units: largest.units, dimension: largest.name, each };
}
