/**
 * When probes take a backend out of rotation, and when they bring it back.
 *
 * - Cold start: the first result decides at once, in either direction. Before it a backend is `unknown`, which serves
 *   only where nothing better exists.
 * - Out: only `unhealthyAfter` failures in a row; until then it is `falling`, and serves. One success in between and the
 *   count starts again.
 * - Back: only `healthyAfter` successes in a row; until then it is `rising`, and does not serve. One failure in between
 *   and the count starts again.
 * Source: the rise and fall of HAProxy's checks.
 */
import { HealthState } from '../health-state.ts';

export interface Thresholds {
  readonly unhealthyAfter: number;
  readonly healthyAfter: number;
}

/** A state, and how many results in a row speak against it. */
export interface HealthStanding {
  readonly state: HealthState;
  readonly against: number;
}

/** The standing after one more probe. */
export function stepHealth(now: HealthStanding, ok: boolean, thresholds: Thresholds): HealthStanding {
  switch (now.state) {
    case HealthState.unknown:
    case HealthState.unchecked:
      return { state: ok ? HealthState.healthy : HealthState.unhealthy, against: 0 };
    case HealthState.healthy:
    case HealthState.falling: {
      if (ok) return { state: HealthState.healthy, against: 0 };
      const against = now.against + 1;
      return against >= thresholds.unhealthyAfter
        ? { state: HealthState.unhealthy, against: 0 }
        : { state: HealthState.falling, against };
    }
    case HealthState.unhealthy:
    case HealthState.rising: {
      if (!ok) return { state: HealthState.unhealthy, against: 0 };
      const against = now.against + 1;
      return against >= thresholds.healthyAfter
        ? { state: HealthState.healthy, against: 0 }
        : { state: HealthState.rising, against };
    }
  }
}
