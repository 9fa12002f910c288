/**
 * The plan: the validated, fully defaulted configuration that workers obey. Plain data, so that it can be posted to a
 * thread, compared and frozen. Durations are whole milliseconds (`…Ms`), sizes bytes (`…Bytes`), shares 0 to 1.
 * A duration or limit of 0 means "no limit" unless its line says otherwise.
 */
import type { ADMIN_STATE_NAMES } from './health-state.ts';
import type {
  AccessLogPlan,
  CircuitPlan,
  ConcurrencyPlan,
  HedgePlan,
  OverloadPlan,
  RateLimitPlan,
  RequestsPlan,
  RetryPlan,
} from './plan-failures.ts';

export interface Plan {
  /** Counts up by one with every plan that is published; 1 is the first. */
  readonly revision: number;
  /** Counts every plan that is published: one revision has another with each change that discovery finds. */
  readonly edition: number;
  /** Data-plane threads wanted. */
  readonly workers: number;
  readonly engine: 'auto' | 'net' | 'io_uring';
  readonly listeners: readonly ListenerPlan[];
  readonly routes: readonly RoutePlan[];
  readonly pools: readonly PoolPlan[];
  readonly rateLimits: readonly RateLimitPlan[];
  /** Null: nothing is shed for the process's own sake. */
  readonly overload: OverloadPlan | null;
  /** Null: no access log. */
  readonly accessLog: AccessLogPlan | null;
  /** Null: no exchange is recorded to be explained. */
  readonly requests: RequestsPlan | null;
  /** Null: nothing is recorded for spans. */
  readonly tracing: TracingPlan | null;
}

/** Which exchanges are recorded for spans. Where those are sent is none of a worker's business. */
export interface TracingPlan {
  /** Share of the traces that begin here, 0 to 1. */
  readonly sample: number;
  /** How many a second, all workers together, are recorded because a client that is no trusted proxy asks for it. */
  readonly clientsPerSecond: number;
}

export interface ListenerPlan {
  readonly name: string;
  readonly address: SocketAddress;
  /** Null: clients are served in the clear. */
  readonly tls: ListenerTlsPlan | null;
  /** Trusted proxies begin each connection with a header of the PROXY protocol. */
  readonly proxyProtocol: boolean;
  /** CIDRs whose X-Forwarded-* fields, and PROXY headers, are believed. */
  readonly trustedProxies: readonly string[];
  readonly limits: ListenerLimits;
  readonly timeouts: ListenerTimeouts;
}

/** What the files hold is given to workers apart from the plan, which can be shown to anybody. */
export interface ListenerTlsPlan {
  readonly certificates: readonly { readonly cert: string; readonly key: string }[];
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  /** A file of authorities that clients' certificates are signed by; null: clients need none. */
  readonly clientCa: string | null;
}

/** As for listeners: what the files hold is given to workers apart from the plan. */
export interface PoolTlsPlan {
  /** A file of authorities; null: those that the system believes. */
  readonly ca: string | null;
  /** Files, both or neither: what is shown to backends that ask. */
  readonly cert: string | null;
  readonly key: string | null;
}

export interface ListenerLimits {
  readonly connections: number;
  readonly headerBytes: number;
  readonly headerCount: number;
  readonly targetBytes: number;
  readonly bodyBytes: number;
  /** A body that comes more slowly than this, in bytes a second over `timeouts.bodyMs`, is refused. */
  readonly bodyBytesPerSecond: number;
}

export interface ListenerTimeouts {
  /** From the first byte of a head to its last. */
  readonly headerMs: number;
  /** The longest silence inside a request body. */
  readonly bodyMs: number;
  /** The longest silence between two requests on one connection. */
  readonly idleMs: number;
  /** The longest time without progress while a client does not take what it asked for. */
  readonly writeMs: number;
}

/** Where to listen or connect: a host and port, or a unix socket's path. */
export type SocketAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

export interface RoutePlan {
  readonly name: string;
  /** Index of this route's row in the metrics tables; kept over reloads by name. */
  readonly row: number;
  readonly match: RouteMatch;
  /** Taken from the front of the path before the request is forwarded; '' for none. */
  readonly stripPrefix: string;
  /** Where the requests go: one or more pools by weight. Indexes into `Plan.pools`. */
  readonly split: readonly { readonly pool: number; readonly weight: number }[];
  /** True when the pool is the supervisor's own control plane. */
  readonly controlPlane: boolean;
  /** Limits that its requests must pass, in order. Indexes into `Plan.rateLimits`. */
  readonly rateLimits: readonly number[];
  readonly timeouts: { readonly totalMs: number; readonly perTryMs: number };
  readonly headers: { readonly request: HeaderEdits; readonly response: HeaderEdits };
}

export interface RouteMatch {
  /** Lower case. '*.example.com' matches one label or more in front; empty: any host. */
  readonly hosts: readonly string[];
  readonly path: string;
  /** True for `=/x`: the whole path; else a prefix on segment borders. */
  readonly exact: boolean;
  /** Empty: any method. Upper case. */
  readonly methods: readonly string[];
  /** All must match. `value` null: the field must be there. Names lower case. */
  readonly headers: readonly { readonly name: string; readonly value: string | null }[];
}

/** Names lower case. Applied in the order remove, set, add. */
export interface HeaderEdits {
  readonly remove: readonly string[];
  readonly set: readonly (readonly [name: string, value: string])[];
  readonly add: readonly (readonly [name: string, value: string])[];
}

export interface PoolPlan {
  readonly name: string;
  /** Index of this pool's row in the shared tables; kept over reloads by name. */
  readonly row: number;
  readonly strategy: StrategyPlan;
  readonly backends: readonly BackendPlan[];
  readonly health: HealthPlan | null;
  /** Null: requests take no backend out. */
  readonly circuit: CircuitPlan | null;
  /** Below this share of eligible backends, all that probes do not call down are used; 0: never. */
  readonly panicThreshold: number;
  /** Null: an attempt is never made again, but for a dead kept-alive connection. */
  readonly retry: RetryPlan | null;
  /** Null: no request is asked twice. */
  readonly hedge: HedgePlan | null;
  readonly concurrency: ConcurrencyPlan | null;
  /** How those of its backends that have a `tlsName` are verified. */
  readonly tls: PoolTlsPlan;
  /** How long a backend that came back takes to reach its full weight; 0: at once. */
  readonly slowStartMs: number;
  readonly timeouts: {
    readonly connectMs: number;
    /** From the request's last byte to the answer's first. */
    readonly firstByteMs: number;
    /** How long an unused connection is kept. */
    readonly idleMs: number;
    /** The longest silence inside a response body. */
    readonly bodyMs: number;
    /** The longest silence in an upgraded connection. */
    readonly tunnelMs: number;
  };
  readonly limits: {
    /** Attempts at one backend at one time, all workers together. */
    readonly inFlight: number;
    /** Requests that may wait for a backend of the pool, all workers together. */
    readonly queue: number;
    /** How long they may wait. */
    readonly queueTimeoutMs: number;
  };
}

export interface StrategyPlan {
  readonly name: string;
  /** Every parameter that the strategy declares, defaulted. */
  readonly params: Readonly<Record<string, number | string | boolean>>;
  /** What a hashing strategy hashes. */
  readonly key: KeyPlan;
}

export type KeyPlan =
  | { readonly from: 'client-ip' | 'path' | 'target' | 'host' }
  | { readonly from: 'header' | 'cookie' | 'query'; readonly name: string };

export interface BackendPlan {
  readonly id: string;
  readonly url: string;
  /** `host:port`, or the socket's path: what Host becomes when the client gave none, and what hashing names it by. */
  readonly authority: string;
  readonly address: SocketAddress;
  /** The host name or IP address that its certificate is verified for; null: it is spoken to in the clear. */
  readonly tlsName: string | null;
  readonly weight: number;
  readonly tier: number;
  /** What an operator has set; requests go to `active` ones only. */
  readonly state: (typeof ADMIN_STATE_NAMES)[number];
  /** It was found, and is not in the configuration. */
  readonly discovered: boolean;
  /** The backend's row in shared memory. */
  readonly slot: number;
}

export interface HealthPlan {
  readonly kind: 'http' | 'tcp';
  readonly path: string;
  /** The Host field to send; null: the backend's authority. */
  readonly host: string | null;
  readonly method: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly unhealthyAfter: number;
  readonly healthyAfter: number;
  /** Inclusive ranges of statuses that count as success. */
  readonly status: readonly (readonly [from: number, to: number])[];
  /** The body must contain this; null: not looked at. */
  readonly body: string | null;
  /** Share of the interval by which each wait is spread, 0 to 1. */
  readonly jitter: number;
}
