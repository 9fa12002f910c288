/**
 * A scenario: everything that a simulated run depends on, as plain data, so that it can be printed, shrunk and repeated.
 * Times in it count from the start of the run.
 */
import type { CircuitPlan, HedgePlan, RetryPlan } from '#core/plan-failures.ts';
import type { ParamValues } from '#core/strategy.ts';

export interface Scenario {
  /** Of all chance in the run. */
  readonly seed: number;
  /** What the clock shows at the start, in milliseconds: times of 32 bits must survive their wrap. */
  readonly startMs: number;
  /** Traffic ends after this long; what goes on then is waited for. */
  readonly durationMs: number;
  readonly workers: number;
  /** Rows for backends: few, so that they change hands. */
  readonly slots: number;
  readonly pools: readonly PoolSketch[];
  /** Of each client, at all pools; null: none. */
  readonly limit: LimitSketch | null;
  readonly faults: readonly Fault[];
}

export interface LimitSketch {
  readonly perSecond: number;
  readonly burst: number;
}

export interface PoolSketch {
  readonly name: string;
  readonly strategy: string;
  readonly params: ParamValues;
  readonly backends: readonly BackendSketch[];
  readonly circuit: CircuitPlan | null;
  readonly panicThreshold: number;
  readonly retry: RetryPlan | null;
  readonly hedge: HedgePlan | null;
  readonly slowStartMs: number;
  readonly health: {
    readonly intervalMs: number;
    readonly unhealthyAfter: number;
    readonly healthyAfter: number;
  } | null;
  readonly limits: { readonly inFlight: number; readonly queue: number; readonly queueTimeoutMs: number };
  readonly timeouts: {
    readonly connectMs: number;
    readonly firstByteMs: number;
    readonly perTryMs: number;
    readonly totalMs: number;
  };
  readonly traffic: TrafficSketch;
}

export interface BackendSketch {
  readonly id: string;
  readonly weight: number;
  readonly tier: number;
}

export interface TrafficSketch {
  /** One after the other; the rate moves in a straight line within each. */
  readonly phases: readonly { readonly forMs: number; readonly from: number; readonly to: number }[];
  /** What a quiet, well backend takes on average. */
  readonly serviceMs: number;
  /** Shares of the requests: by a method that may not be repeated, with a body that cannot be kept, ... */
  readonly unsafe: number;
  readonly streamed: number;
  /** ... whose client leaves early, ... */
  readonly leave: number;
  /** ... and whose answer goes on for minutes. */
  readonly long: number;
  /** Different keys of requests. */
  readonly keys: number;
}

/** A backend that a fault is about, or all of the pool's. */
export interface Place {
  readonly pool: string;
  readonly backend: string;
}
export const EVERY = '*';

interface Span extends Place {
  readonly fromMs: number;
  readonly toMs: number;
}

export type Fault =
  /** Connections are refused, those that stood are reset. */
  | ({ readonly kind: 'crash' } & Span)
  /** Crashed in every second period. */
  | ({ readonly kind: 'flap'; readonly periodMs: number } & Span)
  /** Everything takes so many times as long. */
  | ({ readonly kind: 'brown-out'; readonly times: number } & Span)
  /** This share of the requests is answered at once with an error. */
  | ({
      readonly kind: 'errors';
      readonly status: number;
      readonly share: number;
      readonly retryAfterMs: number;
    } & Span)
  /** One worker's connections to it do not come about. */
  | ({ readonly kind: 'partition'; readonly worker: number } & Span)
  /** No answer begins until it is over; then all do. */
  | ({ readonly kind: 'pause' } & Span)
  | ({ readonly kind: 'slow-accept'; readonly acceptMs: number } & Span)
  /** Requests are taken and never answered. */
  | ({ readonly kind: 'hang' } & Span)
  /** Answers break off in their bodies. */
  | ({ readonly kind: 'truncate' } & Span)
  /** Answers are not HTTP. */
  | ({ readonly kind: 'garbage' } & Span)
  /** Probes say this, whatever requests see. */
  | ({ readonly kind: 'probes-say'; readonly ok: boolean } & Span)
  /** Other replicas say that their circuits are open, whatever there is to it. */
  | ({ readonly kind: 'rumour' } & Span)
  | ({ readonly kind: 'operator'; readonly state: 'draining' | 'maintenance' } & Span)
  /** A worker dies, perhaps while it holds the lock of circuits; another goes on in its row. */
  | {
      readonly kind: 'worker-death';
      readonly worker: number;
      readonly atMs: number;
      readonly noticedMs: number;
      readonly backMs: number;
      readonly locked: boolean;
      /** It dies when it next has a trial going on. */
      readonly inTrial: boolean;
    }
  /** A plan in which this pool is different, or one more or fewer. */
  | { readonly kind: 'reload'; readonly atMs: number; readonly pool: string; readonly change: Partial<PoolSketch> };

export type FaultKind = Fault['kind'];
export type BackendFault = Extract<Fault, Span>;

export function concerns(fault: Place, pool: string, backend: string): boolean {
  return fault.pool === pool && (fault.backend === backend || fault.backend === EVERY);
}

export function isBackendFault(fault: Fault): fault is BackendFault {
  return 'backend' in fault;
}
