/** Why a member of a pool could not be picked, as records of picks tell it. One reason each: the first that applies. */
import type { Circuits } from '../health/circuits.ts';
import { CircuitState, stateOf } from '../health/circuit.ts';
import { AdminState, HealthState, isUp } from '../health-state.ts';
import type { Members } from './members.ts';

/** A closed list; records hold places in it. */
export const EXCLUSIONS = [
  'draining',
  'maintenance',
  'replaced',
  'weight-zero',
  'unhealthy',
  'not-probed',
  'circuit-open',
  'circuit-half-open',
  'tier',
  'tried',
  'full',
  'trial-only',
] as const;
export type Exclusion = (typeof EXCLUSIONS)[number];

/** One sentence each, for people. */
export const EXCLUSION_SAYS: Readonly<Record<Exclusion, string>> = {
  draining: 'an operator drains it',
  maintenance: 'an operator has put it in maintenance',
  replaced: 'its place was given to another backend since the request began',
  'weight-zero': 'its weight is 0',
  unhealthy: 'its probes fail',
  'not-probed': 'it has not been probed yet, and others have',
  'circuit-open': 'its circuit is open: requests failed there lately',
  'circuit-half-open': 'its circuit is half open: only trials go there',
  tier: 'a lower tier serves',
  tried: 'this request was tried there',
  full: 'it has as many requests in flight as it may have',
  'trial-only': 'it is due for a trial, and this request may not be one',
};

/** Why a member is not among the candidates. */
export function exclusionOf(members: Members, circuits: Circuits | null, slot: number): Exclusion {
  const { admin, weight, health } = members.views;
  if (admin[slot] === AdminState.draining) return 'draining';
  if (admin[slot] === AdminState.maintenance) return 'maintenance';
  if ((weight[slot] as number) <= 0) return 'weight-zero';
  if (!members.takesPart(slot)) return 'replaced';
  const state = health[slot] as HealthState;
  if (state !== HealthState.unknown && !isUp(state)) return 'unhealthy';
  if (circuits !== null) {
    const circuit = stateOf(circuits.permit(slot));
    if (circuit === CircuitState.open) return 'circuit-open';
    if (circuit === CircuitState.halfOpen) return 'circuit-half-open';
  }
  return state === HealthState.unknown ? 'not-probed' : 'tier';
}
