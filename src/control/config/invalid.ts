/** A change whose result would not be a valid configuration, found before the loader could say so. */
import type { FieldProblem } from '#contract/control.ts';
import type { Path } from './problem.ts';

export class Invalid extends Error {
  override readonly name = 'Invalid';
  readonly problems: readonly FieldProblem[];

  constructor(problems: readonly FieldProblem[]) {
    super(problems.map(({ path, message }) => `${path}: ${message}`).join('; '));
    this.problems = problems;
  }
}

/** A place as the admin API names it: `pools.app.backends.0.weight`. */
export const fieldPath = (path: Path): string => path.join('.');
