/** `GET /admin/replicas`: the replicas that share state (`state.shared`), each as it has last told of itself. */
import type { BackendState, CircuitState } from './admin.ts';
import type { MetricsEvent } from './events.ts';

/** A backend that a replica gives no requests, or not the usual ones. */
export interface OutEntry {
  readonly pool: string;
  readonly backend: string;
  readonly url: string;
  readonly state: BackendState;
  readonly circuit: CircuitState;
  /** The replica has opened its circuit for failures that it has seen itself, not because others had opened theirs. */
  readonly seen: boolean;
}

/** What a replica tells of itself. */
export interface ReplicaReport {
  /** Of its machine; of a container, what its orchestrator calls it. */
  readonly name: string;
  readonly version: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly draining: boolean;
  /** Of its own configuration, and of the one that is shared; 0: not known. */
  readonly revision: number;
  readonly configVersion: number;
  /** Those that listen. */
  readonly workers: number;
  readonly figures: Omit<MetricsEvent, 'at'>;
  /** `OUT_MAX` at most. */
  readonly out: readonly OutEntry[];
  /** Backends that are out and not listed. */
  readonly outMore: number;
}

export const OUT_MAX = 100;

export interface ReplicaEntry extends ReplicaReport {
  /** Of this start: another after each. */
  readonly id: string;
  /** The one that answers. */
  readonly here: boolean;
  /** Seconds since it told of itself. */
  readonly age: number;
}

/** A backend that some replica keeps out, and which do. */
export interface OutSomewhere extends Pick<OutEntry, 'pool' | 'backend' | 'url'> {
  readonly at: readonly (Pick<OutEntry, 'state' | 'circuit'> & { readonly replica: string })[];
}

export interface ReplicasAnswer {
  /** Whether `state.shared` is set. Without it there is this one alone. */
  readonly shared: boolean;
  /** Whether the others can be heard of now. */
  readonly connected: boolean;
  readonly replicas: readonly ReplicaEntry[];
  /** Of all together. */
  readonly totals: {
    readonly totalRequests: number;
    readonly inFlight: number;
    readonly connections: number;
    readonly upstreamErrors: number;
    readonly requestsPerSecond: number;
    readonly upstreamErrorsPerSecond: number;
  };
  readonly out: readonly OutSomewhere[];
}
