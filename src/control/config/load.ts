/** Text of a configuration in, a checked configuration out, or everything that is wrong with it. Never throws. */
import type { z } from 'zod';
import { checkAcross, type Finding } from './checks.ts';
import type { Environment } from './environment.ts';
import { judgeForce } from './in-force.ts';
import { describeIssue } from './messages.ts';
import { sortProblems, type Path, type Problem } from './problem.ts';
import { withRoutes } from './routes.ts';
import { salvage, touches } from './salvage.ts';
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

const EMPTY = 'the file is empty; the least that works is `pools: { app: { backends: ["http://127.0.0.1:3000"] } }`';

/** Nobody reads more, and finding the place of each takes time. */
const PROBLEMS_MAX = 500;

/** `look` finds what only this machine can tell: whether files that the configuration names are there, say. */
export function loadConfig(
  text: string,
  file: string,
  env: Environment,
  look: (config: Config) => readonly Finding[] = () => [],
): Loaded {
  const source = new Source(text, file, env);
  if (source.data === undefined) return refused(source.problems);
  if (source.data === null) return refused([source.problem([], EMPTY)]);
  const problems = [...source.problems];
  const { issues, read, cut } = parse(source);
  problems.push(...issues.slice(0, PROBLEMS_MAX).flatMap((issue) => problemsOf(source, issue)));
  if (issues.length > PROBLEMS_MAX)
    problems.push(source.problem([], `${issues.length - PROBLEMS_MAX} more problems are not shown`));
  const config = read === null ? null : withRoutes(read);
  const force = judgeForce(source.data, config);
  for (const { path, message } of force.refused) problems.push(source.problem(path, message, { key: true }));
  if (config !== null && read !== null) {
    for (const found of [...checkAcross(config, read, source.data), ...look(config)]) {
      if (!touches(cut, found.about ?? [found.path])) problems.push(source.problem(found.path, found.message, found));
    }
    problems.push(...emptyFeatures(source, cut));
  }
  if (problems.some((problem) => problem.severity === 'error')) return refused(problems);
  return { config, problems: sortProblems(problems), notes: force.notes };
}

function refused(problems: readonly Problem[]): Loaded {
  return { config: null, problems: sortProblems(problems), notes: [] };
}

interface Parsed {
  readonly issues: readonly z.core.$ZodIssue[];
  /** What could be read; with issues, without the parts that were `cut`. */
  readonly read: ReadConfig | null;
  readonly cut: readonly Path[];
}

function parse(source: Source): Parsed {
  let result = judge(source.data);
  // `${VERSION}` may read as the number 1.1 where the text `1.10` is wanted: where its reading is refused, its text is tried.
  if (!result.success && result.error.issues.map((issue) => source.preferText(issue.path as Path)).includes(true)) {
    source.reread();
    result = judge(source.data);
  }
  // What an unknown variable would have said cannot be judged.
  const issues = (result.success ? [] : result.error.issues).filter(
    (issue) => !touches(source.unread, [issue.path as Path]),
  );
  if (result.success && source.unread.length === 0) return { issues, read: result.data, cut: [] };
  // To look across the rest, each part would be cut out for itself.
  if (issues.length > PROBLEMS_MAX) return { issues, read: null, cut: [] };
  const { value, cut } = salvage(source.data, [...source.unread, ...issues.flatMap(pathsOf)], (data) => {
    const again = judge(data);
    return again.success
      ? { value: again.data, refused: [] }
      : { value: null, refused: again.error.issues.flatMap(pathsOf) };
  });
  return { issues, read: value, cut };
}

const judge = (data: unknown) => configSchema.safeParse(data, { error: describeIssue, reportInput: true });

/** Unknown keys are an issue of the mapping that holds them. */
function pathsOf(issue: z.core.$ZodIssue): Path[] {
  const path = issue.path as Path;
  return issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
}

function problemsOf(source: Source, issue: z.core.$ZodIssue): Problem[] {
  if (issue.code === 'custom')
    return [source.problem(issue.path as Path, issue.message, { key: issue.params?.key === true })];
  if (issue.code !== 'unrecognized_keys') return [source.problem(issue.path as Path, issue.message)];
  const lines = issue.message.split('\n');
  return lines.map((line, at) => source.problem([...(issue.path as Path), issue.keys[at]], line, { key: true }));
}

/** `health:` with nothing behind it reads as null and turns probes off; that is rarely what was meant. */
function emptyFeatures(source: Source, cut: readonly Path[]): Problem[] {
  const problems: Problem[] = [];
  const walk = (value: unknown, path: Path): void => {
    if (value === null && source.isEmptyValue(path) && !touches(cut, [path])) {
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
