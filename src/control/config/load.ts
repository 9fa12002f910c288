/** Text of a configuration in, a checked configuration out, or everything that is wrong with it. Never throws. */
import type { z } from 'zod';
import { checkAcross } from './checks.ts';
import type { Environment } from './environment.ts';
import { judgeForce } from './in-force.ts';
import { describeIssue, KEYS_MAX } from './messages.ts';
import { sortProblems, type Path, type Problem } from './problem.ts';
import { withRoutes } from './routes.ts';
import { configSchema, type Config, type ReadConfig } from './schema.ts';
import { Source } from './source.ts';

export interface Loaded {
  /** Null when there is any error. */
  readonly config: Config | null;
  /** Errors and warnings, by line. */
  readonly problems: readonly Problem[];
  /** What is set, or on by default, and not done by this version. */
  readonly notes: readonly string[];
}

const EMPTY = 'the file is empty; the least that works is\npools: { app: { backends: ["http://127.0.0.1:3000"] } }';

/** Nobody reads more, and finding the place of each takes time. */
const PROBLEMS_MAX = 500;

export function loadConfig(text: string, file: string, env: Environment): Loaded {
  const source = new Source(text, file, env);
  if (source.problems.length > 0) return { config: null, problems: sortProblems(source.problems), notes: [] };
  if (source.data === null || source.data === undefined)
    return { config: null, problems: [source.problem([], EMPTY.replace('\n', ' '))], notes: [] };
  const { read, problems } = parse(source);
  const config = read === null ? null : withRoutes(read);
  const force = judgeForce(source.data, config);
  for (const { path, message } of force.refused) problems.push(source.problem(path, message, { key: true }));
  if (config !== null && read !== null) {
    for (const found of checkAcross(config, read, source.data))
      problems.push(source.problem(found.path, found.message, found));
    problems.push(...emptyFeatures(source));
  }
  const failed = problems.some((problem) => problem.severity === 'error');
  return { config: failed ? null : config, problems: sortProblems(problems), notes: failed ? [] : force.notes };
}

function parse(source: Source): { read: ReadConfig | null; problems: Problem[] } {
  let result = configSchema.safeParse(source.data, { error: describeIssue, reportInput: true });
  // `${VERSION}` may read as the number 1.1 where the text `1.10` is wanted: where its reading is refused, its text is tried.
  if (!result.success && result.error.issues.map((issue) => source.preferText(issue.path as Path)).includes(true)) {
    source.reread();
    result = configSchema.safeParse(source.data, { error: describeIssue, reportInput: true });
  }
  if (result.success) return { read: result.data, problems: [] };
  const { issues } = result.error;
  const problems = issues.slice(0, PROBLEMS_MAX).flatMap((issue) => problemsOf(source, issue));
  if (issues.length > PROBLEMS_MAX)
    problems.push(source.problem([], `${issues.length - PROBLEMS_MAX} more problems are not shown`));
  return { read: null, problems };
}

function problemsOf(source: Source, issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path as Path;
  if (issue.code !== 'unrecognized_keys') return [source.problem(path, issue.message)];
  const lines = issue.message.split('\n');
  return issue.keys.slice(0, KEYS_MAX).map((key, at) => source.problem([...path, key], lines[at], { key: true }));
}

/** `health:` with nothing behind it reads as null and turns probes off; that is rarely what was meant. */
function emptyFeatures(source: Source): Problem[] {
  const problems: Problem[] = [];
  const walk = (value: unknown, path: Path): void => {
    if (value === null && source.isEmptyValue(path)) {
      problems.push(
        source.problem(path, 'is left empty, which reads as `null` and turns it off; write `null` to say so', {
          key: true,
          severity: 'warning',
        }),
      );
    }
    if (typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) value.forEach((one, at) => walk(one, [...path, at]));
    else for (const [key, one] of Object.entries(value)) walk(one, [...path, key]);
  };
  walk(source.data, []);
  return problems;
}
