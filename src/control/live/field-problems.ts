/** What the loader finds, as the admin API tells it. */
import type { FieldProblem } from '#contract/control.ts';
import type { Problem } from '../config/problem.ts';

/** Nobody reads more in one answer. */
const PROBLEMS_MAX = 100;

/** Errors alone. */
export function problemsIn(problems: readonly Problem[]): FieldProblem[] {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const told = errors
    .slice(0, PROBLEMS_MAX)
    .map((problem) => ({ path: fieldOf(problem.path), message: placed(problem) }));
  if (errors.length > PROBLEMS_MAX)
    told.push({ path: '', message: `${errors.length - PROBLEMS_MAX} more are not shown` });
  return told;
}

export function warningsIn(problems: readonly Problem[]): string[] {
  return problems
    .filter(({ severity }) => severity === 'warning')
    .slice(0, PROBLEMS_MAX)
    .map((problem) => (problem.path === '' ? problem.message : `${problem.path}: ${problem.message}`));
}

/** `pools.app.backends[0].weight` is `pools.app.backends.0.weight` to those who wrote it as JSON. */
function fieldOf(path: string): string {
  return path.replaceAll(/\[(\d+)\]/g, '.$1').replace(/^\./, '');
}

/** What has no path in the data is somewhere in the text. */
function placed({ path, line, column, message }: Problem): string {
  return path !== '' || (line === 1 && column === 1) ? message : `line ${line}, column ${column}: ${message}`;
}
