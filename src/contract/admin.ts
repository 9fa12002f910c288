/** What the admin API answers with: the shapes that dashboards, commands and scripts may rely on. */
import type { DriftEntry, FieldProblem } from './control.ts';

export interface StrategyEntry {
  readonly name: string;
  readonly summary: string;
  readonly bestWhen: string;
  readonly params: readonly StrategyParam[];
  /** What it hashes unless told otherwise; absent: it hashes nothing, and takes no `on`. */
  readonly on?: StrategyKey;
}

/** What of a request is hashed, as the configuration writes it: `client-ip`, `{ header: 'x-user' }`, … */
export type StrategyKey = string | Readonly<Record<string, string>>;

export type StrategyParam = { readonly name: string; readonly summary: string } & (
  | {
      readonly type: 'number';
      readonly default: number;
      readonly min: number;
      readonly max: number;
      readonly integer: boolean;
    }
  | { readonly type: 'boolean'; readonly default: boolean }
  | { readonly type: 'choice'; readonly default: string; readonly choices: readonly string[] }
);

export interface StrategyInForce {
  readonly name: string;
  readonly params: Readonly<Record<string, number | string | boolean>>;
  /** There when the strategy hashes requests. Whoever sends other parameters sends it along: left out, it is the default. */
  readonly on?: StrategyKey;
}

/** `GET /admin/strategy` */
export interface StrategyAnswer {
  readonly pools: Readonly<Record<string, StrategyInForce>>;
  readonly available: readonly StrategyEntry[];
}

export interface WorkerEntry {
  readonly worker: number;
  readonly state: string;
  /** Transport that it uses; '' until it listens. */
  readonly engine: string;
  readonly revision: number;
  readonly connections: number;
  readonly inFlight: number;
}

export interface ListenerEntry {
  readonly name: string;
  /** `host:port` or a socket's path, as it is bound. */
  readonly address: string;
  /** Null: clients are served in the clear. */
  readonly tls: ListenerTls | null;
}

export interface ListenerTls {
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  /** Clients must show a certificate. */
  readonly clientCertificates: boolean;
  /** The one that serves clients who name no host first. */
  readonly certificates: readonly {
    readonly file: string;
    /** Host names that it is for. */
    readonly names: readonly string[];
    readonly issuer: string;
    /** ISO 8601. */
    readonly notAfter: string;
    /** SHA-256. */
    readonly fingerprint: string;
  }[];
}

/** `GET /admin/overview` */
export interface OverviewAnswer {
  readonly version: string;
  /** Seconds. */
  readonly uptime: number;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly draining: boolean;
  readonly revision: number;
  readonly reloads: { readonly ok: number; readonly failed: number };
  readonly workers: readonly WorkerEntry[];
  readonly workerRestarts: number;
  readonly listeners: readonly ListenerEntry[];
  readonly drift: DriftEntry;
  readonly totals: {
    readonly requests: number;
    readonly inFlight: number;
    readonly connections: number;
    readonly bytesIn: number;
    readonly bytesOut: number;
    readonly backends: number;
    readonly backendsUp: number;
  };
}

export const BACKEND_STATES = [
  'healthy',
  'unhealthy',
  'rising',
  'falling',
  'draining',
  'maintenance',
  'unknown',
] as const;
export type BackendState = (typeof BACKEND_STATES)[number];
export type CircuitState = 'closed' | 'open' | 'half-open';

export interface ProbeEntry {
  /** ISO 8601. */
  readonly at: string;
  readonly ok: boolean;
  readonly ms: number;
  readonly detail: string;
}

/** Why a circuit is what it is. */
export interface CircuitChangeEntry {
  /** ISO 8601. */
  readonly at: string;
  readonly cause: string;
  readonly detail: string;
}

/** Milliseconds, each within 1 % of the true value. */
export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
}

export interface BackendEntry {
  readonly id: string;
  readonly url: string;
  readonly weight: number;
  /** Lower than `weight` while it is brought back slowly. */
  readonly effectiveWeight: number;
  readonly tier: number;
  readonly state: BackendState;
  readonly circuit: CircuitState;
  /** Null: it has always been closed. */
  readonly circuitChange: CircuitChangeEntry | null;
  readonly inFlight: number;
  /** Attempts that ended, whatever came of them. */
  readonly requests: number;
  readonly failures: number;
  /** Share of the pool's requests, 0 to 1. */
  readonly share: number;
  readonly latencyMs: Percentiles;
  readonly lastProbe: ProbeEntry | null;
  /** Where its name leads; empty when its URL has an address. */
  readonly addresses: readonly string[];
  /** Whether it was found by discovery, and is not listed. */
  readonly discovered: boolean;
}

/** What finds a pool's backends, and whether it still does. */
export interface DiscoveryEntry {
  readonly source: 'dns' | 'srv' | 'file' | 'ecs' | 'cloudMap' | 'kubernetes';
  /** `kept`: the source fails, and its last good answer is in use; `expired`: for so long that it is not any more. */
  readonly state: 'waiting' | 'current' | 'kept' | 'expired';
  /** Backends found. */
  readonly members: number;
  /** The last good answer, in RFC 3339; null: there was none. */
  readonly answeredAt: string | null;
  /** What is wrong; empty: nothing. */
  readonly problem: string;
  /** Answers that failed or named nobody, since the pool has this discovery. */
  readonly failures: number;
}

export interface PoolEntry {
  readonly name: string;
  readonly strategy: string;
  /** So few backends are eligible that circuits do not count. */
  readonly panic: boolean;
  /** Null: its backends are those of the configuration. */
  readonly discovery: DiscoveryEntry | null;
  readonly backends: readonly BackendEntry[];
}

/** `GET /admin/backends` */
export interface BackendsAnswer {
  readonly pools: readonly PoolEntry[];
}

export interface RouteEntry {
  readonly route: string;
  readonly method: string;
  readonly samples: number;
  readonly avgLatencyMs: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
}

export const STATUS_CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;
export type StatusClass = (typeof STATUS_CLASSES)[number];

/** `GET /admin/metrics`. Requests to the control plane itself are not counted in it. */
export interface MetricsAnswer {
  readonly totalRequests: number;
  readonly inFlight: number;
  readonly retries: number;
  readonly failovers: number;
  readonly upstreamErrors: number;
  readonly circuitOpens: number;
  readonly rateLimited: number;
  readonly statusClasses: Readonly<Record<StatusClass, number>>;
  /** Picks by `pool/backend`. */
  readonly backendSelection: Readonly<Record<string, number>>;
  readonly routes: readonly RouteEntry[];
}

/** Any answer of 400 and above (RFC 9457). */
export interface ProblemAnswer {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** What is wrong in the request, one entry for each field. */
  readonly errors?: readonly FieldProblem[];
}
