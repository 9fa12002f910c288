/**
 * Policies that are broken on purpose, each in one way that somebody has got wrong before or might. Every one must be caught
 * by an invariant: an invariant that catches none proves nothing.
 */
import { Members } from '#core/balancing/members.ts';
import { Selector } from '#core/balancing/selector.ts';
import { Circuits } from '#core/health/circuits.ts';
import { HealthState } from '#core/health-state.ts';
import { stepHealth } from '#core/health/thresholds.ts';
import { BUDGET_CELLS, RetryBudget } from '#core/limits/retry-budget.ts';
import type { CircuitPlan } from '#core/plan-failures.ts';
import { RetryRules } from '#core/retry.ts';
import * as broken from './broken-policies.ts';
import type { InvariantName } from './invariants.ts';
import { REAL, type Policies } from './policies.ts';
import type { BackendSketch, Scenario } from './scenario.ts';
import { at, DEFAULT_CIRCUIT, DEFAULT_RETRY, sketched } from './sketches.ts';

export interface Mutant {
  readonly name: string;
  readonly policies: Partial<Policies>;
  /** One in which it shows, where random ones hardly ever get there. */
  readonly scenario?: Scenario;
  /** What may catch it. */
  readonly caughtBy: readonly InvariantName[];
}

/** Circuits that are made from another plan than the one in force. */
function planned(change: (plan: CircuitPlan) => Partial<CircuitPlan>): Partial<Policies> {
  return { circuits: (plan, ...rest) => new Circuits({ ...plan, ...change(plan) }, ...rest) };
}

/** Circuits of a class of their own. */
function circuitsOf(kind: typeof Circuits): Partial<Policies> {
  return { circuits: (...args) => new kind(...args) };
}

function selectorOf(kind: typeof Selector): Partial<Policies> {
  return { selector: (options) => new kind(options) };
}

/** Requests that are made again for a second, over plans in which other tiers serve. */
export const SHARED_STRATEGY: Scenario = sketched({
  backends: [0, 0, 1, 1].map((tier) => ({ tier })),
  seconds: 8,
  pool: { circuit: null, retry: { ...DEFAULT_RETRY, attempts: 10, backoffBaseMs: 250, budgetPerSecond: 1_000 } },
  faults: [
    { kind: 'errors', ...at('*', 0, 8), status: 503, share: 0.7, retryAfterMs: 0 },
    { kind: 'reload', atMs: 5_000, pool: 'app', change: { backends: tiered(1, 1, 0, 0) } },
    { kind: 'reload', atMs: 6_000, pool: 'app', change: { backends: tiered(0, 1, 1, 0) } },
  ],
});

/** A pool behind which answers last for minutes. */
const TUNNELS: Scenario = sketched({
  strategy: 'round-robin',
  seconds: 120,
  perSecond: 10,
  traffic: { long: 1 },
  pool: {
    circuit: { ...DEFAULT_CIRCUIT, trialMs: 3_000 },
    timeouts: { connectMs: 500, firstByteMs: 2_500, perTryMs: 2_500, totalMs: 5_000 },
  },
  faults: [{ kind: 'crash', ...at('b0', 2, 10) }],
});

function tiered(...tiers: readonly number[]): BackendSketch[] {
  return tiers.map((tier, place) => ({ id: `b${place}`, weight: 1, tier }));
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'late results count (envoy: later ejections took more errors than configured)',
    policies: circuitsOf(broken.GenerationsIgnored),
    caughtBy: ['late-results-count-nothing', 'trials-bounded'],
  },
  { name: 'maxOpen is forgotten', policies: planned(() => ({ maxOpen: 1 })), caughtBy: ['max-open'] },
  {
    name: 'the last eligible backend is taken out',
    policies: {
      circuits: (plan, views, members, ...rest) =>
        new Circuits(plan, views, new broken.OthersAreWell(members.list, members.views), ...rest),
    },
    caughtBy: ['last-one-stays', 'events-match'],
  },
  {
    name: 'more trials than planned',
    policies: planned(({ trials }) => ({ trials: trials + 1 })),
    caughtBy: ['opens-long-enough', 'trials-bounded', 'circuits-change-by-rule', 'generations-move'],
  },
  {
    name: 'trials before their time',
    policies: planned(({ openForMs, maxOpenForMs }) => ({ openForMs: openForMs / 2, maxOpenForMs: maxOpenForMs / 2 })),
    caughtBy: ['opens-long-enough'],
  },
  {
    name: 'the open time does not double',
    policies: planned(({ openForMs }) => ({ maxOpenForMs: openForMs })),
    caughtBy: ['opens-long-enough'],
  },
  {
    name: 'one failure more before it opens',
    policies: planned(({ consecutiveFailures }) => ({ consecutiveFailures: consecutiveFailures + 1 })),
    caughtBy: ['opens-when-due', 'events-match'],
  },
  {
    name: 'the window expires by traffic alone',
    policies: planned(({ windowMs }) => ({ windowMs: windowMs * 1000 })),
    caughtBy: ['opens-for-cause', 'opens-long-enough'],
  },
  {
    name: 'a share of too few requests opens',
    policies: planned(() => ({ minRequests: 1 })),
    caughtBy: ['opens-for-cause'],
  },
  {
    name: 'an open circuit is never tried (Kong: a target is never healthy again)',
    policies: circuitsOf(broken.TrialsNeverDue),
    caughtBy: ['recovers', 'refuses-with-reason'],
  },
  {
    name: 'a trial whose client left keeps its place',
    policies: circuitsOf(broken.TrialsForgotten),
    caughtBy: ['circuits-change-by-rule', 'trials-bounded'],
  },
  {
    name: 'a client that leaves is held against the backend',
    policies: circuitsOf(broken.CancelledIsFailed),
    caughtBy: ['circuits-change-by-rule', 'events-match'],
  },
  { name: 'a last resort is for ever', policies: circuitsOf(broken.AlwaysAnswers), caughtBy: ['last-resort-answers'] },
  {
    name: 'workers do not hear of changed circuits',
    policies: {
      circuits: (plan, views, members, ...rest) =>
        new Circuits(plan, views, new Members(members.list, new broken.Unmoved(members.views)), ...rest),
    },
    caughtBy: ['avoids-ineligible', 'panics-below-threshold', 'refuses-with-reason', 'recovers'],
  },
  {
    name: 'changes of circuits are told of twice',
    policies: {
      circuits: (plan, views, members, worker, onEvent) =>
        new Circuits(plan, views, members, worker, (event) => {
          onEvent(event);
          onEvent(event);
        }),
    },
    caughtBy: ['events-match'],
  },
  {
    name: 'openings are not told of (traefik: a breaker trips with nothing to see)',
    policies: {
      circuits: (plan, views, members, worker, onEvent) =>
        new Circuits(plan, views, members, worker, (event) => {
          if (event.state !== 1) onEvent(event);
        }),
    },
    caughtBy: ['events-match'],
  },
  {
    name: 'what probes call down is picked',
    policies: { members: (...args) => new broken.ProbesIgnored(...args) },
    caughtBy: ['avoids-ineligible', 'panics-below-threshold', 'last-resort-answers'],
  },
  {
    name: 'what operators took out is picked',
    policies: { members: (...args) => new broken.OperatorsIgnored(...args) },
    caughtBy: ['obeys-operators', 'panics-below-threshold', 'picks-members'],
  },
  {
    name: 'tiers are ignored',
    policies: {
      members: (list, views) =>
        new Members(
          list.map(({ slot }) => ({ slot, tier: 0 })),
          views,
        ),
    },
    caughtBy: ['lowest-tier'],
  },
  {
    name: 'full backends are picked',
    policies: { selector: (options) => new Selector({ ...options, inFlightMax: Infinity }) },
    caughtBy: ['spares-full'],
  },
  {
    name: 'no panic',
    policies: { selector: (options) => new Selector({ ...options, panicThreshold: 0 }) },
    caughtBy: ['panics-below-threshold'],
  },
  {
    name: 'panic too soon',
    policies: { selector: (options) => new Selector({ ...options, panicThreshold: options.panicThreshold + 0.3 }) },
    caughtBy: ['panics-below-threshold'],
  },
  {
    name: 'a retry goes to the backend that failed (traefik #2723)',
    policies: selectorOf(broken.TriedForgotten),
    caughtBy: ['prefers-untried', 'hedges-elsewhere'],
  },
  {
    name: 'a hedge goes to the same backend',
    policies: selectorOf(broken.HedgesAnywhere),
    caughtBy: ['prefers-untried', 'hedges-elsewhere', 'lowest-tier'],
  },
  {
    name: 'a request that cannot be made again is a trial at once',
    policies: selectorOf(broken.AnyTrialWillDo),
    caughtBy: ['opens-long-enough'],
  },
  {
    name: 'requests are refused for no reason',
    policies: selectorOf(broken.RefusesAtTimes),
    caughtBy: ['refuses-with-reason'],
  },
  {
    name: 'two plans share a strategy unawares',
    policies: { selector: (options) => new Selector({ ...options, strategy: broken.alias(options.strategy) }) },
    scenario: SHARED_STRATEGY,
    caughtBy: ['asks-strategies-well', 'avoids-ineligible', 'lowest-tier', 'obeys-operators'],
  },
  {
    name: 'a strategy gives others up (traefik #12306)',
    policies: { strategy: () => broken.stubborn() },
    caughtBy: ['none-starves'],
  },
  {
    name: 'the budget never refuses',
    policies: { budget: (...args) => new broken.BudgetWithoutEnd(...args) },
    caughtBy: ['retry-budget'],
  },
  {
    name: 'the budget always refuses',
    policies: { budget: (...args) => new broken.BudgetWithoutBeginning(...args) },
    caughtBy: ['retry-budget'],
  },
  {
    name: 'a budget for each worker',
    policies: { budget: (plan) => new RetryBudget(plan, new Int32Array(BUDGET_CELLS)) },
    caughtBy: ['retry-budget'],
  },
  {
    name: 'hedges without a budget',
    policies: { gate: (plan) => new broken.GateWithoutEnd(plan) },
    caughtBy: ['hedge-budget'],
  },
  {
    name: 'every method is made again',
    policies: { rules: (plan) => new broken.EverythingSafe(plan) },
    caughtBy: ['retries-safe'],
  },
  {
    name: 'one retry more than planned',
    policies: { rules: (plan) => new RetryRules({ ...plan, attempts: plan.attempts + 1 }) },
    caughtBy: ['retries-counted'],
  },
  { name: 'the loser of a hedge is forgotten', policies: { forgetLosers: true }, caughtBy: ['losers-counted'] },
  {
    name: 'a rate for each worker',
    policies: { limitsOf: broken.ownLimits() },
    caughtBy: ['rate-exact'],
  },
  {
    name: 'a trial is judged by the end of its answer, which may be hours away',
    policies: { judgedByEnd: true },
    scenario: TUNNELS,
    caughtBy: ['recovers'],
  },
  {
    name: 'a dead worker stays counted (apisix: counts are not what is in flight)',
    policies: { reclaim: { ...REAL.reclaim, counts: false } },
    caughtBy: ['counts-in-flight'],
  },
  {
    name: 'a dead worker keeps the lock',
    policies: { reclaim: { ...REAL.reclaim, lock: false } },
    caughtBy: ['lock-freed'],
  },
  {
    name: 'a dead worker stays in line',
    policies: { reclaim: { ...REAL.reclaim, lines: false } },
    caughtBy: ['queue-bounded'],
  },
  {
    name: 'one failed probe takes a backend out (traefik #12390)',
    policies: { stepHealth: (now, ok) => stepHealth(now, ok, { unhealthyAfter: 1, healthyAfter: 1 }) },
    caughtBy: ['probes-by-threshold'],
  },
  {
    name: 'what is down stays down',
    policies: {
      stepHealth: (now, ok, thresholds) =>
        now.state === HealthState.unhealthy ? now : stepHealth(now, ok, thresholds),
    },
    caughtBy: ['probes-by-threshold', 'recovers'],
  },
];

export function policiesOf(mutant: Mutant): Policies {
  return { ...REAL, ...mutant.policies };
}
