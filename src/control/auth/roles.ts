/** What each role may do. An operator may do whatever a viewer may. */
import type { Role } from '#contract/control.ts';

/** What a call of the admin API asks of its caller. */
export type Access =
  /** Nothing: liveness, readiness, the page that has no data in it, signing in. */
  | 'open'
  /** A viewer; nobody where `publicRead` is on. */
  | 'read'
  /** As `read`, and nobody where `publicMetrics` is on. */
  | 'metrics'
  /** Somebody, whoever it is, and whatever is public. */
  | 'signed-in'
  /** An operator. */
  | 'operate';

export function mayWithout(access: Access, settings: { publicRead: boolean; publicMetrics: boolean }): boolean {
  if (access === 'open') return true;
  if (access === 'read') return settings.publicRead;
  return access === 'metrics' && (settings.publicRead || settings.publicMetrics);
}

export function mayAs(role: Role, access: Access): boolean {
  return access !== 'operate' || role === 'operator';
}
