/** A backend's state as its probes see it, and as an operator set it. Numbers, because they live in shared memory. */
export const HealthState = {
  /** Not probed yet. */
  unknown: 0,
  healthy: 1,
  /** Healthy, with failed probes that are not yet enough to take it out. */
  falling: 2,
  unhealthy: 3,
  /** Unhealthy, with good probes that are not yet enough to bring it back. */
  rising: 4,
  /** Its pool has no probes. */
  unchecked: 5,
} as const;
export type HealthState = (typeof HealthState)[keyof typeof HealthState];
export const HEALTH_STATE_NAMES = ['unknown', 'healthy', 'falling', 'unhealthy', 'rising', 'healthy'] as const;

export const AdminState = { active: 0, draining: 1, maintenance: 2 } as const;
export type AdminState = (typeof AdminState)[keyof typeof AdminState];
export const ADMIN_STATE_NAMES = ['active', 'draining', 'maintenance'] as const;

/** Whether probes let requests through; `unknown` counts only where nothing better exists. */
export function isUp(state: HealthState): boolean {
  return state === HealthState.healthy || state === HealthState.falling || state === HealthState.unchecked;
}
