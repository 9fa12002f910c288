/** Where simulated workers get their policy from: the real thing, unless a mutant is put in its place. */
import { Members, type Member, type SlotViews } from '#core/balancing/members.ts';
import { Selector, type SelectorOptions } from '#core/balancing/selector.ts';
import { Circuits, type CircuitViews, type OnCircuit } from '#core/health/circuits.ts';
import { stepHealth } from '#core/health/thresholds.ts';
import { HedgeGate } from '#core/limits/hedge-gate.ts';
import { RetryBudget, type BudgetPlan } from '#core/limits/retry-budget.ts';
import type { CircuitPlan, HedgePlan, RetryPlan } from '#core/plan-failures.ts';
import { RetryRules } from '#core/retry.ts';
import { strategyByName } from '#core/strategies/index.ts';
import type { Strategy, StrategyDefinition, StrategyEnv } from '#core/strategy.ts';
import type { BucketTable } from '#memory/bucket-table.ts';
import type { TablesTwin } from './tables-twin.ts';

export interface Policies {
  members(list: readonly Member[], views: SlotViews): Members;
  circuits(plan: CircuitPlan, views: CircuitViews, members: Members, worker: number, onEvent: OnCircuit): Circuits;
  selector(options: SelectorOptions): Selector;
  strategy(definition: StrategyDefinition, env: StrategyEnv): Strategy;
  budget(plan: BudgetPlan, cells: Int32Array): RetryBudget;
  gate(plan: HedgePlan): HedgeGate;
  rules(plan: RetryPlan): RetryRules;
  /** The buckets of rate limits, as this worker knows them. */
  limitsOf(tables: TablesTwin, worker: number): BucketTable;
  readonly stepHealth: typeof stepHealth;
  /** What the supervisor does about a dead worker, step by step. */
  readonly reclaim: { readonly counts: boolean; readonly lock: boolean; readonly lines: boolean };
  /** The loser of a hedge is forgotten as soon as the other copy is answered, instead of counted to its end. */
  readonly forgetLosers: boolean;
  /** Trials and tunnels are judged by the end of their answers, instead of by their beginning. */
  readonly judgedByEnd: boolean;
}

export const REAL: Policies = {
  members: (list, views) => new Members(list, views),
  circuits: (plan, views, members, worker, onEvent) => new Circuits(plan, views, members, worker, onEvent),
  selector: (options) => new Selector(options),
  strategy: (definition, env) => definition.create(env),
  budget: (plan, cells) => new RetryBudget(plan, cells),
  gate: (plan) => new HedgeGate(plan),
  rules: (plan) => new RetryRules(plan),
  limitsOf: ({ buckets }) => buckets,
  stepHealth,
  reclaim: { counts: true, lock: true, lines: true },
  forgetLosers: false,
  judgedByEnd: false,
};

export function definitionOf(name: string): StrategyDefinition {
  const definition = strategyByName(name);
  if (definition === undefined) throw new Error(`no strategy ${name}`);
  return definition;
}
