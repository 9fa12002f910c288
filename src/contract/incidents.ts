/** Incidents: what left its normal range, since when, what happened around it, and what the rules make of it. */
import type { Finding, Told } from './copilot.ts';
import type { SimulationModel } from './simulate.ts';

/** What has left its normal range. */
export const INCIDENT_SIGNS = ['p99', 'errors', 'circuits'] as const;
export type IncidentSign = (typeof INCIDENT_SIGNS)[number];

/** Of one span of time. */
export interface IncidentFigures {
  readonly requests: number;
  /** Milliseconds; null: too few requests ended. */
  readonly p99Ms: number | null;
  /** Share of the requests that were answered with 5xx; null: there were none. */
  readonly errors: number | null;
  readonly circuitOpens: number;
}

export const INCIDENT_MARKS = [
  'opened',
  'closed',
  'health',
  'circuit',
  'panic',
  'config',
  'worker',
  'reload',
  'drain',
] as const;

export interface IncidentMark {
  /** ISO 8601. */
  readonly at: string;
  readonly kind: (typeof INCIDENT_MARKS)[number];
  readonly says: string;
}

export interface IncidentRoute {
  readonly route: string;
  readonly requests: number;
  readonly serverErrors: number;
  readonly p99Ms: number | null;
}

export interface IncidentEntry {
  /** Names it for good: the moment at which it was opened. */
  readonly id: string;
  readonly openedAt: string;
  /** Null: it goes on. */
  readonly closedAt: string | null;
  readonly signs: readonly IncidentSign[];
  /** One sentence. */
  readonly says: string;
  /** The first finding when it was worst; null: the rules know of nothing. */
  readonly cause: Told | null;
  readonly usual: IncidentFigures;
  readonly worst: IncidentFigures;
}

/** `GET /admin/incidents`: the newest first. */
export interface IncidentsAnswer {
  readonly incidents: readonly IncidentEntry[];
}

/** `GET /admin/incidents/{id}`; as a file, `edgebalancer simulate --from FILE` replays its models. */
export interface IncidentAnswer extends IncidentEntry {
  /** From a little before it was opened; the oldest first. */
  readonly timeline: readonly IncidentMark[];
  /** Those with the most server errors first, over the copilot's window when it was worst. */
  readonly routes: readonly IncidentRoute[];
  readonly findings: readonly Finding[];
  /** Of the pools that it was about, as they were when it was opened. */
  readonly models: readonly SimulationModel[];
}
