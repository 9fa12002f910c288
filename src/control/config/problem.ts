/** What is wrong with a configuration, and where. */

export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
  /** `pools.app.backends[0].weight`; '' for the whole file. */
  readonly path: string;
  /** What is wrong, and what would be right. */
  readonly message: string;
}

export type Path = readonly (string | number)[];

/** `file:line:column: path: message`. */
export function formatProblem(problem: Problem): string {
  const place = `${problem.file}:${problem.line}:${problem.column}`;
  const path = problem.path === '' ? '' : `${problem.path}: `;
  return `${place}: ${problem.severity === 'warning' ? 'warning: ' : ''}${path}${problem.message}`;
}

/** Keys that would read as something else are quoted: `pools["my.pool"]`. */
export function formatPath(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[\w$@-]+$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step.length <= 80 ? step : `${step.slice(0, 77)}...`)}]`;
  }
  return text;
}

/** By place; at one place errors first. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  return problems.toSorted(
    (a, b) =>
      a.line - b.line || a.column - b.column || Number(a.severity === 'warning') - Number(b.severity === 'warning'),
  );
}
