/** The parts of the plan that bound failure, from their sections of the configuration. */
import { Outcome } from '#core/outcome.ts';
import type {
  AccessLogPlan,
  CircuitPlan,
  HedgePlan,
  OverloadPlan,
  RateLimitPlan,
  RetryPlan,
} from '#core/plan-failures.ts';
import type { TracingPlan } from '#core/plan.ts';
import type { Config, PoolConfig } from './schema.ts';

/** A trial is waited for as long as an answer may take to begin, but no longer than this. */
const TRIAL_MS_MAX = 30_000;

export function compileCircuit({ circuit, timeouts }: PoolConfig): CircuitPlan | null {
  if (circuit === null) return null;
  const answerMs = timeouts.connect + (timeouts.firstByte === 0 ? TRIAL_MS_MAX : timeouts.firstByte);
  return {
    consecutiveFailures: circuit.consecutiveFailures,
    failureRatio: circuit.failureRatio,
    minRequests: circuit.minRequests,
    windowMs: circuit.window,
    outlier: circuit.outlier,
    openForMs: circuit.openFor,
    maxOpenForMs: circuit.maxOpenFor,
    trials: circuit.trials,
    maxOpen: circuit.maxOpen,
    trialMs: Math.min(TRIAL_MS_MAX, answerMs),
  };
}

/** What the words of `retry.on` stand for. */
const OUTCOMES_BY_WORD = {
  'connect-failure': [Outcome.connectFailure, Outcome.connectTimeout],
  reset: [Outcome.reset],
  timeout: [Outcome.timeout],
  'invalid-response': [Outcome.invalid],
} as const;

export function compileRetry(retry: PoolConfig['retry']): RetryPlan | null {
  if (retry === null || retry.attempts === 0) return null;
  return {
    attempts: retry.attempts,
    outcomes: retry.on.flatMap((word) => (typeof word === 'string' ? OUTCOMES_BY_WORD[word] : [])),
    statuses: retry.on.filter((word) => typeof word === 'number'),
    methods: retry.methods,
    backoffBaseMs: retry.backoff.base,
    backoffMaxMs: retry.backoff.max,
    budgetShare: retry.budget.share,
    budgetPerSecond: retry.budget.minPerSecond,
    bodyBytes: retry.bodyBytes,
  };
}

export function compileHedge(hedge: PoolConfig['hedge']): HedgePlan | null {
  if (hedge === null) return null;
  const { after, budget } = hedge;
  return { after: typeof after === 'number' ? { ms: after } : { quantile: Number(after.slice(1)) / 100 }, budget };
}

/** `lease`: of limits that replicas share; null: nothing is shared. */
export function compileRateLimits(
  limits: Config['rateLimits'],
  lease: number | null,
  assignRow: (name: string) => number,
): RateLimitPlan[] {
  return Object.entries(limits).flatMap(([name, limit]) => {
    if (limit === null) return [];
    const { key, rate, burst, dryRun } = limit;
    return [
      {
        name,
        row: assignRow(name),
        key:
          typeof key === 'string'
            ? { from: key }
            : 'header' in key
              ? { from: 'header', name: key.header }
              : { from: 'cookie', name: key.cookie },
        perSecond: rate,
        burst,
        dryRun,
        lease,
      },
    ];
  });
}

export function compileOverload(overload: Config['overload'], memoryBytes: number): OverloadPlan | null {
  if (overload === null) return null;
  const { memory, eventLoopLag } = overload;
  return {
    eventLoopLagMs: eventLoopLag,
    memoryBytes: 'bytes' in memory ? memory.bytes : Math.floor(memory.share * memoryBytes),
  };
}

/** Where spans are sent is the supervisor's business, and no worker's. */
export function compileTracing({ otlp, sample, clients }: Config['tracing']): TracingPlan | null {
  return otlp === null ? null : { sample, clientsPerSecond: Math.ceil(clients ?? 0) };
}

export function compileAccessLog(access: Config['log']['access']): AccessLogPlan | null {
  return access === null ? null : { to: access.to, format: access.format, sample: access.sample };
}
