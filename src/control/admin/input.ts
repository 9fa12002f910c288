/** Reading what a request brings by the schemas of its call, with every field that is wrong named. */
import type { z } from 'zod';
import type { FieldProblem } from '#contract/control.ts';
import { describeIssue } from '../config/messages.ts';
import { fieldPath } from '../config/invalid.ts';
import type { Path } from '../config/problem.ts';

/** Nobody reads more. */
const PROBLEMS_MAX = 50;

export class BadInput extends Error {
  override readonly name = 'BadInput';
  readonly problems: readonly FieldProblem[];

  constructor(problems: readonly FieldProblem[]) {
    super('the request cannot be read');
    this.problems = problems;
  }
}

/** Throws `BadInput`. `where` comes before the paths: `?` for a query. */
export function readInput(schema: z.ZodType | undefined, value: unknown, where: string): unknown {
  if (schema === undefined) {
    if (value === undefined || value === null || Object.keys(value).length === 0) return undefined;
    const [first = ''] = Object.keys(value);
    const what = where === '?' ? 'query' : 'body';
    throw new BadInput([
      { path: where === '?' ? `?${first.slice(0, 60)}` : '', message: `this call takes no ${what}` },
    ]);
  }
  const result = schema.safeParse(value ?? {}, { error: describeIssue, reportInput: true });
  if (result.success) return result.data;
  throw new BadInput(result.error.issues.slice(0, PROBLEMS_MAX).flatMap((issue) => problemsOf(issue, where)));
}

function problemsOf(issue: z.core.$ZodIssue, where: string): FieldProblem[] {
  const path = issue.path as Path;
  if (issue.code !== 'unrecognized_keys') return [{ path: where + fieldPath(path), message: issue.message }];
  return issue.message
    .split('\n')
    .map((message, at) => ({ path: where + fieldPath([...path, issue.keys[at] ?? '']), message }));
}
