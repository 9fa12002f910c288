/**
 * `GET /admin/events`: what happens, as server-sent events (WHATWG HTML, 9.2). Each has a type, an id and JSON data.
 *
 * An id is `START-N`: START is drawn anew with each start of the process, N counts state changes from 1. `metrics` are not
 * kept and carry the id of the state change before them, so whoever comes back with any id misses no state change that is
 * still kept.
 */
import type { ActorEntry, RevisionSource } from './control.ts';
import type { BackendState, CircuitState, MetricsAnswer } from './admin.ts';

/** What may be asked for with `?types=`. A `gap` is told to everyone. */
export const EVENT_TYPES = ['metrics', 'health', 'circuit', 'panic', 'config', 'worker', 'reload', 'drain'] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** Types that are kept and sent again to whoever comes back. */
export type StateChangeType = Exclude<EventType, 'metrics'>;

export interface Timed {
  /** ISO 8601. */
  readonly at: string;
}

/** Amounts that are also given by second. */
export type RateName =
  'requests' | 'retries' | 'failovers' | 'upstreamErrors' | 'circuitOpens' | 'rateLimited' | 'bytesIn' | 'bytesOut';

/**
 * What `/admin/metrics` says in total, and what of it came in the past second. Bytes and connections are those of all
 * clients, the control plane's included.
 */
export interface MetricsEvent
  extends
    Timed,
    Pick<
      MetricsAnswer,
      | 'totalRequests'
      | 'inFlight'
      | 'retries'
      | 'failovers'
      | 'upstreamErrors'
      | 'circuitOpens'
      | 'rateLimited'
      | 'statusClasses'
    > {
  /** Of clients, now. */
  readonly connections: number;
  readonly backends: number;
  readonly backendsUp: number;
  /** How long the time was that the rates are of; about 1. */
  readonly seconds: number;
  readonly perSecond: Readonly<Record<RateName, number>> & Pick<MetricsAnswer, 'statusClasses'>;
  /** Milliseconds, of the requests that ended in that time; null: none did, or too many routes are busy to say. */
  readonly latencyMs: { readonly p50: number; readonly p99: number } | null;
}

export interface HealthEvent extends Timed {
  readonly pool: string;
  readonly backend: string;
  readonly from: BackendState;
  readonly to: BackendState;
  /** What its probe or its name's resolution said, or who has set it. */
  readonly reason: string;
}

export interface CircuitEvent extends Timed {
  readonly pool: string;
  readonly backend: string;
  readonly circuit: CircuitState;
  /** As `circuitChange.cause` of `/admin/backends`. */
  readonly cause: string;
  readonly detail: string;
}

export interface PanicEvent extends Timed {
  readonly pool: string;
  readonly panic: boolean;
}

/** A configuration has come into force. */
export interface ConfigEvent extends Timed {
  readonly revision: number;
  readonly by: ActorEntry;
  readonly source: RevisionSource;
  readonly summary: string;
}

export const WORKER_STATES = ['started', 'died', 'restarted'] as const;

export interface WorkerEvent extends Timed {
  readonly worker: number;
  readonly state: (typeof WORKER_STATES)[number];
  /** Why it died, in one line; '' otherwise. */
  readonly reason: string;
}

/** A configuration was refused; the one in force stays. One that was taken is a `config`. */
export interface ReloadEvent extends Timed {
  /** In force. */
  readonly revision: number;
  readonly problems: readonly string[];
}

/** The process is stopping. The stream ends after it. */
export interface DrainEvent extends Timed {
  /** Milliseconds that running requests are given. */
  readonly graceMs: number;
}

export const GAP_REASONS = ['overrun', 'restarted', 'unknown'] as const;

/** What was missed cannot all be sent. Whoever keeps a picture of the state asks for it anew. */
export interface GapEvent extends Timed {
  /** `overrun`: more came than is kept; `restarted`: the id is of another process; `unknown`: it was never given. */
  readonly reason: (typeof GAP_REASONS)[number];
  /** State changes that are lost; null: nobody knows. */
  readonly missed: number | null;
}

/** The data of each type. */
export interface EventData {
  readonly metrics: MetricsEvent;
  readonly health: HealthEvent;
  readonly circuit: CircuitEvent;
  readonly panic: PanicEvent;
  readonly config: ConfigEvent;
  readonly worker: WorkerEvent;
  readonly reload: ReloadEvent;
  readonly drain: DrainEvent;
  readonly gap: GapEvent;
}
