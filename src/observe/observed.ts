/** What a report is made from: the plan in force, the shared tables, and what the supervisor knows beside them. */
import type { Plan } from '#core/plan.ts';
import type { CircuitChangeEntry, DiscoveryEntry, ProbeEntry } from '#contract/admin.ts';
import type { Tables } from '#memory/tables.ts';

export interface ProbeRecord {
  readonly last: ProbeEntry | null;
  readonly successes: number;
  readonly failures: number;
}

export interface Observed {
  readonly plan: Plan;
  readonly tables: Tables;
  /** Rows of the tables that workers have used. */
  readonly workerRows: number;
  /** Null for a slot without probes. */
  readonly probes: (slot: number) => ProbeRecord | null;
  /** Where a slot's name leads; empty when it has none. */
  readonly addresses: (slot: number) => readonly string[];
  /** The last change of a slot's circuit; null when there was none. */
  readonly circuitChange: (slot: number) => CircuitChangeEntry | null;
  /** What finds a pool's backends; null: nothing does. */
  readonly discovery: (pool: string) => DiscoveryEntry | null;
  /** Certificates that listeners serve. */
  readonly certificates: readonly CertificateExpiry[];
}

export interface CertificateExpiry {
  readonly listener: string;
  /** Its file. */
  readonly file: string;
  /** Milliseconds since 1970. */
  readonly notAfterMs: number;
}

/** Whether a pool is the supervisor's own: no backend of the user's, and not counted as traffic. */
export function isControlPool(plan: Plan, pool: number): boolean {
  return plan.routes.some((route) => route.controlPlane && route.split.some((part) => part.pool === pool));
}

/** The pools that a user configured. */
export function userPools(plan: Plan): Plan['pools'] {
  return plan.pools.filter((_, at) => !isControlPool(plan, at));
}
