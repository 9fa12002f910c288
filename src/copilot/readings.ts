/**
 * What the copilot looks at: the admin API's answers, read at one moment. Whoever provides them (`Reader`) may be the control
 * plane itself or a client of it; nothing here says anything that a viewer could not read.
 *
 * Counts come over two spans of time: `recent`, the last `windowS` seconds, and `earlier`, a few windows before them, which is
 * what they are compared with. Settings are those in force, defaults included.
 */
import type { BackendState, CircuitState, OverviewAnswer, ProbeEntry } from '#contract/admin.ts';
import type { CostAnswer } from '#contract/cost.ts';
import type { CircuitEvent, HealthEvent, ReloadEvent, WorkerEvent } from '#contract/events.ts';
import type { SimulatedPool } from '#contract/simulate.ts';

/** Attempts at one backend, or at all of a pool, over a span. */
export interface AttemptSpan {
  /** By `ATTEMPT_OUTCOMES`. */
  readonly outcomes: readonly number[];
  /** All of them that ended. */
  readonly attempts: number;
  readonly failures: number;
  readonly picks: number;
  /** Milliseconds that they took, all together. */
  readonly sumMs: number;
  /** By `durationBoundsMs`, one more for what took longer. */
  readonly durations: readonly number[];
  readonly circuitOpened: number;
  readonly circuitClosed: number;
  readonly probesOk: number;
  readonly probesFailed: number;
}

export interface BackendReading {
  readonly id: string;
  readonly weight: number;
  readonly effectiveWeight: number;
  readonly tier: number;
  readonly state: BackendState;
  readonly circuit: CircuitState;
  readonly inFlight: number;
  readonly lastProbe: ProbeEntry | null;
  /** Where its name leads; several stand behind one backend then. */
  readonly addresses: number;
  readonly recent: AttemptSpan;
  /** Null: it was not there, or nothing was kept of that time. */
  readonly earlier: AttemptSpan | null;
}

/** Counters of a pool over a span. */
export interface PoolSpan {
  readonly retries: number;
  readonly budgetExhausted: number;
  readonly failovers: number;
  readonly hedgesWon: number;
  readonly hedgesLost: number;
  readonly queued: number;
  readonly queueFull: number;
  readonly queueTimeouts: number;
  readonly backendsFull: number;
  readonly concurrencyLimited: number;
}

/** Sections of the pool as the plan has them (core/plan.ts). */
export type PoolSettings = Pick<
  SimulatedPool,
  'circuit' | 'panicThreshold' | 'retry' | 'hedge' | 'concurrency' | 'slowStartMs' | 'limits'
> & {
  readonly health: {
    readonly intervalMs: number;
    readonly timeoutMs: number;
    readonly unhealthyAfter: number;
    readonly healthyAfter: number;
  } | null;
  readonly timeouts: { readonly connectMs: number; readonly firstByteMs: number; readonly idleMs: number };
};

export interface StrategyReading {
  readonly name: string;
  readonly params: Readonly<Record<string, number | string | boolean>>;
  /** What it hashes, in words; null: nothing. */
  readonly hashes: string | null;
  /** Whether it learns how backends do, and keeps away from slow ones. */
  readonly learns: boolean;
}

export interface PoolReading {
  readonly name: string;
  readonly strategy: StrategyReading;
  readonly settings: PoolSettings;
  readonly panic: boolean;
  /** Requests that wait now. */
  readonly waiting: number;
  readonly recent: PoolSpan;
  readonly backends: readonly BackendReading[];
}

export interface RouteReading {
  readonly name: string;
  readonly pools: readonly string[];
  readonly rateLimits: readonly string[];
  readonly totalMs: number;
  readonly perTryMs: number;
  readonly requests: number;
  /** By class, 1xx to 5xx. */
  readonly statusClasses: readonly number[];
  /** Null: nothing ended, or it is one of so many routes that nobody kept its latencies. */
  readonly latency: { readonly p50Ms: number; readonly p99Ms: number } | null;
}

export interface ListenerReading {
  readonly name: string;
  readonly connections: number;
  readonly idleMs: number;
  readonly accepted: number;
  readonly refused: number;
}

export interface RateLimitReading {
  readonly name: string;
  readonly key: string;
  readonly perSecond: number;
  readonly burst: number;
  readonly dryRun: boolean;
  readonly allowed: number;
  readonly limited: number;
}

export interface ProcessReading {
  /** Of clients, the control plane's left out. */
  readonly requests: number;
  readonly earlierRequests: number | null;
  /** Attempts made again because a kept connection was gone. */
  readonly staleRetries: number;
  readonly shedLag: number;
  readonly shedMemory: number;
  readonly unrouted: number;
  readonly cpuSeconds: number;
  /** Over all the time that is kept, `longS`. */
  readonly workerRestarts: number;
}

/** State changes that are kept, the oldest first. */
export interface EventReadings {
  readonly health: readonly HealthEvent[];
  readonly circuit: readonly CircuitEvent[];
  readonly worker: readonly WorkerEvent[];
  readonly reload: readonly ReloadEvent[];
}

export interface Readings {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** Seconds that `recent` covers; less than the window while the process is young. */
  readonly windowS: number;
  /** The window as it is configured. */
  readonly wantedS: number;
  /** Seconds that `earlier` covers; 0: nothing was kept. */
  readonly earlierS: number;
  /** Seconds of everything that is kept, `recent` included. */
  readonly longS: number;
  readonly durationBoundsMs: readonly number[];
  /** The strategy of a pool that names none. */
  readonly defaultStrategy: string;
  readonly overview: Pick<OverviewAnswer, 'uptime' | 'drift' | 'revision' | 'workers' | 'draining'>;
  readonly process: ProcessReading;
  readonly listeners: readonly ListenerReading[];
  readonly routes: readonly RouteReading[];
  readonly rateLimits: readonly RateLimitReading[];
  readonly pools: readonly PoolReading[];
  readonly events: EventReadings;
  /** Null: it could not be had. */
  readonly cost: CostAnswer | null;
  /** Of the day that is kept: the busiest minute's requests a second, and how many minutes there are. */
  readonly day: { readonly peakPerSecond: number; readonly minutes: number } | null;
}

/** Where readings come from. */
export interface Reader {
  read(): Readings;
}
