import { figure, table } from './table.ts';

/** One goal of the project with what this run measured. */
export interface Goal {
  readonly what: string;
  readonly bound: 'at most' | 'at least';
  readonly goal: number;
  /** NaN when this run did not measure it. */
  readonly measured: number;
  readonly unit?: string;
  /** Errors among the answers: the goal is then not met, whatever the figure. */
  readonly spoilt?: boolean;
  /** Disturbed from outside in every round: the figure then decides nothing. */
  readonly disturbed?: boolean;
}

/** Goals beside measurements; those this run did not measure are left out. */
export function goalsTable(goals: readonly Goal[]): string {
  const known = goals.filter((goal) => !Number.isNaN(goal.measured));
  if (known.length === 0) return '';
  const rows = known.map((goal) => {
    const unit = goal.unit === undefined ? '' : ` ${goal.unit}`;
    return [goal.what, `${goal.bound} ${goal.goal}${unit}`, `${figure(goal.measured)}${unit}`, verdict(goal)];
  });
  return `### Goals\n\n${table(['goal', 'wanted', 'measured', 'met'], rows)}`;
}

function verdict(goal: Goal): string {
  if (goal.spoilt === true) return 'NO: errors';
  if (goal.disturbed === true) return 'open: disturbed';
  const met = goal.bound === 'at most' ? goal.measured <= goal.goal : goal.measured >= goal.goal;
  return met ? 'yes' : 'NO';
}
